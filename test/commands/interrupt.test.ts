import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { workdir } from '../support/engine.js';

/** Work that waits for a signal, removes what it made, and says so. `busy` keeps the process from looking at signals meanwhile. */
const PROGRAM = (busy: number) => `
import { interruptible } from './interrupt.js';
await interruptible(async (signal) => {
  console.log('started');
  await new Promise((go) => { setInterval(() => {}, 1000); signal.onabort = go; });
  const end = Date.now() + ${busy};
  console.log('aborted');
  while (Date.now() < end);
  await new Promise((go) => setTimeout(go, ${busy === 0 ? 60_000 : 100}));
  console.log('removed');
  throw new Error('closed');
});
`;

let folder: string;
beforeAll(async () => {
  folder = workdir();
  const entryPoints = [join(import.meta.dirname, '../../src/commands/interrupt.ts')];
  await build({ entryPoints, bundle: true, platform: 'node', format: 'esm', outfile: join(folder, 'interrupt.js') });
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
});

/** Sends SIGINT when the work has started, and again `pause` milliseconds after it has been told to end. */
async function run(busy: number, pause: number) {
  const program = join(folder, `program-${busy}.js`);
  writeFileSync(program, PROGRAM(busy));
  const run = execa(process.execPath, [program], { reject: false });
  for await (const line of run.iterable()) {
    if (line === 'started') run.kill('SIGINT');
    if (line === 'aborted') setTimeout(() => run.kill('SIGINT'), pause);
  }
  return run;
}

describe('interruptible', () => {
  it('takes two signals of one key press for one, also where the process was busy', async () => {
    const { stdout, exitCode } = await run(2000, 20);
    expect(stdout).toBe('started\naborted\nremoved');
    expect(exitCode).toBe(130);
  });

  it('ends at once at a later signal', async () => {
    const { stdout, stderr, exitCode } = await run(0, 1000);
    expect(stdout).toBe('started\naborted');
    expect(stderr).toContain('doctor --clean');
    expect(exitCode).toBe(130);
  });
});
