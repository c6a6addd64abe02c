import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answers } from '../../src/exercise/answers.js';
import { compareAnswers } from '../../src/smoke/compare.js';
import { maskKnown, sameButForVariation } from '../../src/smoke/mask.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const http = (body: string, status = 200, headers: Record<string, string> = {}): Answers => ({
  steps: [{ step: 'GET /', label: 'GET /', answer: { kind: 'http', status, headers, body: base64(body) } }],
  app: { stdout: '', stderr: '', cut: false, exit: null },
});
const program = (stdout: string, exit: number | null = 0, stderr = ''): Answers => ({
  steps: [{ step: 'until exit', label: 'until exit', answer: { kind: 'until-exit' } }],
  app: { stdout: base64(stdout), stderr: base64(stderr), cut: false, exit },
});

describe('compareAnswers', () => {
  it('finds equal answers equal', () => {
    expect(compareAnswers(http('x'), http('x'))).toEqual([]);
    expect(compareAnswers(program('x'), program('x'))).toEqual([]);
  });

  it.each([
    ['a status', http('x'), http('x', 500), 'outcome'],
    ['a body', http('x'), http('y'), 'body'],
    ['a content type', http('x', 200, { 'content-type': 'a' }), http('x', 200, { 'content-type': 'b' }), 'header content-type'],
    ['a missing header', http('x', 200, { server: 'a' }), http('x'), 'headers'],
    ['output', program('x'), program('y'), 'stdout'],
    ['errors', program('x', 0, 'e'), program('x'), 'stderr'],
    ['an exit status', program('x'), program('x', 1), 'exit'],
  ])('finds %s', (_, original, shrunk, what) => {
    expect(compareAnswers(original, shrunk).map((difference) => difference.what)).toEqual([what]);
  });

  describe('in the log of a server', () => {
    const server = (log: string) => ({ ...http('x'), app: { stdout: '', stderr: base64(log), cut: false, exit: null } });
    const raised = (exception: string) => `Traceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\n${exception}\n`;
    const found = (original: string, shrunk: string, again?: string) =>
      compareAnswers(server(original), server(shrunk), again === undefined ? undefined : server(again)).map((one) => one.shrunk);

    it('finds new exceptions and nothing else', () => {
      expect(found('started 1', 'started 2')).toEqual([]);
      expect(found('', raised("KeyError: 'x'"))).toEqual(["KeyError: 'x'"]);
      expect(found('', 'Traceback (most recent call last):\n  File')).toEqual(['a traceback without its exception']);
      expect(found(raised('ValueError: a'), raised('ValueError: a') + raised('ImportError: b'))).toEqual(['ImportError: b']);
      expect(found(raised('ValueError: a').repeat(2), raised('ValueError: a')), 'the number of times does not count').toEqual([]);
      expect(found('', raised('ValueError: a'), raised('ValueError: a')), 'the original has it in one of two runs').toEqual([]);
      expect(found(raised('Gone: order 17'), raised('Gone: order 30'), raised('Gone: order 22'))).toEqual([]);
      expect(found(raised('Gone: order 17'), raised('Gone: user 30'), raised('Gone: order 22'))).toEqual(['Gone: user 30']);
    });

    it('ignores what is printed after the stop', () => {
      const log = 'ready\n';
      const stopped = (rest: string) => {
        const { steps, app } = server(log + rest);
        return { steps, app: { ...app, untilStop: { stdout: 0, stderr: log.length } } };
      };
      expect(compareAnswers(stopped(''), stopped(raised('RuntimeError: greenlet is being finalized')))).toEqual([]);
      expect(compareAnswers(stopped(''), server(raised('KeyError: 1')))).toHaveLength(1);
    });

    it('reads tracebacks whose lines alternate, that are indented, or in an exception group', () => {
      const [head, ...frames] = raised('KeyError: 1').trimEnd().split('\n');
      const twice = [head, ...frames].flatMap((line) => [line, line]).join('\n');
      expect(found('', twice)).toEqual(['KeyError: 1']);
      const group = [
        '  + Exception Group Traceback (most recent call last):',
        '  |   File "a.py", line 1, in f',
        '  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)',
        '  +-+---------------- 1 ----------------',
        '    | Traceback (most recent call last):',
        '    |   File "a.py", line 2, in g',
        '    | ImportError: b',
        '    +------------------------------------',
      ];
      expect(found('', group.join('\n'))).toEqual(['ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)', 'ImportError: b']);
    });
  });

  it('finds a step that was not answered', () => {
    expect(compareAnswers(http('x'), { ...http('x'), steps: [] }).length).toBeGreaterThan(0);
  });

  it('ignores what differs between two answers of the original, and nothing else', () => {
    const page = (token: string, word = 'hello') => http(`<input value="${token}"> ${word}`);
    expect(compareAnswers(page('abc'), page('xyz'))).toHaveLength(1);
    expect(compareAnswers(page('abc'), page('xyz'), page('def'))).toEqual([]);
    expect(compareAnswers(page('abc'), page('xyz', 'goodbye'), page('def'))).toHaveLength(1);
  });

  it('recognizes varying parts of different lengths', () => {
    const page = (token: string, id: string, tail = 'end') =>
      http(`<form><input name="csrf" value="${token}"><a href="/items/${id}">${id}</a>${tail}`);
    const [one, two] = [page('a1-b2_c3', '9'), page('Zx.y-99', '10')];
    expect(compareAnswers(one, page('q-w-e-r-t', '11'), two)).toEqual([]);
    expect(compareAnswers(http('one aa bb'), http('one dd ee'), http('one bb cc')), 'by chance the same elsewhere').toEqual([]);
    expect(compareAnswers(http('at 17.34.02'), http('at 18.01.00'), http('at 17.34.05'))).toEqual([]);
    expect(compareAnswers(one, page('q', '12', 'END'), two)).toHaveLength(1);
    expect(compareAnswers(one, page(`q${' more'.repeat(40)}`, '12'), two)).toHaveLength(1);
  });

  it('finds different bytes that are no text', () => {
    const bytes = (value: number) => ({
      ...http(''),
      steps: [
        {
          step: 's',
          label: 's',
          answer: { kind: 'http' as const, status: 200, headers: {}, body: Buffer.from([0xff, value]).toString('base64') },
        },
      ],
    });
    expect(compareAnswers(bytes(0xfe), bytes(0xfd))).toHaveLength(1);
  });
});

describe('masks', () => {
  it.each([
    ['at 2024-01-02T03:04:05.678Z', 'at <time>'],
    ['Tue, 02 Jan 2024 03:04:05 GMT', '<time>'],
    ['[02/Jan/2024 03:04:05]', '[<time>]'],
    ['made 17:35:59.123456 or 17:36:01', 'made <time> or <time>'],
    ['10.0.0.1:80:90 in 12:30', '10.0.0.1:80:90 in 12:30'],
    ['after 38 ms, in 0.03s and 1.5 seconds', 'after <duration>, in <duration> and <duration>'],
    ['5 stars, 3s and 2 messages', '5 stars, 3s and 2 messages'],
    ['id 123e4567-e89b-12d3-a456-426614174000', 'id <uuid>'],
    ['<object at 0x7f12ab34cd>', '<object at <address>>'],
    ['price 12.5 on 3 items', 'price 12.5 on 3 items'],
  ])('%s', (text, masked) => expect(maskKnown(text)).toBe(masked));

  it('a text is the same as itself and no other', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(sameButForVariation(a, a, a)).toBe(true);
        if (a !== b) expect(sameButForVariation(a, a, b)).toBe(false);
      }),
    );
  });
});
