import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { beforeEach, expect, it } from 'vitest';
import { withBounds } from '../../src/bounds.js';
import { Relay } from '../../src/exercise/relay.js';
import { send } from '../../src/exercise/request.js';
import { ByteReader } from '../../src/guest/bytereader.js';
import { encodeFrame, readFrame } from '../../src/guest/frames.js';

// The other end is this test; test/probes/relay.test.ts has the probe there.
let relay: Relay;
let asked: ByteReader;
let answers: PassThrough;
beforeEach(() => {
  const input = new PassThrough();
  answers = new PassThrough();
  relay = new Relay(input, answers);
  asked = new ByteReader(input);
});
const next = async () => {
  const { connection, kind, payload } = await readFrame(asked);
  return [connection, kind, payload.toString()];
};
const answer = (connection: number, kind: string, payload = '') =>
  answers.write(encodeFrame(connection, kind as 'D', Buffer.from(payload)));

it('answers lists in the order in which they were asked for', async () => {
  const [first, second] = [relay.listeners(), relay.listeners()];
  expect([await next(), await next()]).toEqual([
    [0, 'L', ''],
    [0, 'L', ''],
  ]);
  answer(0, 'L', '[["127.0.0.1", 80]]');
  answer(0, 'L', '[["/run/x.sock"]]');
  expect([await first, await second]).toEqual([[{ address: '127.0.0.1', port: 80 }], [{ path: '/run/x.sock' }]]);
});

it('carries several connections, each with its own number', async () => {
  const [one, two] = [relay.connect(['::1', 80]), relay.connect(['/run/x.sock'])];
  expect([await next(), await next()]).toEqual([
    [1, 'C', '["::1",80]'],
    [2, 'C', '["/run/x.sock"]'],
  ]);
  two.end('question');
  expect([await next(), await next()]).toEqual([
    [2, 'D', 'question'],
    [2, 'E', ''],
  ]);
  answer(2, 'O');
  answer(1, 'D', 'for one');
  answer(2, 'D', 'for two');
  answer(1, 'E');
  answer(2, 'E');
  expect([await text(one), await text(two)]).toEqual(['for one', 'for two']);
});

it('sends what is written at once in one frame, as the head and the body of a request', async () => {
  const connection = relay.connect(['127.0.0.1', 80]);
  connection.cork();
  connection.write('head ');
  connection.end('body');
  expect([await next(), await next(), await next()]).toEqual([
    [1, 'C', '["127.0.0.1",80]'],
    [1, 'D', 'head body'],
    [1, 'E', ''],
  ]);
});

it.each([
  ['a whole answer, although the server resets the connection then', 'Content-Length: 2\r\n\r\nno', { kind: 'http', status: 405 }],
  ['no cut answer', 'Content-Length: 9\r\n\r\nno', { kind: 'failed' }],
])('gives a request %s', async (_, rest, expected) => {
  const answered = send(
    relay,
    { kind: 'http', method: 'PUT', path: '/', headers: {}, body: '{}' },
    { address: '127.0.0.1', port: 80 },
    'http',
  );
  expect([await next(), (await next()).slice(0, 2)]).toEqual([
    [1, 'C', '["127.0.0.1",80]'],
    [1, 'D'],
  ]);
  answers.write(
    Buffer.concat([
      encodeFrame(1, 'D', Buffer.from(`HTTP/1.1 405 Method Not Allowed\r\n${rest}`)),
      encodeFrame(1, 'X' as 'D', Buffer.from('[Errno 104] Connection reset by peer')),
    ]),
  );
  expect(await answered).toMatchObject(expected);
});

it('gives a connection the error that the probe names', async () => {
  const connection = relay.connect(['127.0.0.1', 1]);
  answer(1, 'X', 'Connection refused');
  await expect(text(connection)).rejects.toThrow('Connection refused');
});

it('ignores frames of connections that are closed', async () => {
  relay.connect(['127.0.0.1', 1]).destroy();
  answer(1, 'D', 'late');
  const list = relay.listeners();
  answer(0, 'L', '[]');
  expect(await list).toEqual([]);
});

it('fails its connections and lists nothing when the container ends', async () => {
  const [list, connection] = [relay.listeners(), relay.connect(['127.0.0.1', 1])];
  answers.end();
  expect(await list).toEqual([]);
  await expect(text(connection)).rejects.toThrow('the container has ended');
  expect(await relay.listeners()).toEqual([]);
  // One that is opened after the end must not wait for frames that never come.
  await expect(text(relay.connect(['127.0.0.1', 1]))).rejects.toThrow('the container has ended');
});

it.each(['{"a": 1}', '[["127.0.0.1", -1]]', '[[1, 2, 3]]', '7'])('refuses a list that no relay gives: %s', async (list) => {
  const listed = relay.listeners();
  await next();
  answer(0, 'L', list);
  await expect(listed).rejects.toMatchObject({ name: 'UserError', message: expect.stringContaining("can't be right") });
});

it('gives up where the probe is silent, and names the flag', async () => {
  const listed = withBounds({ helper: 0.05 }, () => relay.listeners());
  await expect(listed).rejects.toMatchObject({ name: 'UserError', remedy: expect.stringContaining('--limit helper=') });
});

it('breaks a connection off on which more comes than anybody reads', async () => {
  const flooded = withBounds({ answer: 1000 }, () => {
    answers = new PassThrough();
    return new Relay(new PassThrough(), answers).connect(['127.0.0.1', 80]);
  });
  const failed = once(flooded, 'error');
  for (let at = 0; at < 20; at++) answer(1, 'D', 'x'.repeat(100));
  expect((await failed)[0]).toMatchObject({ message: expect.stringContaining('goes over the limit `answer`') });
});
