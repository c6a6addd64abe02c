import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { beforeEach, expect, it } from 'vitest';
import { withBounds } from '../../src/bounds.js';
import { Channel } from '../../src/guest/channel.js';

let channel: Channel;
let requests: PassThrough;
let answers: PassThrough;
beforeEach(() => {
  requests = new PassThrough();
  answers = new PassThrough();
  channel = new Channel(requests, answers);
});
const answer = (bytes: string) => answers.write(`${JSON.stringify({ ok: true, size: bytes.length })}\n${bytes}`);

it('sends requests as lines, and gives each its answer in their order', async () => {
  const [one, two] = [channel.ask({ op: 'a' }), channel.ask({ op: 'b', path: 'x\ny' })];
  answer('first');
  answer('');
  expect([(await one).toString(), (await two).toString()]).toEqual(['first', '']);
  channel.close();
  expect(await text(requests)).toBe('{"op":"a"}\n{"op":"b","path":"x\\ny"}\n');
});

it("throws the server's own error, and goes on with the next answer", async () => {
  const [one, two] = [channel.ask({ op: 'a' }), channel.ask({ op: 'b' })];
  answers.write('{"error": "OSError: no"}\n');
  answer('yes');
  await expect(one).rejects.toThrow('OSError: no');
  expect((await two).toString()).toBe('yes');
});

it('streams a large answer, and lets the next one wait until it was read', async () => {
  const parts: string[] = [];
  const streamed = channel.consume({ op: 'contents' }, 8, async (chunks) => {
    parts.push('8');
    for await (const part of chunks) parts.push(part.toString());
  });
  const next = channel.ask({ op: 'b' }).then((bytes) => parts.push(bytes.toString()));
  answers.write('{"ok": true, "size": 8}\nfour');
  answers.write('more');
  answer('next');
  await Promise.all([streamed, next]);
  expect([parts[0], parts.slice(1, -1).join(''), parts.at(-1)]).toEqual(['8', 'fourmore', 'next']);
});

it('says that the container is gone where the answers end', async () => {
  const [one, two] = [channel.ask({ op: 'a' }), channel.ask({ op: 'b' })];
  answers.end();
  for (const pending of [one, two])
    await expect(pending).rejects.toMatchObject({ message: expect.stringContaining('is gone'), exitCode: 1 });
});

it('does not fail on its own where the server no longer reads', async () => {
  requests.destroy(new Error('EPIPE'));
  const asked = channel.ask({ op: 'a' });
  answers.end();
  await expect(asked).rejects.toThrow(/is gone/);
});

const refusal = (text: string | RegExp) => expect.objectContaining({ name: 'UserError', message: expect.stringMatching(text) });

it.each(['{"ok": true, "size": -1}', '{"ok": true, "size": 1.5}', '{"ok": true, "size": 1e300}', '{}', 'hello', '[]'])(
  'refuses the header %s, and all that comes after it',
  async (header) => {
    const [one, two] = [channel.ask({ op: 'a' }), channel.ask({ op: 'b' })];
    answers.write(`${header}\n`);
    answer('later');
    for (const pending of [one, two]) await expect(pending).rejects.toThrowError(refusal(/can't be right: its header is/));
  },
);

it('refuses a header without an end', async () => {
  const asked = channel.ask({ op: 'a' });
  const piece = Buffer.alloc(1 << 18, 'x');
  for (let count = 0; count < 5; count++) answers.write(piece);
  await expect(asked).rejects.toThrowError(refusal(/a line has more than 1048576 bytes/));
});

it('refuses an answer over the limit before it reads it, and names the flag', async () => {
  const asked = withBounds({ answer: 1000 }, () => channel.ask({ op: 'inventory' }));
  answers.write('{"ok": true, "size": 1001}\n');
  await expect(asked).rejects.toMatchObject({
    message: expect.stringContaining('The answer of the helper to `inventory` goes over the limit `answer`: 1000 bytes'),
    remedy: expect.stringContaining('--limit answer=SIZE'),
  });
});

it('refuses more bytes of a file than were asked for', async () => {
  const asked = channel.ask({ op: 'read' }, 4);
  answer('12345');
  await expect(asked).rejects.toThrowError(refusal(/5 bytes where 4 were asked for/));
});

it.each([7, 9])('refuses a stream of %d bytes where 8 were asked for', async (size) => {
  let used = false;
  const streamed = channel.consume({ op: 'contents' }, 8, async () => {
    used = true;
  });
  answer('x'.repeat(size));
  await expect(streamed).rejects.toThrowError(refusal(/where 8 were asked for/));
  expect(used).toBe(false);
});

it('gives up where a stream comes drop by drop', async () => {
  const streamed = withBounds({ helper: 0.3 }, () =>
    channel.consume({ op: 'a' }, 1000, async (chunks) => {
      for await (const _ of chunks);
    }),
  );
  answers.write('{"ok": true, "size": 1000}\n');
  const drops = setInterval(() => answers.write('x'), 20);
  await expect(streamed.finally(() => clearInterval(drops))).rejects.toThrowError(/goes over the limit `helper`/);
});

it.each<[string, (channel: Channel) => Promise<unknown>, string]>([
  ['is silent', (one) => one.ask({ op: 'a' }), ''],
  ['stops in an answer', (one) => one.ask({ op: 'a' }), '{"ok": true, "size": 8}\nhalf'],
  [
    'stops in a stream',
    (one) =>
      one.consume({ op: 'a' }, 8, async (chunks) => {
        for await (const _ of chunks);
      }),
    '{"ok": true, "size": 8}\nhalf',
  ],
])('gives up where the helper %s, and names the flag', async (_, ask, bytes) => {
  const asked = withBounds({ helper: 0.05 }, () => ask(channel));
  answers.write(bytes);
  await expect(asked).rejects.toMatchObject({
    message: expect.stringContaining('goes over the limit `helper`: 0.05 seconds'),
    remedy: expect.stringContaining('--limit helper=SECONDS'),
  });
});
