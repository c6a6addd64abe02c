import { afterAll } from 'vitest';
import { forgetSecrets } from '../../src/conceal.js';

/** Vitest runs this for each test file. Files share a process, so the next file must get an unchanged directory and environment. */
const directory = process.cwd();
const environment = { ...process.env };

afterAll(() => {
  forgetSecrets();
  process.chdir(directory);
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
});
