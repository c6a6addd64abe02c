import { describe, expect, it } from 'vitest';
import { conceal, forgetSecrets } from '../../src/conceal.js';
import { answersOf } from '../../src/report/answers.js';
import { diffOf } from '../../src/report/diff.js';
import { diffLines } from '../../src/report/difflines.js';
import { Diff } from '../../src/report/diffmodel.js';
import type { Inside } from '../../src/report/inside.js';
import { diffMarkdown } from '../../src/report/markdown.js';
import { recordOf, SITE, smallImage } from '../support/inside.js';

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
    expect(diff.things.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(diff.bytes);
    const lines = diffLines(diff);
    expect(lines).toContain('   +0.0 MB  libpq5 (package): went');
    expect(lines).toContain('   +0.0 MB  pg: 3.1 → 4.0');
    expect(lines).toContain('program came: /usr/bin/git');
    expect(lines.join('\n')).toContain('B: /usr/bin/git: a program that kept code names: "git", line 4 of app (/app/app.py:4)');
    expect(lines.join('\n')).toContain('A: /usr/lib/libpq.so.5.15: a library that a kept file needs (DT_NEEDED)');
  });

  it('turned around has the same changes the other way', () => {
    const [there, back] = [diffOf(smallImage(), later()), diffOf(later(), smallImage())];
    expect(back.things.map(({ name, bytes }) => [name, bytes])).toEqual(there.things.map(({ name, bytes }) => [name, 0 - bytes]));
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

  it('refuses another platform, and what was not assembled', () => {
    const arm = smallImage();
    arm.trace = { ...arm.trace, image: { ...arm.trace.image, platform: 'linux/arm64' } };
    expect(() => diffOf(smallImage(), arm)).toThrow(/is for linux\/amd64, and x for linux\/arm64/);
    expect(() => diffOf(smallImage(), { ...smallImage(), made: undefined })).toThrow(/Nothing was assembled yet from the trace of x/);
  });

  it('is a comment that is found again', () => {
    const lines = diffMarkdown(diffOf(smallImage(), later()));
    expect(lines[0]).toBe('<!-- pyshrink diff of x -->');
    expect(lines).toContain(`| +0.0 MB | \`pg\` | \`3.1 → 4.0\` | \`${SITE}/pg/__init__.py: imported at line 3 of app (/app/app.py:3)\` |`);
  });
});
