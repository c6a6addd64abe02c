import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { captured, cookiesIn } from '../../src/exercise/captured.js';
import { CAPTURED } from '../../src/exercise/steps.js';

const answer = (body: string, headers: Record<string, string> = {}) => ({
  kind: 'http' as const,
  status: 200,
  headers,
  body: Buffer.from(body).toString('base64'),
});
const PAGE = `<form action="/login" method=post>
  <input type="hidden" value='a&amp;b &quot;c&#x27;d&#39;' name='csrf'><INPUT name=plain value=one>
  <button name="go" value="now">Go</button></form><meta content="m1" name="csrf-token">`;

describe('a captured value', () => {
  it.each([
    ['json', 'access.token', '{"access": {"token": "t1"}}', 't1'],
    ['json', '$.items[1].id', '{"items": [{"id": 1}, {"id": 25}]}', '25'],
    ['json', '0', '["a"]', 'a'],
    ['json', '', '7', '7'],
    ['json', 'a', '{"a": [1, {"b": null}]}', '[1,{"b":null}]'],
    ['json', 'a.b', '{"a": null}', undefined],
    ['json', 'constructor', '{}', undefined],
    ['json', 'a', 'no json', undefined],
    ['regex', 'id=(\\d+)', 'x id=42;', '42'],
    ['regex', '\\d+', 'x id=42;', '42'],
    ['regex', '^b', 'a\nb', 'b'],
    ['regex', 'z', 'x', undefined],
    ['form', 'csrf', PAGE, `a&b "c'd'`],
    ['form', 'plain', PAGE, 'one'],
    ['form', 'go', PAGE, 'now'],
    ['form', 'csrf-token', PAGE, 'm1'],
    ['form', 'none', PAGE, undefined],
  ] as const)('%s: %s', (from, what, body, value) => {
    expect(captured({ name: 'x', from, what }, answer(body))).toBe(value);
  });

  it('is in a header or a cookie', () => {
    const given = answer('', { location: '/items/3', 'set-cookie': 'a=1; Path=/\nsid=s%20x; HttpOnly' });
    expect(captured({ name: 'x', from: 'header', what: 'Location' }, given)).toBe('/items/3');
    expect(captured({ name: 'x', from: 'cookie', what: 'sid' }, given)).toBe('s%20x');
    expect(captured({ name: 'x', from: 'cookie', what: 'b' }, given)).toBeUndefined();
  });

  it('is undefined or a text for any answer', () => {
    fc.assert(
      fc.property(fc.constantFrom(...CAPTURED), fc.string(), fc.string(), fc.string(), (from, what, body, header) => {
        const rule = { name: 'x', from, what: from === 'regex' ? 'a(b)?' : what };
        expect(['undefined', 'string']).toContain(typeof captured(rule, answer(body, { 'set-cookie': header, 'content-encoding': what })));
      }),
    );
  });
});

it('cookies are taken back by their age or their date', () => {
  const header =
    'a=1\nb=; Max-Age=0\nc=2; expires=Thu, 01 Jan 1970 00:00:00 GMT\nd=3; Expires=Fri, 01 Jan 2100 00:00:00 GMT\ne=4; Max-Age=5; expires=Thu, 01 Jan 1970 00:00:00 GMT\nno cookie';
  expect(cookiesIn(header)).toEqual([
    ['a', '1'],
    ['b', undefined],
    ['c', undefined],
    ['d', '3'],
    ['e', '4'],
  ]);
  expect(cookiesIn(undefined)).toEqual([]);
});
