import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sizes } from './images.js';

export type Outcome = 'passed' | 'failed' | 'skipped';

/** What a suite did in one image. */
export interface Result {
  cases: Record<string, Outcome>;
  /** A line about each case that did not pass. */
  reasons: Record<string, string>;
  /** Failed cases that the test code itself causes: see record.py. */
  own: string[];
  /** Modules that only the tests and pytest import, and that the image does not have: see lent.py. */
  lent: string[];
}

export interface Compared extends Sizes {
  /** Cases that pass in the original. */
  passed: number;
  /** Those of them that do not pass in the shrunk image, each with the reason. */
  lost: [string, string][];
  /** Those of them that do not pass since the test code asks for what the image does not have. They are not in `lost`. */
  own: string[];
  lent: string[];
}

/**
 * Compares two results case by case.
 * @param library the module under test: one of its public modules that the image does not have is a loss, though it was lent to the tests
 * @throws Error if no case passes in the original: nothing was compared then
 */
export function compare(original: Result, shrunk: Result, sizes: Sizes, library?: string): Compared {
  const passed = Object.keys(original.cases).filter((one) => original.cases[one] === 'passed');
  if (passed.length === 0) throw new Error('no case passes in the original image: its tests could not be collected');
  const other = passed.filter((one) => shrunk.cases[one] !== 'passed').sort();
  const own = new Set(shrunk.own);
  return {
    ...sizes,
    passed: passed.length,
    lost: [
      ...other.filter((one) => !own.has(one)).map((one): [string, string] => [one, reasonOf(one, shrunk)]),
      ...shrunk.lent
        .filter((name) => isPublicPart(name, library))
        .map((name): [string, string] => [name, 'the image does not have this module']),
    ],
    own: other.filter((one) => own.has(one)),
    lent: shrunk.lent,
  };
}

function isPublicPart(name: string, library: string | undefined): boolean {
  const [top, ...parts] = name.split('.');
  return top === library && !parts.some((part) => part.startsWith('_') || /^(tests?|conftest|test_.*)$/.test(part));
}

/** A case that is missing was lost where its file was collected. */
function reasonOf(name: string, { cases, reasons }: Result): string {
  const file = `${name.split('::', 1)[0]} (collected)`;
  return reasons[name] ?? (cases[name] === undefined ? (reasons[file] ?? 'it was not run') : cases[name]);
}

/** Does something with a temporary folder. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'pyshrink-suite-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
