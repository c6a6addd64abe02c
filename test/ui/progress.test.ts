import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createProgress, insideTask, type Output } from '../../src/ui/progress.js';

/** A stream that collects what is written; a terminal if it has columns. */
function collector(columns?: number): { output: Output; text: () => string } {
  const stream = new PassThrough();
  const parts: string[] = [];
  stream.on('data', (part: Buffer) => parts.push(part.toString()));
  return { output: Object.assign(stream, columns === undefined ? {} : { isTTY: true, columns }), text: () => parts.join('') };
}

const ESCAPE = String.fromCharCode(27);

describe('plain progress', () => {
  it.each<[string, NodeJS.ProcessEnv, number | undefined]>([
    ['where there is no terminal', {}, undefined],
    ['in CI', { CI: 'true' }, 80],
    ['on a dumb terminal', { TERM: 'dumb' }, 80],
    ['on a terminal without a width', {}, 0],
  ])('prints lines %s', async (_, environment, columns) => {
    const { output, text } = collector(columns);
    const progress = createProgress(environment, output);
    const result = await progress.task('Reading app', async (say) => {
      say('layer 1');
      return 42;
    });
    progress.note('done');
    expect(result).toBe(42);
    expect(text()).toMatch(/^Reading app \.\.\.\n {2}layer 1\nReading app: \d+\.\d s\n {2}done\n$/);
    expect(text()).not.toContain(ESCAPE);
  });

  it('passes errors on', async () => {
    const { output, text } = collector();
    const failing = createProgress({}, output).task('Reading app', () => Promise.reject(new Error('damaged')));
    await expect(failing).rejects.toThrow('damaged');
    expect(text()).toBe('Reading app ...\n');
  });
});

it('work inside of a task says whose each line is', async () => {
  const lines: string[] = [];
  const inside = insideTask(
    'web',
    (text) => lines.push(text),
    (text) => lines.push(`note ${text}`),
  );
  const result = await inside.task('Preparing app', async (say) => {
    say('waiting');
    inside.note('it is slow');
    return 42;
  });
  expect([result, lines]).toEqual([42, ['web: Preparing app', 'web: waiting', 'note web: it is slow']]);
});

describe('live progress', () => {
  afterEach(() => vi.restoreAllMocks());

  it('draws on a terminal, returns the result, and leaves stdout alone', async () => {
    const stdout = vi.spyOn(process.stdout, 'write');
    const { output, text } = collector(80);
    const progress = createProgress({}, output);
    const result = await progress.task('Reading app', async (say) => {
      say('layer 1');
      return 42;
    });
    progress.note('done');
    expect(result).toBe(42);
    expect(stdout).not.toHaveBeenCalled();
    expect(text()).toContain('Reading app');
    expect(text()).toContain(ESCAPE);
    expect(text()).toMatch(/ {2}done\n$/);
  });

  it('obeys nothing that an image says: in a title, in an output and in a note', async () => {
    // Sequences that the task list itself does not write.
    const hostile = (name: string) => `${name}${ESCAPE}[2J${ESCAPE}]0;x\u0007\r\nall equal\u202e\u009b31m`;
    const { output, text } = collector(80);
    const progress = createProgress({}, output);
    await progress.task(hostile('title'), async (say) => {
      say(hostile('output'));
      await new Promise((go) => setTimeout(go, 300)); // the list is drawn again and again
    });
    progress.note(hostile('note'));
    for (const obeyed of [`${ESCAPE}[2J`, `${ESCAPE}]0`, '\u0007', '\r', '\nall equal', '\u202e', '\u009b'])
      expect(text()).not.toContain(obeyed);
    for (const name of ['title', 'output', 'note'])
      expect(text()).toContain(String.raw`${name}\x1b[2J\x1b]0;x\x07\r\nall equal\u202e\x9b31m`);
  });

  it('passes errors on, which the caller prints', async () => {
    const { output, text } = collector(80);
    const failing = createProgress({}, output).task('Reading app', () => Promise.reject(new Error('damaged')));
    await expect(failing).rejects.toThrow('damaged');
    expect(text()).not.toContain('damaged');
  });
});
