import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { beforeEach, expect, it } from 'vitest';
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
  const streamed = channel.consume({ op: 'contents' }, async (chunks, size) => {
    parts.push(String(size));
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

it('rejects a header of unknown form', async () => {
  const asked = channel.ask({ op: 'a' });
  answers.write('{"ok": true, "size": -1}\n');
  await expect(asked).rejects.toThrow();
});
