import { execa } from 'execa';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { codeWithProbes, describeWithPython, PYTHONS } from '../support/probes.js';

const COMPARE = `
import json
from pyshrink_probes import plainjson as plain
for line in sys.stdin.buffer:
    value = json.loads(line.decode())
    assert plain.loads(line.decode()) == value, line
    assert json.loads(plain.dumps(value)) == value, line
    assert plain.dumps(value).isascii() if sys.version_info >= (3, 7) else True
for text in ("", "{", "[1,", '{"a" 1}', "nope", '"x', "1 2", "[1 2]", "{1: 2}"):
    try:
        plain.loads(text)
    except ValueError:
        continue
    raise SystemExit(text)
print("same")
`;

describeWithPython('JSON for interpreters without it', () => {
  it.each(PYTHONS)('under %s reads and writes the same values as json', async (python) => {
    const values = fc.sample(fc.jsonValue({ stringUnit: 'binary' }), { numRuns: 500, seed: 7 });
    const special = ['\ud800', 'a\udcffb', '\u{1f600}', '\\u0041', '"\\/\b\f\n\r\t', { '': [[], {}, -0.5e-7, 1e300, true, null] }];
    const input = [...values, ...special].map((value) => `${JSON.stringify(value)}\n`).join('');
    const run = await execa(python, codeWithProbes(COMPARE), { input, reject: false });
    expect([run.stdout, run.stderr]).toEqual(['same', '']);
  });
});
