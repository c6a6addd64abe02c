import { expect, it } from 'vitest';
import { ReadAhead } from '../../src/keep/python/readahead.js';
import type { Distribution } from '../../src/python/distributions.js';
import type { Summary } from '../../src/python/summary.js';

const SITE = '/usr/lib/python3.13/site-packages';
const distribution = (name: string, files: string[], local = false): Distribution => ({
  name,
  version: '1',
  metadata: `${SITE}/${name}-1.dist-info`,
  root: SITE,
  files: files.map((file) => `${SITE}/${file}`),
  requires: [],
  entryPoints: [],
  local,
});
const summaryOf = (path: string) => ({ strings: [path] }) as unknown as Summary;

function reader(answer: (paths: readonly string[]) => Promise<ReadonlyMap<string, Summary>>) {
  const asked: string[][] = [];
  const ahead = new ReadAhead(
    (paths) => {
      asked.push([...paths]);
      return answer(paths);
    },
    ['.so'],
  );
  return { ahead, asked };
}

const answering = async (paths: readonly string[]) => new Map(paths.map((path) => [path, summaryOf(path)]));

it('the other modules of a distribution are read once, and given once', async () => {
  const { ahead, asked } = reader(answering);
  const library = distribution('library', ['library/a.py', 'library/b.py', 'library/tests/test_a.py', 'library/data.txt']);
  ahead.begin([library], (path) => path.endsWith('/a.py'));
  ahead.begin([library, distribution('pip', ['pip/a.py']), distribution('app', ['app.py'], true)], () => false);
  const [b, other] = [`${SITE}/library/b.py`, '/usr/lib/python3.13/os.py'];
  expect(asked).toEqual([[b]]);
  expect([ahead.has(b), ahead.has(other)]).toEqual([true, false]);
  expect([...(await ahead.take([b, other]))]).toEqual([[b, summaryOf(b)]]);
  expect([ahead.has(b), (await ahead.take([b])).size]).toEqual([false, 0]);
});

it('an error is for whoever wants the summary, and for nobody else', async () => {
  const { ahead } = reader(() => Promise.reject(new Error('the helper is gone')));
  ahead.begin([distribution('library', ['library/a.py'])], () => false);
  await new Promise((resolve) => setTimeout(resolve));
  await expect(ahead.take([`${SITE}/library/a.py`])).rejects.toThrow('the helper is gone');
});
