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

  describe('with virtual environments', () => {
    const image = makeTree({
      '/usr/local/bin/python3.13': 'x',
      '/usr/local/bin/python3': { link: 'python3.13' },
      '/app/.venv/pyvenv.cfg': 'home = /usr/local/bin',
      '/app/.venv/bin/python': { link: '/usr/local/bin/python3' },
      '/app/.venv/bin/python3': { link: 'python' },
      '/opt/other/pyvenv.cfg': 'home = /usr/local/bin',
      '/opt/other/bin/python': { link: '/usr/local/bin/python3' },
    });
    const executable = '/usr/local/bin/python3.13';
    type Observed = Facts['observations'];
    const start = (process: number, environment?: string): Observed =>
      environment === undefined
        ? [{ kind: 'lookup', path: '/usr/local/pyvenv.cfg', process }]
        : [{ kind: 'open', path: `${environment}/pyvenv.cfg`, process }];
    const work = (process: number, facts: number): Observed =>
      Array.from({ length: facts }, (_, index) => ({ kind: 'open', path: `/x/${index}`, process }));
    const exec = (path: string): Observed => [{ kind: 'exec', path, process: null }];
    const shell = { pid: 1, parent: 0, executable: '/usr/bin/dash' };
    const python = (pid: number, parent: number) => ({ pid, parent, executable });
    const other = (processes: Facts['processes'], observations: Observed, used = '/usr/local/bin/python3') =>
      otherInterpreter(image, { processes, observations }, used);

    it('finds the one of a script that a shell started', () => {
      const observations = [...exec('/app/start.sh'), ...exec('/app/.venv/bin/gunicorn'), ...start(1, '/app/.venv'), ...work(1, 9)];
      expect(other([shell, python(1, 0)], observations)).toBe('/app/.venv/bin/python');
      expect(other([shell, python(1, 0)], observations, '/app/.venv/bin/python3')).toBeUndefined();
    });

    it('takes the one that did most, with what its workers did', () => {
      const processes = [shell, python(2, 1), python(3, 2), python(4, 1)];
      const observations = [
        ...exec('/opt/other/bin/python'),
        ...start(1, '/app/.venv'),
        ...work(1, 3),
        ...work(2, 9),
        ...start(3, '/opt/other'),
        ...work(3, 8),
      ];
      expect(other(processes, observations)).toBe('/app/.venv/bin/python');
    });

    it('keeps that of a process that executes another program, and the first that it opened', () => {
      const processes = [shell, python(2, 1), python(2, 1)];
      const observations = [...exec('/app/.venv/bin/run'), ...start(1, '/app/.venv'), ...start(1, '/opt/other'), ...work(2, 9)];
      expect(other(processes, observations)).toBe('/app/.venv/bin/python');
    });

    it('knows a program outside of them that one inside starts', () => {
      const processes = [python(1, 0), python(2, 1)];
      const observations = [
        ...exec('/opt/other/bin/python'),
        ...exec('/usr/local/bin/python3'),
        ...start(0, '/opt/other'),
        ...work(0, 2),
        ...start(1),
        ...work(1, 9),
      ];
      expect(other(processes, observations)).toBeUndefined();
      expect(other(processes, observations, '/opt/other/bin/python')).toBe('/usr/local/bin/python3');
    });
  });
});
