import { expect, it } from 'vitest';
import { whyTraced } from '../../src/report/whytraced.js';
import { type Branch, goneLines, goneTree } from '../../src/report/whytree.js';
import { LAYOUT } from '../support/analyst.js';
import { SITE, smallImage } from '../support/inside.js';
import { makeTrace } from '../support/keep.js';

const keep = smallImage().made?.keep;
const tree = (subject: string) => keep && goneTree(subject, keep, LAYOUT);

it('lists what would go with a distribution, a module or a path', () => {
  for (const subject of ['pg', `${SITE}/pg`]) {
    const found = tree(subject);
    expect(found).toMatchObject({ bytes: 1140, files: 3 });
  }
  expect(goneLines(tree(`${SITE}/pg/_pg.so`) as NonNullable<ReturnType<typeof tree>>)).toEqual([
    `without ${SITE}/pg/_pg.so, 2 files with 1.1 kB would go:`,
    `└─ ${SITE}/pg/_pg.so  1.1 kB: imported at line 1 of pg (${SITE}/pg/__init__.py:1)`,
    '   ├─ /usr/lib/libpq.so.5.15  700 B: a library that a kept file needs (DT_NEEDED)',
    '   └─ /usr/lib/libpq.so.5  0 B: link on the way to /usr/lib/libpq.so.5.15',
  ]);
});

it('has each path once, and sums up to the whole', () => {
  const found = tree('/app/app.py');
  const all = (branches: readonly Branch[]): Branch[] => branches.flatMap((one) => [one, ...all(one.branches)]);
  const paths = all(found?.branches ?? []).map(({ path }) => path);
  expect(new Set(paths).size).toBe(paths.length);
  expect(found?.branches.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(found?.bytes);
  expect(paths).toContain('/app/model.bin');
  expect(paths).not.toContain('/usr/bin/python3');
});

it.each(['/nowhere', 'idle', 'constructor'])('nothing of the name %s is kept', (subject) => {
  expect(tree(subject)).toBeUndefined();
});

it('says of a trace alone who used a path, with the programs that started it', () => {
  const trace = makeTrace(['lookup /x 1', 'exec /x 1', 'open /y'], { modules: { mod: '/y', gone: null } });
  expect(whyTraced('/x', trace)?.lines).toEqual([
    '/usr/bin/python3',
    '  [observed] executed',
    '└─ /usr/bin/other',
    '     [observed] executed',
    '   └─ /x',
    '        [observed] executed by other',
    'other reasons, the strongest first:',
    '  [observed] looked up by other',
    'Nothing was assembled from this trace yet, so only what was seen is known.',
  ]);
  expect(whyTraced('mod', trace)?.chain?.at(-1)).toMatchObject({ path: '/y', parent: '/usr/bin/python3' });
  const more = makeTrace(['map /usr/lib/libpq.so.5.15', 'open /lib/__pycache__/wave.cpython-313.pyc', 'lookup /usr/bin/psql'], {
    modules: { wave: '/lib/wave.py' },
  });
  expect(whyTraced('libpq', more)?.chain?.at(-1)).toMatchObject({ path: '/usr/lib/libpq.so.5.15', reason: 'observed/map' });
  expect(whyTraced('wave', more)?.chain?.at(-1)).toMatchObject({ path: '/lib/__pycache__/wave.cpython-313.pyc' });
  expect(whyTraced('psql', more)).toBeUndefined();
  // An import says the name of a module, and seldom its file.
  const nameless = makeTrace([`open ${SITE}/pg/__pycache__/__init__.cpython-313.pyc`, `lookup ${SITE}/other.py`], {
    python: LAYOUT,
    modules: { pg: null, other: null },
  });
  expect(whyTraced('pg', nameless)?.chain?.at(-1)?.path).toBe(`${SITE}/pg/__pycache__/__init__.cpython-313.pyc`);
  for (const subject of ['other', 'pg.more', '..', 'a/b']) expect(whyTraced(subject, nameless)).toBeUndefined();
  for (const subject of ['/z', 'gone', 'none', 'constructor']) expect(whyTraced(subject, trace)).toBeUndefined();
});
