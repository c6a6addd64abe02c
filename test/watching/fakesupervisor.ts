import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kit } from '../../src/guest/helper.js';

/** The options that watching/watched.ts gives to the supervisor. */
export interface SupervisorOptions {
  facts: string;
  stop: number;
  patience: number;
  first: boolean;
  beside: boolean;
  listener: boolean;
  ptrace: boolean;
  contained: boolean;
  refused: [number, number][];
}

export interface FakeSupervisor {
  kit: Kit;
  /** The session's volume, which is `kit.mount`. */
  volume: string;
  remove: () => void;
}

/**
 * A kit whose "Python" is a program of Node instead of probes/supervisor.py. It writes what a test wants, which the real
 * one does only under circumstances that a test can't make.
 * @param script JavaScript with `options`, `command`, and `write(...rows)`, which writes rows of a facts file, and `lacks(what)`, which ends the run
 */
export function fakeSupervisor(script: string): FakeSupervisor {
  const volume = mkdtempSync(join(tmpdir(), 'pyshrink-fake-'));
  mkdirSync(join(volume, 'observations'));
  const program = join(volume, 'supervisor.cjs');
  writeFileSync(
    program,
    `const fs = require('node:fs');
    const [, , , probe, text, , ...command] = process.argv;
    if (probe !== 'supervisor') process.exit(1);
    const options = JSON.parse(text);
    const write = (...rows) => fs.appendFileSync(options.facts, rows.map((row) => JSON.stringify(row) + '\\n').join(''));
    const lacks = (what) => { write(["needs", what]); process.exit(125); };
    ${script}`,
  );
  const kit = { mount: volume, command: [process.execPath, program], lacking: null };
  return { kit, volume, remove: () => rmSync(volume, { recursive: true, force: true }) };
}
