import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { computeKeepSet } from '../../src/keep/compute.js';
import { type ElfSpec, makeElf } from '../support/elf.js';
import { makeTrace } from '../support/keep.js';
import { makeTree, type Node } from '../support/tree.js';

/** A folder: an input (a tree, what was observed in it), and the keep set that must come out, with its reasons. */
interface Golden {
  about: string;
  command: string[];
  config: Record<string, unknown>;
  modules?: Record<string, string>;
  tree: Record<string, Node | { elf: ElfSpec; mode?: number }>;
  observations: string[];
  processes: string[];
}

const FOLDER = new URL('./golden/', import.meta.url).pathname;

it.each(readdirSync(FOLDER))('golden keep set: %s', async (name) => {
  const golden = JSON.parse(readFileSync(join(FOLDER, name, 'input.json'), 'utf8')) as Golden;
  const nodes = Object.entries(golden.tree).map(([path, node]): [string, Node] =>
    typeof node === 'object' && 'elf' in node ? [path, { text: makeElf(node.elf), mode: node.mode ?? 0o644 }] : [path, node],
  );
  const processes = golden.processes.map((executable, index) => ({ pid: index + 7, parent: 1, executable, run: 0 }));
  const { keep } = await computeKeepSet({
    fs: makeTree(Object.fromEntries(nodes)),
    trace: makeTrace(golden.observations, { processes, modules: golden.modules ?? {} }),
    config: golden.config,
    env: [],
    commands: [golden.command],
    level: 'observed',
    choice: { include: [], exclude: [] },
  });
  const lines = [...keep.reasons].map(
    ([path, reasons]) => `${path}\n${reasons.map(({ rule, detail }) => `    ${rule}: ${detail}\n`).join('')}`,
  );
  const text = lines.sort().join('');
  await expect(text).toMatchFileSnapshot(join(FOLDER, name, 'keep.txt'));
});
