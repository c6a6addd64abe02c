import { describe, expect, it } from 'vitest';
import { otherInterpreter } from '../../src/guest/interpreters.js';
import type { Facts } from '../../src/trace/facts.js';
import { makeTree } from '../support/tree.js';

const fs = makeTree({
  '/usr/bin/python3.11': 'x',
  '/usr/bin/python3': { link: 'python3.11' },
  '/bin': { link: 'usr/bin' },
  '/opt/new/bin/python3.13': 'x',
  '/opt/new/bin/python3': { link: 'python3.13' },
  '/venv/bin/python': { link: '/usr/bin/python3.11' },
});

/** Facts of a run. `name` is the path that was executed, `facts` the number of observations. */
function run(...processes: [executable: string, name: string, facts: number][]): Pick<Facts, 'processes' | 'observations'> {
  return {
    processes: processes.map(([executable], pid) => ({ pid, parent: 0, executable })),
    observations: processes.flatMap(([, name, facts], process) => [
      { kind: 'exec' as const, path: name, process: null },
      ...Array.from({ length: facts }, (_, index) => ({ kind: 'open' as const, path: `/x/${index}`, process })),
    ]),
  };
}

describe('otherInterpreter', () => {
  it.each<[string, Parameters<typeof run>, string, string | undefined]>([
    ['undefined for the one in use', [['/usr/bin/python3.11', '/usr/bin/python3', 9]], '/usr/bin/python3', undefined],
    ['undefined for another name of it', [['/usr/bin/python3.11', '/bin/python3.11', 9]], '/usr/bin/python3', undefined],
    ['undefined for an app without Python', [['/usr/bin/dash', '/bin/sh', 9]], '/usr/bin/python3', undefined],
    ['another interpreter', [['/opt/new/bin/python3.13', '/opt/new/bin/python3', 9]], '/usr/bin/python3', '/opt/new/bin/python3'],
    ['the same binary in a virtual environment', [['/usr/bin/python3.11', '/venv/bin/python', 9]], '/usr/bin/python3', '/venv/bin/python'],
    [
      'the one that did most, of several',
      [
        ['/usr/bin/python3.11', '/usr/bin/python3', 3],
        ['/opt/new/bin/python3.13', '/opt/new/bin/python3.13', 30],
      ],
      '/usr/bin/python3',
      '/opt/new/bin/python3.13',
    ],
    [
      'undefined where another one did little',
      [
        ['/usr/bin/python3.11', '/usr/bin/python3', 30],
        ['/opt/new/bin/python3.13', '/opt/new/bin/python3.13', 3],
      ],
      '/usr/bin/python3',
      undefined,
    ],
  ])('%s', (_, processes, used, expected) => expect(otherInterpreter(fs, run(...processes), used)).toBe(expected));
});
