import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ExitCode, UserError } from '../../src/errors.js';
import { PLAIN_EXERCISE } from '../../src/exercise/exercise.js';
import type { Context } from '../../src/pipeline/context.js';
import type { Material } from '../../src/pipeline/material.js';
import { requireWorking } from '../../src/pipeline/originals.js';
import { traceRuns, withInterpreter, withName, withUntraced } from '../../src/pipeline/traceruns.js';
import { joinTraces } from '../../src/trace/join.js';
import { parseTrace, type Trace } from '../../src/trace/schema.js';
import type { Folder } from '../../src/workspace/folder.js';
import { imageWith } from '../guest/processsession.js';
import { makeTrace } from '../support/keep.js';

const late = { name: 'late', what: 'The app never opened a port.', remedy: 'Give it more time.' };
const lacking = withUntraced(makeTrace([]), [late]);
const compared = (trace: Trace) => requireWorking({ trace, runs: [], original: { reference: 'app' } } as unknown as Material);

it('a trace names the runs that it lacks, also after it was written, read and joined', () => {
  const read = parseTrace(JSON.stringify(lacking), 'trace.json');
  for (const trace of [read, joinTraces([makeTrace([]), read]), joinTraces([read, read])]) {
    expect(trace.untraced).toEqual(['late']);
    expect(trace.warnings).toEqual(['late: it could not be traced, so nothing of it is in this trace']);
  }
});

it('a trace that lacks a run is not compared; one that lacks none is', () => {
  expect(() => compared(lacking)).toThrowError(
    expect.objectContaining({ exitCode: ExitCode.unproven, message: expect.stringContaining('late') }),
  );
  expect(() => compared(withUntraced(makeTrace([]), []))).not.toThrow();
});

it('says whose a warning is, but not of one that is about all runs', () => {
  const traced = (warning: string) => makeTrace([], { warnings: ['The daemon is old.', warning] });
  const [web, job] = [withName(traced('a'), 'web', ['The daemon is old.']), withName(traced('b'), 'job', ['The daemon is old.'])];
  expect(joinTraces([web, job]).warnings).toEqual(['The daemon is old.', 'web: a', 'job: b']);
});

it('warns where a run has another interpreter than the first one', () => {
  const trace = withName(makeTrace(['open /app.py']), 'job', []);
  const { executable } = trace.python;
  expect(withInterpreter(trace, '/opt/python')).toMatchObject({
    warnings: [expect.stringMatching(`^job: it runs with ${executable}, and the first run with /opt/python`)],
  });
  expect(withInterpreter(trace, executable)).toBe(trace);
  // It ran no Python, so it has none of its own.
  expect(withInterpreter(makeTrace([]), '/opt/python').warnings).toEqual([]);
});

it('shows what runs had to say side by side, also where an error ends all of them', async () => {
  const notes: string[] = [];
  let volumes = 0;
  const context = {
    session: {
      warnings: [],
      features: { ownPorts: true },
      createVolume: async () => {
        if (volumes++ === 0) throw new UserError('The disk is full.', 'Make room.');
        await setImmediate();
        throw new TypeError('a defect');
      },
    },
    progress: { task: (_: string, work: (say: () => void) => unknown) => work(() => {}), note: (text: string) => notes.push(text) },
    jobs: 2,
  } as unknown as Context;
  const runs = ['web', 'job'].map((name) => ({ name, exercise: PLAIN_EXERCISE }));
  await expect(traceRuns(context, imageWith(), runs, {} as Folder, [])).rejects.toThrow('a defect');
  expect(notes).toEqual(['web: it could not be traced: The disk is full. The other runs go on.']);
});
