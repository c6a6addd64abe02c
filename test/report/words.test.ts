import { describe, expect, it } from 'vitest';
import { type Reason, ReasonSchema } from '../../src/keep/reason.js';
import { describeGrade, describeOmission, describeReason, describeSpot } from '../../src/report/words.js';
import { KeepReport } from '../../src/workspace/keepreport.js';

/** Every kind of reason, with all facts that a reason can have. */
const REASONS = ReasonSchema.options.flatMap((option) =>
  option.shape.kind.options.map((kind) =>
    ReasonSchema.parse({
      rule: option.shape.rule.value,
      kind,
      parents: ['/parent'],
      module: 'MODULE',
      line: 7,
      subject: 'SUBJECT',
      of: 'resolver',
      group: 'GROUP',
    }),
  ),
);

describe('describeReason', () => {
  it.each(REASONS.map((reason): [string, Reason] => [`${reason.rule}/${reason.kind}`, reason]))('has a sentence for %s', (_, reason) => {
    const text = describeReason(reason);
    expect(text).toMatch(/^[\w.'/-].{3,}[^.]$|^\.pyshrinkkeep$/);
    expect(text).not.toMatch(/undefined|null|\[object/);
  });

  it('has another sentence for each kind of a rule', () => {
    const texts = REASONS.filter(({ rule }) => rule !== 'system').map((reason) => `${reason.rule} ${describeReason(reason)}`);
    expect(new Set(texts).size).toBe(texts.length);
  });

  it.each<[Reason, string]>([
    [{ rule: 'python', kind: 'import', module: 'app', line: 3, parents: [] }, 'imported at line 3 of app'],
    [{ rule: 'python', kind: 'import', module: 'app', parents: [] }, 'imported at line ? of app'],
    [
      { rule: 'python', kind: 'string', module: 'app', subject: 'a.b', insteadOf: '/a/b.so', parents: [] },
      'named in the string "a.b" by app; it replaces its compiled version /a/b.so',
    ],
    [{ rule: 'observed', kind: 'open', parents: [] }, 'opened'],
    [{ rule: 'observed', kind: 'create-in', subject: 'sh', parents: [] }, 'folder of a file that was created by sh'],
    [
      { rule: 'system', kind: 'reached', subject: 'socket', of: 'resolver', parents: [] },
      'socket is reached: configuration of the resolver (getaddrinfo(3), services(5))',
    ],
    [{ rule: 'repair', kind: 'module', subject: 'zipped', parents: [] }, 'the shrunk image had no module named zipped'],
  ])('%j', (reason, text) => {
    expect(describeReason(reason)).toBe(text);
  });
});

describe('describeOmission', () => {
  it.each(KeepReport.shape.omissions.element.shape.kind.options)('has a sentence for %s', (kind) => {
    expect(describeOmission({ kind, subject: 'flask' })).toMatch(/^[a-z].{10,}[^.]$/);
    expect(describeOmission({ kind, subject: 'flask' })).not.toMatch(/undefined/);
  });
});

it('describes grades and places', () => {
  expect(describeGrade(null)).toBe('no kept code imports it');
  expect(describeGrade('pulled')).toMatch(/^kept code imports it/);
  expect(describeSpot({ file: '/a.py', line: null, kind: 'exec' })).toBe('/a.py:?: executes computed code');
});
