import { describe, expect, it } from 'vitest';
import { conceal, forgetSecrets } from '../../src/conceal.js';

import { answersOf } from '../../src/report/answers.js';
import { buildReport } from '../../src/report/build.js';
import { diffOf } from '../../src/report/diff.js';
import { diffLines } from '../../src/report/difflines.js';
import { Diff } from '../../src/report/diffmodel.js';
import type { Inside } from '../../src/report/inside.js';
import { diffMarkdown, reportMarkdown } from '../../src/report/markdown.js';
import type { KeepReport } from '../../src/workspace/keepreport.js';
import { LAYOUT } from '../support/analyst.js';
import { recordOf, SITE, smallImage } from '../support/inside.js';
import { makeTrace } from '../support/keep.js';
import { Seeded } from '../support/madeup.js';

type Kept = KeepReport['kept'][string];

/** The small image without libpq, with another version of pg, and with a program. */
function later(): Inside & { made: NonNullable<Inside['made']> } {
  const inside = smallImage() as ReturnType<typeof later>;
  const { keep } = inside.made;
  for (const path of ['/usr/lib/libpq.so.5', '/usr/lib/libpq.so.5.15']) {
    keep.omitted[path] = { size: keep.kept[path]?.size ?? 0, because: 3, owner: 2 };
    delete keep.kept[path];
  }
  keep.kept['/usr/bin/git'] = {
    type: 'f',
    size: 600,
    layer: 'system',
    program: true,
    owner: 4,
    reasons: [{ rule: 'named', kind: 'program', subject: 'git', module: 'app', line: 4, parents: ['/app/app.py'] }],
  };
  delete keep.omitted['/usr/bin/git'];
  keep.owners[0] = { kind: 'distribution', name: 'pg', version: '4.0' };
  keep.totals.kept = { files: keep.totals.kept.files, bytes: keep.totals.kept.bytes - 700 + 600 };
  return inside;
}

describe('a diff', () => {
  it('of an image with itself is empty', () => {
    const same = diffOf(smallImage(), smallImage());
    expect(same).toMatchObject({ bytes: 0, files: 0, things: [], programs: { came: [], went: [] }, answers: [] });
    expect(diffLines(same)[2]).toBe('Both keep the same.');
  });

  it('says what came, what went and what changed, the largest first, with the reasons on both sides', () => {
    const diff = diffOf(smallImage(), later());
    expect(Diff.parse(JSON.parse(JSON.stringify(diff)))).toEqual(diff);
    expect(diff.things.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['libpq5', -700],
      ['git', 600],
      ['pg', 0],
    ]);
    expect(diff.things.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)).toBe(diff.bytes);
    const lines = diffLines(diff);
    expect(lines).toContain('    -700 B  libpq5 (package): went');
    expect(lines).toContain('      +0 B  pg: 3.1 → 4.0');
    expect(lines).toContain('program came: /usr/bin/git');
    expect(lines.join('\n')).toContain('B: /usr/bin/git: a program that kept code names: "git", line 4 of app (/app/app.py:4)');
    expect(lines.join('\n')).toContain('A: /usr/lib/libpq.so.5.15: a library that a kept file needs (DT_NEEDED)');
  });

  it('turned around has the same changes the other way', () => {
    const [there, back] = [diffOf(smallImage(), later()), diffOf(later(), smallImage())];
    expect(back.things.map(({ name, bytes }) => [name, bytes])).toEqual(there.things.map(({ name, bytes }) => [name, 0 - (bytes ?? 0)]));
    expect([back.programs.came, back.programs.went]).toEqual([there.programs.went, there.programs.came]);
  });

  it('says which answers and verdicts changed, and is silent about what varies by itself', () => {
    const other = { ...smallImage(), check: undefined };
    other.record = recordOf('bye');
    expect(diffOf({ ...smallImage(), check: undefined }, other).answers).toEqual([{ label: 'GET /', field: 'body', a: 'hello', b: 'bye' }]);
    expect(diffLines(diffOf(smallImage(), other))).toContain('verdict changed: same in A, not compared in B');
    // The comparison of the first says that its body varies.
    expect(diffOf(smallImage(), other).answers).toEqual([]);
  });

  it('finds a difference at the end of a long answer, and shows just that part', () => {
    const answered = (body: string) => ({ ...smallImage(), check: undefined, record: recordOf(body) });
    const long = 'x'.repeat(5000);
    expect(diffOf(answered(`${long}a`), answered(`${long}a`)).answers).toEqual([]);
    const near = 'x'.repeat(40);
    expect(diffOf(answered(`${long}a`), answered(`${long}b`)).answers).toEqual([
      { label: 'GET /', field: 'body', a: `...${near}a`, b: `...${near}b` },
    ]);
    const early = diffOf(answered(`a${long}`), answered(`b${long}`)).answers[0];
    expect([early?.a, early?.b]).toEqual([`a${'x'.repeat(199)}...`, `b${'x'.repeat(199)}...`]);
  });

  it('holds no secret, and no part of one that is cut', () => {
    const secret = 'fox-jumps-0123456789-over';
    conceal([secret]);
    try {
      const answered = (body: string) => ({ ...smallImage(), check: undefined, record: recordOf(body) });
      const [a, b] = [`one ${secret}`, `${'y'.repeat(190)}${secret}`];
      const diff = diffOf(answered(a), answered(b));
      expect(diff.answers).toEqual([{ label: 'GET /', field: 'body', a: 'one ***', b: `${'y'.repeat(190)}***` }]);
      // That it differs in the secret alone is still seen.
      const other = diffOf(answered(a), answered('one another'));
      expect(other.answers).toMatchObject([{ a: 'one ***', b: 'one another' }]);
      const long = answersOf(answered(`${'y'.repeat(90)}${secret}`), 100);
      expect(JSON.stringify(long)).not.toContain('fox');
    } finally {
      forgetSecrets();
    }
  });

  it('refuses another platform', () => {
    const arm = smallImage();
    arm.trace = { ...arm.trace, image: { ...arm.trace.image, platform: 'linux/arm64' } };
    expect(() => diffOf(smallImage(), arm)).toThrow(/is for linux\/amd64, and x for linux\/arm64/);
  });

  it('tells a step that only one side has done from the others, and does not count the time of an answer', () => {
    const answered = (date: string, labels: readonly string[]) => {
      const inside = { ...smallImage(), check: undefined };
      const [run] = inside.record.runs;
      const [first] = run?.answers ?? [];
      const [step] = first?.steps ?? [];
      if (!first || step?.answer.kind !== 'http') throw new Error('no step');
      step.answer.headers = { ...step.answer.headers, date };
      first.steps = labels.map((label) => ({ ...step, label }));
      for (const run of inside.trace.runs) run.exercise = [...labels];
      return inside;
    };
    const one = answered('Sun, 29 Nov 2026 12:00:00 GMT', ['GET /', 'GET /']);
    const other = answered('Sun, 29 Nov 2026 13:00:00 GMT', ['GET /new', 'GET /', 'GET /']);
    expect(diffOf(one, other).answers).toEqual([{ label: 'GET /new', field: 'step', a: '(none)', b: 'status 200' }]);
    expect(diffOf(other, one).answers).toEqual([{ label: 'GET /new', field: 'step', a: 'status 200', b: '(none)' }]);
  });

  it('is a comment that is found again', () => {
    const lines = diffMarkdown(diffOf(smallImage(), later()));
    expect(lines[0]).toBe('<!-- pyshrink diff of x -->');
    expect(lines).toContain(`| +0 B | \`pg\` | \`3.1 → 4.0\` | \`${SITE}/pg/__init__.py: imported at line 3 of app (/app/app.py:3)\` |`);
  });
});

