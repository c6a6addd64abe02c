import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Summary } from '../../src/python/summary.js';
import { summarizeFiles } from '../support/analyst.js';
import { describeWithPython, PYTHONS } from '../support/probes.js';

const code = (source: string | string[]) => ({ cell_type: 'code', metadata: {}, outputs: [], source });
const notebook = (cells: unknown[], metadata: unknown = {}) => JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells });

function summaryOf(text: string, python?: string): Summary {
  const path = join(mkdtempSync(join(tmpdir(), 'pyshrink-')), 'a.ipynb');
  writeFileSync(path, text);
  return summarizeFiles([path], [], python)[0] as Summary;
}

describeWithPython('a notebook', () => {
  it.each(PYTHONS)('under %s: imports, commands and magics of all cells count, on the lines of the code', (python) => {
    const summary = summaryOf(
      notebook(
        [
          { cell_type: 'markdown', source: 'import nothing' },
          code(['import numpy as np\n', '%matplotlib inline\n', '%load_ext snakeviz']),
          code('files = !ls -l\n!cat {name} | sort\nnp.array?\nprint(1\n  % 2)'),
          code('%%bash\necho from a shell\n\njq . x'),
          code('%%time\nimport time_it'),
          code('%%html\n<import no>'),
          code('%%script perl -w\nprint 1'),
          code('this is no Python'),
          code('%sx tar x'),
        ],
        { kernelspec: { language: 'python' }, language_info: { name: 'python' } },
      ),
      python,
    );
    expect(summary.error).toBeUndefined();
    expect(summary.imports.filter(([, , name]) => name !== 'os').map(([line, , name]) => [line, name])).toEqual([
      [1, 'numpy'],
      [3, 'snakeviz'],
      [14, 'time_it'],
    ]);
    expect(summary.commands.map(([line, , text]) => [line, text])).toEqual([
      [4, 'ls -l'],
      [5, 'cat {name} | sort'],
      [9, 'bash'],
      [10, 'echo from a shell'],
      [12, 'jq . x'],
      [17, 'perl'],
      [18, 'print 1'],
      [20, 'tar x'],
    ]);
  });

  it('may await at the top level', () => {
    expect(summaryOf(notebook([code('import asyncio\nawait asyncio.sleep(0)')])).imports).toHaveLength(1);
  });

  it.each([
    ['in another language', notebook([code('library(x)')], { language_info: { name: 'R' } }), 'a notebook in r'],
    ['of an old format', JSON.stringify({ nbformat: 3, worksheets: [] }), 'no notebook of nbformat 4'],
    ['that is none', '[1]', 'no notebook of nbformat 4'],
    ['without JSON', '{', 'Expecting'],
    ['with bytes that are no text', '\u0000', 'Expecting'],
  ])('%s has an error', (_, text, error) => {
    expect(summaryOf(text)).toMatchObject({ error: expect.stringContaining(error) });
  });

  it('has what can be read where cells are odd', () => {
    const odd = [null, 1, code(null as never), code([1, null] as never), { cell_type: 'code' }, code('import fine')];
    expect(summaryOf(notebook(odd)).imports.map(([, , name]) => name)).toEqual(['fine']);
  });
});
