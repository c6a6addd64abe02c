import { expect, it } from 'vitest';
import { PLAIN_RUN } from '../../src/engines/runoptions.js';
import { PLAIN_EXERCISE } from '../../src/exercise/exercise.js';
import { commandsOf, givenEnvironment, type Material, type Run } from '../../src/pipeline/material.js';

const run = (args: string[], env: string[] = []): Run => ({
  exercise: { ...PLAIN_EXERCISE, args, run: { ...PLAIN_RUN, env } },
  watching: {},
  done: [],
  took: undefined,
  answers: [{ time: { start: 0, end: 1 }, steps: [], app: { stdout: '', stderr: '', cut: false, exit: 0 } }],
});
const material = (runs: Run[], tests: (string | null)[]) =>
  ({
    runs,
    original: { config: { Entrypoint: ['/entry'], Cmd: ['serve'] } },
    trace: { runs: tests.map((runner) => ({ tests: runner })) },
  }) as unknown as Material;

it('names the command of each run, and of a test suite that of the image', () => {
  const runs = [run([]), run(['migrate']), run(['pytest'])];
  expect(commandsOf(material(runs, [null, null, 'pytest']))).toEqual([
    ['/entry', 'serve'],
    ['/entry', 'migrate'],
    ['/entry', 'serve'],
  ]);
});

it('collects the variables of all runs, each once', () => {
  const runs = [run([], ['A=1', 'B=2']), run([], ['A=1', 'C=3'])];
  expect(givenEnvironment(material(runs, [null, null]))).toEqual(['A=1', 'B=2', 'C=3']);
});
