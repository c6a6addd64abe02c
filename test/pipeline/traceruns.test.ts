import { expect, it } from 'vitest';
import { ExitCode } from '../../src/errors.js';
import type { Material } from '../../src/pipeline/material.js';
import { requireWorking } from '../../src/pipeline/originals.js';
import { withUntraced } from '../../src/pipeline/traceruns.js';
import { joinTraces, parseTrace, type Trace } from '../../src/trace/schema.js';
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
