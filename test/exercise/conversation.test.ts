import { expect, it } from 'vitest';
import { forgetSecrets } from '../../src/conceal.js';
import type { StepAnswer } from '../../src/exercise/answers.js';
import { Conversation } from '../../src/exercise/conversation.js';
import { parseExercise } from '../../src/exercise/file.js';
import type { HttpStep, Step } from '../../src/exercise/steps.js';

// biome-ignore lint/suspicious/noTemplateCurlyInString: what stands in an exercise file
const CONTENT = 'file ${id}';
const steps = (text: string): Step[] => parseExercise('x.yaml', text, () => Buffer.from(CONTENT)).steps;
const answer = (body: string, headers: Record<string, string> = {}): StepAnswer => ({
  kind: 'http',
  status: 200,
  headers,
  body: Buffer.from(body).toString('base64'),
});
const bodyOf = ({ body, bodyBase64 }: HttpStep) => body ?? Buffer.from(bodyBase64 ?? '', 'base64').toString();

const VALUE = 'a "b" & ü/c';

it('puts captured values into paths, headers, bodies and commands, each in its own way', () => {
  const [first, ...later] = steps(`
steps:
  - http: GET /start
    capture: { id: { json: id }, next: { header: location } }
  - http: { path: '/items/$\{id}', headers: { x-id: '$\{id}' } }
  - http: { path: '/', json: { id: '$\{id}' } }
  - http: { path: '/', form: { id: '$\{id}' } }
  - http: { path: '/', form: { id: '$\{id}' }, file: { f: f.txt } }
  - http: 'GET $\{next}'
  - exec: [echo, '$\{id}', '$\{unknown}']
`);
  const talk = new Conversation();
  expect(talk.fill(first as Step)).toEqual(first);
  talk.take(first as Step, answer(JSON.stringify({ id: VALUE }), { location: '/there?x=1' }));
  const [path, json, form, upload, next, exec] = later.map((step) => talk.fill(step)) as [
    HttpStep,
    HttpStep,
    HttpStep,
    HttpStep,
    HttpStep,
    Step,
  ];
  expect([path.path, path.headers]).toEqual(['/items/a%20"b"%20&%20ü/c', { 'x-id': VALUE }]);
  expect(JSON.parse(bodyOf(json))).toEqual({ id: VALUE });
  expect(new URLSearchParams(bodyOf(form)).get('id')).toBe(VALUE);
  expect(bodyOf(upload)).toContain(VALUE);
  expect(bodyOf(upload)).toContain(`file ${VALUE}`);
  expect(next.path).toBe('/there?x=1');
  expect(exec).toMatchObject({ command: ['echo', VALUE, `$\{unknown}`] });
});

it('fails where there is nothing to capture', () => {
  const [step] = steps('steps: [{http: GET /, capture: {token: {json: access.token}}}]');
  expect(new Conversation().take(step as Step, answer('{}'))).toEqual({
    kind: 'failed',
    reason: 'it answered 200, and there is nothing to capture as token (json: access.token)',
  });
});

it('sends cookies only where they are kept, and not over those of the step', () => {
  const text = 'steps: [http: GET /, http: GET /, http: {path: /, headers: {Cookie: mine=1}}]';
  const cookies = (keep: boolean) => {
    const all = steps(keep ? `cookies: keep\n${text}` : text);
    const talk = new Conversation();
    talk.take(all[0] as Step, answer('', { 'set-cookie': 'sid=1; Path=/\nold=2' }));
    talk.take(all[0] as Step, answer('', { 'set-cookie': 'old=; Max-Age=0\nb=3' }));
    return all.slice(1).map((step) => (talk.fill(step) as HttpStep).headers);
  };
  expect(cookies(true)).toEqual([{ cookie: 'sid=1; b=3' }, { Cookie: 'mine=1' }]);
  expect(cookies(false)).toEqual([{}, { Cookie: 'mine=1' }]);
  forgetSecrets();
});
