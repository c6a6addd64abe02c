import { afterAll } from 'vitest';

/** Runs for each test file. Files share a process, so the next one finds the directory and the environment unchanged. */
const directory = process.cwd();
const environment = { ...process.env };

afterAll(() => {
  process.chdir(directory);
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
});
