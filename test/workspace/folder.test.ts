import { mkdtempSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { PLAIN_EXERCISE, storedExercise } from '../../src/exercise/exercise.js';
import { parseTrace } from '../../src/trace/schema.js';
import { Folder, newestTrace, readTrace } from '../../src/workspace/folder.js';
import { makeTrace } from '../support/keep.js';

const SECRET = {
  runs: [
    {
      exercise: storedExercise(PLAIN_EXERCISE),
      watching: {},
      answers: { steps: [], app: { stdout: '', stderr: '', cut: false, exit: 0 } },
    },
  ],
};

beforeEach(() => process.chdir(mkdtempSync(join(tmpdir(), 'pyshrink-'))));

describe('the working directory', () => {
  it('gives back what was saved, the newest first, and leaves no temporary file', async () => {
    await Folder.for('one:1').saveTrace(makeTrace(['open /x']), SECRET);
    await Folder.for('two:2').saveTrace(makeTrace(['open /y']), SECRET);
    utimesSync('.pyshrink/one_1/trace.json', 1, 1);
    const path = await newestTrace();
    expect(path).toBe('.pyshrink/two_2/trace.json');
    expect((await readTrace(path)).trace).toEqual(makeTrace(['open /y']));
    expect(readdirSync('.pyshrink/two_2').sort()).toEqual(['private.json', 'trace.json']);
  });

  it("keeps answers from other users' eyes", async () => {
    await Folder.for('one').saveTrace(makeTrace([]), SECRET);
    expect(statSync('.pyshrink/one_latest/private.json').mode & 0o777).toBe(0o600);
  });

  it('says what to do where there is nothing', async () => {
    await expect(newestTrace()).rejects.toThrowError(expect.objectContaining({ remedy: expect.stringContaining('pyshrink trace') }));
    await expect(readTrace('none.json')).rejects.toThrow(/There is no trace none.json/);
  });

  it('refuses a trace without what belongs to it', async () => {
    writeFileSync('trace.json', JSON.stringify(makeTrace([])));
    await expect(readTrace('trace.json')).rejects.toThrow(/private.json.*is missing or damaged/);
  });
});

describe('parseTrace', () => {
  const whole = JSON.stringify(makeTrace(['open /x']));
  it.each([
    ['truncated', whole.slice(0, -20), /truncated/],
    ['of another version', whole.replace('"version":3', '"version":1'), /version 1; this pyshrink reads version 3/],
    ['no trace', '{"version":3}', /is not a trace: image/],
    ['no object', '[]', /is not a trace/],
  ])('refuses one that is %s', (_, text, pattern) => {
    expect(() => parseTrace(text, 't.json')).toThrow(pattern);
  });

  it('reads what was written', () => {
    expect(parseTrace(whole, 't.json')).toEqual(makeTrace(['open /x']));
  });
});
