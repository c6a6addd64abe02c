import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { computeKeepSet } from '../../src/keep/compute.js';
import type { Level } from '../../src/keep/level.js';
import { describeReason } from '../../src/report/words.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { type ElfSpec, makeElf } from '../support/elf.js';
import { makeTrace } from '../support/keep.js';
import { makeTree, type Node } from '../support/tree.js';

/** A folder has an input (a tree, and what was observed in it) and the keep set that must come out, with its reasons. */
interface Golden {
  about: string;
  command: string[];
  config: Record<string, unknown>;
  modules?: Record<string, string>;
  tree: Record<string, Node | { elf: ElfSpec; mode?: number }>;
  observations: string[];
  processes: string[];
  /** `observed` where it is missing. Otherwise the tree is that of a CPython 3.13 under /usr, and this computer's Python reads its code. */
  level?: Level;
}

const FOLDER = new URL('./golden/', import.meta.url).pathname;

const names = readdirSync(FOLDER);

it.each(names)('golden keep set: %s', async (name) => {
  const golden = parse(readFileSync(join(FOLDER, name, 'input.yaml'), 'utf8')) as Golden;
  const nodes = Object.entries(golden.tree).map(([path, node]): [string, Node] =>
    typeof node === 'object' && 'elf' in node ? [path, { text: makeElf(node.elf), mode: node.mode ?? 0o644 }] : [path, node],
  );
  const processes = golden.processes.map((executable, index) => ({ pid: index + 7, parent: 1, executable, run: 0 }));
  const fs = makeTree(Object.fromEntries(nodes));
  const { level = 'observed', modules = {} } = golden;
  const { keep, notes } = await computeKeepSet({
    fs,
    trace: makeTrace(golden.observations, { processes, modules, ...(golden.level && { python: LAYOUT }) }),
    ...(golden.level && { analyst: analystOver(fs) }),
    config: golden.config,
    env: [],
    commands: [golden.command],
    level,
    choice: { include: [], exclude: [] },
  });
  const lines = [...keep.reasons].map(
    ([path, reasons]) => `${path}\n${reasons.map((reason) => `    ${reason.rule}: ${describeReason(reason)}\n`).join('')}`,
  );
  // CPython before 3.11.4 reports null bytes in a source as a ValueError.
  const text = [...lines.sort(), ...notes.map((note) => `note: ${note.replace(/(SyntaxError|ValueError): .*/, 'SyntaxError')}\n`)].join('');
  await expect(text).toMatchFileSnapshot(join(FOLDER, name, 'keep.txt'));
});
