import { expect, it } from 'vitest';
import { lookupsOf } from '../../src/smoke/lookups.js';
import { parseFacts } from '../../src/trace/facts.js';
import { makeTree } from '../support/tree.js';

const fs = makeTree({
  '/srv/app.py': '',
  '/srv/__pycache__/app.cpython-313.pyc': '',
  '/srv/data/one': '',
  '/srv/data/two': '',
  '/srv/late.py': '',
});

/** What the shrunk image, which has only `present`, misses when it looks up these paths. */
function lookups(
  paths: string[],
  { present = [], traced = [], exclude = [] }: { present?: string[]; traced?: string[]; exclude?: string[] },
) {
  const facts = parseFacts(
    ['["process", 1, 0, "/usr/bin/python3"]', ...paths.map((path) => JSON.stringify(['fact', 'lookup', 1, path]))].join('\n'),
  );
  return lookupsOf({ fs, has: (path) => present.includes(path), traced: (path) => traced.includes(path), exclude }, [facts], '/.pyshrink');
}

it('finds what the original has and the shrunk image lacks', () => {
  expect(lookups(['/srv/data/one', '/srv/data/three', '/srv/app.py'], { present: ['/srv/app.py'], traced: ['/srv/data/one'] })).toEqual({
    missing: ['/srv/data/one'],
    excluded: [],
    further: [],
  });
});

it('tells what the traced runs looked for from what only the shrunk image did', () => {
  const { missing, further } = lookups(['/srv/data/one', '/srv/late.py'], { traced: ['/srv/data/one'] });
  expect([missing, further]).toEqual([['/srv/data/one', '/srv/late.py'], ['/srv/late.py']]);
});

it('does not miss a .pyc whose source is there', () => {
  const cached = '/srv/__pycache__/app.cpython-313.pyc';
  expect(lookups([cached], { present: ['/srv/app.py'] }).missing).toEqual([]);
  expect(lookups([cached], {}).missing).toEqual([cached]);
});

it('does not count what the user leaves out', () => {
  expect(lookups(['/srv/data/one', '/srv/late.py'], { exclude: ['/srv/data'] })).toMatchObject({
    missing: ['/srv/late.py'],
    excluded: ['/srv/data/one'],
  });
});
