import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { describeWithPython, PACKAGE_FOLDER, PYTHONS } from '../support/probes.js';

const PROGRAM = new URL('../support/fuzzprobes.py', import.meta.url).pathname;
/** bench/fuzz.ts has ten times as many for each parser. */
const COUNTS: Readonly<Record<string, number>> = {
  bytecode: 200,
  source: 1000,
  binaries: 400,
  'plain JSON': 1000,
  notifications: 1000,
  'socket addresses': 1000,
};
/** Seconds that no input takes, even on a busy computer. */
const HANG = 20;

describeWithPython("the probes' parsers", () => {
  it.each(Object.entries(COUNTS))('hostile inputs for %s: no crash and no hang', (name, count) => {
    const output = execFileSync(PYTHONS[0] as string, ['-B', PROGRAM, name, '1', String(count), String(HANG)], {
      env: { ...process.env, PYTHONPATH: PACKAGE_FOLDER },
      maxBuffer: 1 << 26,
    });
    const lines = output
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { megabytes?: number });
    expect(lines.filter(({ megabytes }) => megabytes === undefined)).toEqual([]);
    expect(lines.at(-1)?.megabytes).toBeLessThan(512);
  });
});
