import { describe, expect, it } from 'vitest';
import { verdictLines } from '../../src/report/verdict.js';
import { conclusionOf, passed, type Verdict } from '../../src/smoke/verdict.js';
import { SAME } from '../support/verdict.js';

const difference = { where: 'GET /', what: 'body', original: `${'-'.repeat(100)}one`, shrunk: `${'-'.repeat(100)}two` };

describe('verdictLines', () => {
  it('is one line with two counts where everything is equal', () => {
    expect(passed(SAME)).toBe(true);
    expect(verdictLines(SAME)).toEqual(['3 answers equal, 10 static checks passed']);
  });

  it('shows where two texts begin to differ, and counts what it does not show', () => {
    const verdict: Verdict = {
      ...SAME,
      problems: ['/bin/a needs b'],
      differences: [difference, { ...difference, what: 'header etag' }],
      missing: Array.from({ length: 25 }, (_, index) => `/lib/${index}`),
      further: ['/lib/1'],
      excluded: ['/lib/x'],
    };
    expect(conclusionOf(verdict)).toBe('different');
    const lines = verdictLines(verdict);
    expect(lines.slice(0, 4)).toEqual([
      'broken: /bin/a needs b',
      'differs: GET /: body',
      `  original: ...${'-'.repeat(40)}one`,
      `  shrunk:   ...${'-'.repeat(40)}two`,
    ]);
    expect(lines).toEqual(
      expect.arrayContaining([
        'missed: the shrunk image looked for /lib/0 and did not find it; the original has it',
        'missed: the shrunk image looked for /lib/1, which no traced run looked for; the original has it',
        'and 5 more (--json lists them)',
        'excluded: the shrunk image looked for /lib/x, which --exclude leaves out',
      ]),
    );
    expect(lines.at(-1)).toBe('1 of 3 answers different, 1 of 10 static checks failed, 25 paths missing');
  });

  it('does not count new errors in the log as answers', () => {
    const error = { where: 'app', what: 'exception', original: '', shrunk: 'KeyError: 1' };
    expect(verdictLines({ ...SAME, differences: [error] }).at(-1)).toBe('3 answers equal, 1 new error in the log, 10 static checks passed');
  });

  it('lists ten places that vary by themselves, with what was accepted', () => {
    const place = (index: number) => ({ where: 'GET /', what: 'body', place: `/id/${index}`, originals: ['a', 'b'], shrunk: 'c' });
    const lines = verdictLines({ ...SAME, varied: Array.from({ length: 12 }, (_, index) => place(index)) });
    expect(lines[0]).toBe('varies: GET /: body at /id/0: "a" or "b" in the original, "c" in the shrunk image');
    expect(lines.filter((line) => line.startsWith('varies:'))).toHaveLength(10);
    expect(lines[10]).toBe('and 2 more (--json lists them)');
  });

  it('shows the part of long places that varies', () => {
    const same = 'x'.repeat(90);
    const varied = [
      { where: 'GET /', what: 'body', place: '', originals: [`${same}one`, `${same}two`], shrunk: `${same}six${'y'.repeat(90)}` },
    ];
    const before = `...${'x'.repeat(20)}`;
    expect(verdictLines({ ...SAME, varied })[0]).toBe(
      `varies: GET /: body: "${before}one" or "${before}two" in the original, "${before}six${'y'.repeat(37)}..." in the shrunk image`,
    );
  });

  it('says that nothing is proven where nothing was compared, whatever else was found', () => {
    const verdict: Verdict = { ...SAME, compared: 0, problems: ['broken'], uncompared: ['wait 3 s: a wait has no answer'] };
    expect(conclusionOf(verdict)).toBe('unproven');
    expect(verdictLines(verdict)).toEqual([
      'broken: broken',
      'not compared: wait 3 s: a wait has no answer',
      'Nothing was compared, so nothing is proven.',
      '0 answers equal, 1 of 10 static checks failed',
    ]);
  });
});
