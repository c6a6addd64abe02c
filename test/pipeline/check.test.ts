import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import { conceal, concealed, forgetSecrets } from '../../src/conceal.js';
import type { Answers, StepAnswer } from '../../src/exercise/answers.js';
import { checkRecord, echoedBy } from '../../src/pipeline/check.js';
import { answersOf } from '../../src/report/answers.js';
import { Folder } from '../../src/workspace/folder.js';
import { smallImage } from '../support/inside.js';
import { SAME } from '../support/verdict.js';

afterEach(forgetSecrets);

const PASSWORD = 'correct-horse-battery';
const ENVIRONMENT = [`DB_PASSWORD=${PASSWORD}`, 'OTHER_SECRET=never-printed-anywhere', 'MODE=production-mode'];
const base64 = (bytes: string | Buffer) => Buffer.from(bytes).toString('base64');
const answered = (answer: StepAnswer): Answers => ({
  time: { start: 0, end: 1 },
  steps: [{ step: 'x', label: 'x', answer }],
  app: { stdout: '', stderr: '', cut: false, exit: 0 },
});
const says = `no connection with ${PASSWORD}`;

it.each<[string, StepAnswer]>([
  ['a body', { kind: 'http', status: 500, headers: {}, body: base64(says) }],
  ['a compressed body', { kind: 'http', status: 500, headers: { 'content-encoding': 'gzip' }, body: base64(gzipSync(says)) }],
  ['a banner', { kind: 'tcp', banner: base64(says) }],
])('a secret that only the shrunk image puts into %s is shown by no later command', async (_, answer) => {
  const answers = [answered(answer)];
  const echoed = echoedBy(SAME, answers, ENVIRONMENT);
  expect(echoed).toEqual([PASSWORD]);
  const folder = new Folder(mkdtempSync(join(tmpdir(), 'pyshrink-')));
  await folder.saveCheck(checkRecord('sha256:1', { verdict: SAME, answers, runs: [], echoed }));
  expect(concealed(says)).toBe(says);
  await folder.check('sha256:1');
  expect(concealed(says)).toBe('no connection with ***');
});

it('a secret that only this process knows counts, such as that of a file of a compose file', () => {
  const word = 'quiet pigeons';
  conceal([word]);
  try {
    expect(echoedBy(SAME, [answered({ kind: 'tcp', banner: base64(`it is ${word}`) })], [])).toEqual([word]);
    expect(echoedBy(SAME, [answered({ kind: 'tcp', banner: base64('it is another') })], [])).toEqual([]);
  } finally {
    forgetSecrets();
  }
});

it('a secret in the text of a difference counts, also where there are no answers', () => {
  const differences = [{ where: 'app', what: 'last output', original: '(it kept running)', shrunk: says }];
  expect(echoedBy({ ...SAME, differences }, [null], ENVIRONMENT)).toEqual([PASSWORD]);
  expect(echoedBy(SAME, [null], ENVIRONMENT)).toEqual([]);
});

it('a banner is shown as text, so that its secrets are found', () => {
  const inside = smallImage();
  const [run] = inside.record.runs;
  if (!run) throw new Error('the small image has a run');
  inside.record = { runs: [{ ...run, answers: [answered({ kind: 'tcp', banner: base64('220 ready') })] }] };
  const fields = answersOf({ ...inside, check: undefined }).flatMap((one) => one.fields);
  expect(fields.find(({ name }) => name === 'banner')?.originals).toEqual(['220 ready']);
});