it('of the logs of two servers compares the problems in them alone', () => {
  const logged = (stderr: string) => {
    const inside = { ...smallImage(), check: undefined };
    for (const { answers } of inside.record.runs) for (const { app } of answers) app.stderr = Buffer.from(stderr).toString('base64');
    return inside;
  };
  const line = (time: string, more = '') => `2026-11-29 ${time} INFO GET /\n${more}`;
  const quiet = logged(line('12:00:01'));
  expect(diffOf(quiet, logged(line('13:59:59', line('14:00:00')))).answers).toEqual([]);
  const failing = logged(line('13:00:00', '2026-11-29 13:00:02 ERROR no such table: items\n'));
  expect(diffOf(quiet, failing).answers).toEqual([
    { label: 'app', field: 'stderr', a: '', b: '2026-11-29 13:00:02 ERROR no such table: items' },
  ]);
  expect(diffOf(failing, logged(line('15:00:00', '2026-11-29 15:00:09 ERROR no such table: items\n'))).answers).toEqual([]);
});

describe('a diff of traces from which nothing was assembled', () => {
  const traced = (seen: string[], more: Partial<Inside['trace']> = {}): Inside => ({
    ...smallImage(),
    trace: makeTrace(['exec /usr/bin/python3', 'open /app/app.py', ...seen], { python: LAYOUT, ...more }),
    made: undefined,
    check: undefined,
  });
  const before = traced([
    'open /usr/lib/libpq.so.5',
    `open ${SITE}/pg/__init__.py`,
    `open ${SITE}/pg-3.1.dist-info/METADATA`,
    'create /tmp/x1',
    'open /tmp/x1',
    'open /proc/7/maps',
  ]);
  const after = traced(
    [
      'exec /usr/bin/git 1',
      `open ${SITE}/pg/__pycache__/__init__.cpython-313.pyc`,
      `map ${SITE}/pg/_pg.so`,
      `open ${SITE}/pg-4.0.dist-info/METADATA`,
      'create /tmp/x2',
      'open /tmp/x2',
    ],
    { modules: { sys: null, pg: `${SITE}/pg/__init__.py`, six: `${SITE}/six.py` } },
  );

  it('says what the runs used, by distribution and file, and who used it', () => {
    const diff = diffOf(before, after);
    expect(Diff.parse(JSON.parse(JSON.stringify(diff)))).toEqual(diff);
    expect(diff).toMatchObject({ basis: 'used', bytes: null, files: 2, a: { name: null, level: null, kept: { files: 5, bytes: null } } });
    expect(diff.things.map(({ thing, name, came, went }) => [thing, name, came, went])).toEqual([
      ['distribution', 'pg', [`${SITE}/pg-4.0.dist-info/METADATA`, `${SITE}/pg/_pg.so`], [`${SITE}/pg-3.1.dist-info/METADATA`]],
      ['file', '/usr/bin/git', ['/usr/bin/git'], []],
      ['file', '/usr/lib/libpq.so.5', [], ['/usr/lib/libpq.so.5']],
      ['distribution', 'six', [`${SITE}/six.py`], []],
    ]);
    expect(diff.programs).toEqual({ came: ['/usr/bin/git'], went: [] });
    const lines = diffLines(diff);
    expect(lines).toEqual(
      expect.arrayContaining([
        'A: x, traced: its runs used 5 files',
        'Nothing was assembled from the traces yet, so this compares what the runs used. Sizes are not known.',
        'B used 2 files more than A.',
        'pg: 3.1 → 4.0',
        '/usr/bin/git: came',
      ]),
    );
    expect(lines.join('\n')).toContain('A: /usr/lib/libpq.so.5: opened by python3');
    expect(diffMarkdown(diff).join('\n')).toContain('`pg` | `3.1 → 4.0`');
  });

  it('compares with an assembled side by what both used', () => {
    const diff = diffOf(smallImage(), traced([`open ${SITE}/pg/__init__.py`]));
    expect(diff).toMatchObject({ basis: 'used', a: { name: 'x-shrunk' }, b: { name: null }, things: [], bytes: null });
    const lines = diffLines(diff);
    expect(lines[2]).toMatch(/^Nothing was assembled from the trace of B yet/);
    expect(lines[3]).toBe('The runs of both used the same.');
  });

  it('ends at nothing for itself, and is the same turned around, for any traces', () => {
    const random = new Seeded(7);
    const kinds = ['open', 'exec', 'map', 'lookup', 'create'];
    const places = ['/app/a.py', '/usr/bin/git', `${SITE}/pg/a.py`, `${SITE}/pg-1.dist-info/RECORD`, '/usr/lib/libz.so.1', '/proc/1/maps'];
    for (let round = 0; round < 200; round++) {
      const some = () =>
        traced(
          Array.from(
            { length: random.whole(0, 8) },
            () => `${kinds[random.whole(0, 4)]} ${places[random.whole(0, 5)]} ${random.whole(0, 1)}`,
          ),
        );
      const [a, b] = [some(), some()];
      expect(diffOf(a, a)).toMatchObject({ things: [], files: 0, programs: { came: [], went: [] } });
      const [there, back] = [diffOf(a, b), diffOf(b, a)];
      expect(back.things.map(({ name, came, went }) => [name, went, came]).sort()).toEqual(
        there.things.map(({ name, came, went }) => [name, came, went]).sort(),
      );
      expect(there.things.reduce((sum, { came, went }) => sum + came.length - went.length, 0)).toBe(there.files);
    }
  });
});

