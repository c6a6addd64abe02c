import { expect, it } from 'vitest';
import { withBounds } from '../../src/bounds.js';
import { DEFAULT_LIMITS, type Limits } from '../../src/exercise/exercise.js';
import { parseExercise } from '../../src/exercise/file.js';
import { perform } from '../../src/exercise/perform.js';
import type { Step } from '../../src/exercise/steps.js';
import { describeWithPython } from '../support/probes.js';
import { freePort, ProcessApp } from './processapp.js';

/** A server that answers each message, and refuses other paths than /chat. */
const chat = (port: number) => `
const { WebSocketServer } = require('ws');
const server = http.createServer((_, outgoing) => outgoing.end('plain'));
const chat = new WebSocketServer({ server, path: '/chat', handleProtocols: (all) => [...all].at(-1) });
chat.on('connection', (socket, request) => {
  socket.send('welcome ' + (request.headers['x-name'] ?? 'guest'));
  socket.on('message', (data) => {
    if (String(data) === 'count') for (const number of [1, 2, 3]) socket.send(JSON.stringify({ number }));
    else if (String(data) === 'leave') socket.close(4001);
    else if (String(data) !== 'silence') socket.send('you said ' + data);
  });
});
server.listen(${port}, '127.0.0.1');`;

describeWithPython('steps that talk', () => {
  const run = async (script: string, yaml: string, limits: Partial<Limits> = {}) => {
    const { steps } = parseExercise('exercise.yaml', yaml, () => Buffer.alloc(0));
    const { answers } = await perform(ProcessApp.start(script), {}, { steps, limits: { ...DEFAULT_LIMITS, ...limits } }, () => {});
    return answers.steps.map(({ answer }) => answer);
  };
  const text = (base64: string) => Buffer.from(base64, 'base64').toString();

  it('a WebSocket is opened, sends and receives, and is closed', async () => {
    const port = await freePort();
    const [, talk, closed] = await run(
      chat(port),
      `
steps:
  - http: GET /
    capture: { word: { regex: '\\w+' } }
  - websocket:
      path: /chat
      headers: { x-name: ada }
      protocols: [v1, v2]
      messages: [receive, { send: 'hello \${word}' }, receive, { send: count }, { receive: { contains: '3' } }]
  - websocket: { path: /chat, messages: [{ send: leave }, close] }
`,
    );
    expect(talk).toMatchObject({ kind: 'websocket', protocol: 'v2', closed: null });
    expect(talk?.kind === 'websocket' && talk.messages.map(({ data }) => text(data))).toEqual([
      'welcome ada',
      'you said hello plain',
      '{"number":1}',
      '{"number":2}',
      '{"number":3}',
    ]);
    expect(closed).toMatchObject({ kind: 'websocket', closed: 4001, messages: [{ data: btoa('welcome guest') }] });
  });

  it.each([
    [
      'a message that does not come',
      '{ path: /chat, messages: [{ receive: 2 }] }',
      /^1 more message did not come within 1 s; 1 came before$/,
    ],
    [
      'a server that closes',
      '{ path: /chat, messages: [{ send: leave }, { receive: { contains: x } }] }',
      /closed the connection with the code 4001/,
    ],
    ['a server that refuses', '/other', /^it answered 400 instead of opening a WebSocket$/],
  ])('says why a WebSocket failed: %s', async (_, step, reason) => {
    const port = await freePort();
    const [answer] = await run(chat(port), `steps: [{ websocket: ${step} }]`, { step: 1 });
    expect(answer).toEqual({ kind: 'failed', reason: expect.stringMatching(reason) });
  });

  it.each([
    ['that takes the request', 'http.createServer().on("upgrade", () => {})'],
    ['that reads nothing', 'net.createServer()'],
  ])('does not wait for ever for a server %s, and opens no WebSocket', async (_, server) => {
    const port = await freePort();
    const [answer] = await run(`${server}.listen(${port}, '127.0.0.1')`, 'steps: [{ websocket: /chat }]', { step: 0.5 });
    expect(answer).toEqual({ kind: 'failed', reason: 'the server did not open a WebSocket within 0.5 s' });
  });

  it.each([
    ['a path with a fragment', { path: `/$\{value}` }, 'a#b', 'fragment'],
    ['a header with two lines', { headers: { 'x-name': `$\{value}` } }, String.raw`a\\nb`, 'Invalid character in header'],
    ['a subprotocol that is there twice', { protocols: ['a', 'a'] }, '', 'duplicated subprotocol'],
  ])('fails a WebSocket that nobody can ask for: %s', async (_, given, value, reason) => {
    const port = await freePort();
    const script = `http.createServer((_, outgoing) => outgoing.end('{"value": "${value}"}')).listen(${port}, '127.0.0.1');`;
    const [first] = parseExercise('x.yaml', 'steps: [{ http: GET /, capture: { value: { json: value } } }]', () => Buffer.alloc(0)).steps;
    const step: Step = { kind: 'websocket', path: '/', headers: {}, messages: [], ...given };
    const { answers } = await perform(ProcessApp.start(script), {}, { steps: [first as Step, step], limits: DEFAULT_LIMITS }, () => {});
    expect(answers.steps[1]?.answer).toEqual({ kind: 'failed', reason: expect.stringContaining(reason) });
    expect(answers.steps[1]?.answer).toMatchObject({ reason: expect.stringMatching(/^no WebSocket can be asked for: /) });
  });

  it.each([
    ['one message', '"x".repeat(2000)', 1, "The app's message"],
    ['all messages', '"x".repeat(1000)', 3, "The app's messages"],
  ])('reads no more of a WebSocket than the limit `answer`: %s', async (_, message, count, subject) => {
    const port = await freePort();
    const server = `
const { WebSocketServer } = require('ws');
new WebSocketServer({ port: ${port}, host: '127.0.0.1' }).on('connection', (socket) => {
  for (let sent = 0; sent < ${count}; sent++) socket.send(${message});
});`;
    const ask = (answer: number) =>
      withBounds({ answer }, () => run(server, `steps: [{ websocket: { path: /, messages: [{ receive: ${count} }] } }]`));
    expect(await ask(3000)).toMatchObject([{ kind: 'websocket' }]);
    const [answer] = await ask(1999);
    expect(answer).toEqual({ kind: 'failed', reason: expect.stringContaining(`${subject} goes over the limit \`answer\`: 1999 bytes`) });
  });

  it('a refusal that is expected is an answer', async () => {
    const port = await freePort();
    const [answer] = await run(chat(port), 'steps: [{ websocket: /other, expect: { status: 400 } }]');
    expect(answer).toMatchObject({ kind: 'http', status: 400 });
  });

  it('steps with concurrency are done at the same time, and their answers have one order', async () => {
    const port = await freePort();
    // It answers nobody before three have asked.
    const script = `
let waiting = [];
http.createServer((incoming, outgoing) => {
  waiting.push(outgoing);
  if (waiting.length === 3) { waiting.reverse().forEach((one, index) => one.end('answer ' + index)); waiting = []; }
}).listen(${port}, '127.0.0.1');`;
    const answers = await run(script, 'steps: [{ http: GET /, repeat: 6, concurrency: 3 }]');
    expect(answers.map((answer) => answer.kind === 'http' && text(answer.body))).toEqual([
      ...['answer 0', 'answer 1', 'answer 2'],
      ...['answer 0', 'answer 1', 'answer 2'],
    ]);
  });

  it('a script reaches the app at an address of this computer, and nothing captured is put into its command', async () => {
    const port = await freePort();
    const server = `http.createServer((_, outgoing) => outgoing.end('$(echo evil)')).listen(${port}, '127.0.0.1');`;
    const client =
      "require('node:http').get(process.env.PYSHRINK_URL, (answer) => answer.on('data', (data) => console.log('got ' + data)))";
    const [, good, bad, held] = await run(
      server,
      `
steps:
  - { http: GET /, capture: { word: { regex: '.*' } } }
  - script: ${JSON.stringify(`node -e "${client}"`)}
  - script: 'echo "no $PYSHRINK_HOST" >&2; exit 3'
  - script: 'echo "[\${word}]"'
`,
    );
    expect(good).toEqual({ kind: 'script', exit: 0, stdout: btoa('got $(echo evil)\n'), stderr: '', cut: false });
    expect(bad).toMatchObject({ kind: 'script', exit: 3, stderr: btoa('no 127.0.0.1\n') });
    expect(held).toMatchObject({ stdout: btoa('[]\n') });
  });

  it('a script that takes too long is ended, and what it has printed is shown', async () => {
    const port = await freePort();
    const server = `console.log('noise'); http.createServer(() => {}).listen(${port}, '127.0.0.1');`;
    await expect(run(server, 'steps: [{ script: "echo mine; exec sleep 30" }]', { step: 1 })).rejects.toThrow(
      /^The script `echo mine; exec sleep 30` did not end within 1 s\. Its last output:\nmine$/,
    );
  });
});
