import { describe, expect, it } from 'vitest';
import { parseTrace } from '../../src/trace/schema.js';
import { makeTrace } from '../support/keep.js';

const first = makeTrace(['open /a', 'open /b 1'], { modules: { json: null, app: '/a' }, warnings: ['careful'] });

it.each(['[', '3.(a+)+$', '3', '', '3.13\n'])('a version of Python that would be an expression is refused: %j', (version) => {
  const trace = makeTrace([]);
  expect(() => parseTrace(JSON.stringify({ ...trace, python: { ...trace.python, version } }), 'trace.json')).toThrow('trace.json');
});

describe('parseTrace', () => {
  it('reads what was written', () => {
    expect(parseTrace(JSON.stringify(first), 'x.json')).toEqual(first);
  });

  it.each([
    ['a truncated trace', JSON.stringify(first).slice(0, 90), /trace x.json is truncated or not JSON/],
    ['a trace of another version', JSON.stringify({ ...first, version: 7 }), /has version 7; this pyshrink reads version 3/],
    ['another file', '{"a": 1}', /x.json is not a trace. At version: /],
    ['a damaged trace', JSON.stringify({ ...first, runs: [] }), /At runs: /],
    ['null', 'null', /At its top: /],
  ])('rejects %s', (_, text, message) => {
    expect(() => parseTrace(text, 'x.json')).toThrow(message);
  });
});
