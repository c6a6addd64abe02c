import { appendFileSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { analystOf } from '../../src/guest/analyst.js';
import type { Helper } from '../../src/guest/helper.js';
import { Summary } from '../../src/python/summary.js';
import { summarizeFiles } from '../support/analyst.js';
import { describeWithPython } from '../support/probes.js';

describeWithPython('analystOf', () => {
  let cache: string;
  let files: string[];
  let read: string[];
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'pyshrink-'));
    files = ['import json', 'import csv', 'def ('].map((text, index) => {
      const path = join(cache, `${index}.py`);
      writeFileSync(path, text);
      return path;
    });
    read = [];
  });

  /** Reads files of this computer instead of an image's. `read` lists those that the interpreter had to read. */
  const helper = {
    python: { version: [3, 13, 0] },
    identity: 'sha256:image',
    summaries: async (paths: string[], names: string[]) => {
      read.push(...paths);
      return summarizeFiles(paths, names);
    },
  } as unknown as Helper;
  const imports = async () =>
    [...(await analystOf(helper, cache).summarize(files, []))].map(([, { imports: found }]) => found.map(([, , name]) => name));
  const remembered = () => join(cache, readdirSync(cache).find((name) => name.startsWith('summaries-')) as string);

  it('remembers summaries by the image and the paths of files, and no errors', async () => {
    expect(await imports()).toEqual([['json'], ['csv'], []]);
    expect(read).toEqual(files);
    read = [];
    expect(await imports()).toEqual([['json'], ['csv'], []]);
    expect(read).toEqual([files[2]]);
    read = [];
    writeFileSync(files[0] as string, 'import xml');
    const other = [...(await analystOf({ ...helper, identity: 'sha256:other' } as Helper, cache).summarize(files, [])).values()];
    expect(other.map(({ imports: found }) => found[0]?.[2])).toEqual(['xml', 'csv', undefined]);
    expect(read).toEqual(files);
  });

  it('remembers the answers for other names, and for own code, separately', async () => {
    const analyst = analystOf(helper, cache);
    await analyst.summarize(files, [], true);
    await analyst.summarize(files, [], false);
    expect(read).toEqual([...files, ...files]);
    const library = join(cache, 'c.so');
    writeFileSync(library, '');
    for (const names of [['pkg'], ['other'], ['pkg']]) await analyst.summarize([library], names);
    expect(read.slice(2 * files.length)).toEqual([library, library]);
  });

  it('has the answers of many files in their order, and remembers all of them', async () => {
    const many = Array.from({ length: 1200 }, (_, index) => {
      const path = join(cache, `many${index}.py`);
      writeFileSync(path, `import m${index}`);
      return path;
    });
    const names = async () => [...(await analystOf(helper, cache).summarize(many, []))].map(([path, one]) => [path, one.imports[0]?.[2]]);
    const expected = many.map((path, index) => [path, `m${index}`]);
    expect(await names()).toEqual(expected);
    read = [];
    expect(await names()).toEqual(expected);
    expect(read).toEqual([]);
  });

  it('ignores damaged lines of the cache', async () => {
    await imports();
    appendFileSync(remembered(), '["abc", {"imp\nnot json]\n["def", {}');
    expect(await imports()).toEqual([['json'], ['csv'], []]);
  });

  it('works without a cache folder', async () => {
    writeFileSync(join(cache, 'file'), '');
    const answers = await analystOf(helper, join(cache, 'file')).summarize(files, []);
    expect(answers.size).toBe(3);
  });

  it('remembers nothing for another image, which may lie about its files', async () => {
    const lies = { ...helper, summaries: async (paths: string[]) => paths.map(() => Summary.parse({})) } as unknown as Helper;
    await analystOf({ ...lies, identity: 'sha256:hostile' } as Helper, cache).summarize(files, []);
    expect(await imports()).toEqual([['json'], ['csv'], []]);
  });

  it('remembers nothing for an image whose identifier says nothing about its content', async () => {
    await analystOf({ ...helper, identity: undefined } as Helper, cache).summarize(files, []);
    expect(readdirSync(cache).filter((name) => name.startsWith('summaries-'))).toEqual([]);
  });

  it('removes cache files that were not used for long, and no other file', async () => {
    const ours = 'summaries-3.7-00000000-0000000000000000.jsonl';
    const others = ['summaries-2020.csv', 'summaries-3.7-00000000-1111111111111111.jsonl'];
    writeFileSync(join(cache, ours), '{"pyshrink":"summaries"}\n');
    for (const name of others) writeFileSync(join(cache, name), 'mine');
    for (const name of [ours, ...others]) utimesSync(join(cache, name), 0, 0);
    await imports();
    const names = readdirSync(cache);
    expect(names).not.toContain(ours);
    expect(names).toEqual(expect.arrayContaining(others));
  });
});