describe('a comment', () => {
  it('is never longer than GitHub takes, whatever the names are, and says so', () => {
    const long = later();
    const odd = `/usr/bin/${'\u{1f600}'.repeat(1000)}`;
    for (let index = 0; index < 60; index++) long.made.keep.kept[`${odd}${index}`] = { ...keptGit(long), size: index };
    const text = diffMarkdown(diffOf(smallImage(), long)).join('\n');
    expect(text.length).toBeLessThanOrEqual(65_536);
    expect(text).toContain('The rest is too long for a comment.');
    const report = reportMarkdown(buildReport(long)).join('\n');
    expect(report.length).toBeLessThanOrEqual(65_536);
  });

  it('names how many rows it leaves out', () => {
    const many = later();
    for (let index = 0; index < 60; index++) many.made.keep.kept[`/usr/bin/git-${index}`] = { ...keptGit(many), size: index };
    const text = diffMarkdown(diffOf(smallImage(), many)).join('\n');
    expect(text.match(/^- came: /gm)).toHaveLength(20);
    expect(text).toContain('\nand 41 more\n');
  });
});

function keptGit({ made }: ReturnType<typeof later>): Kept {
  const { owner: _, ...kept } = made.keep.kept['/usr/bin/git'] as Kept;
  return kept;
}
