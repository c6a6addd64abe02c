import { expect, it } from 'vitest';
import { computeKeepSet } from '../../src/keep/compute.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { makeTrace } from '../support/keep.js';
import { describeWithPython } from '../support/probes.js';
import { makeTree } from '../support/tree.js';

const program = (text: string) => ({ text, mode: 0o755 });
const PROGRAMS = ['/usr/bin/env', '/usr/bin/perl', '/usr/bin/python3', '/usr/bin/python2', '/bin/dash'];

describeWithPython("the app's own executable files", () => {
  it.each([
    ['#!/usr/bin/env perl\nprint 1;', ['/usr/bin/env', '/usr/bin/perl', '/usr/bin/python3']],
    // A large interpreter comes only where something runs it.
    ['#!/usr/bin/env node\n', ['/usr/bin/python3']],
    ['#!/bin/dash\necho x', ['/usr/bin/python3', '/bin/dash']],
    ['#!/usr/bin/env -S python3 -u\nprint(1)', ['/usr/bin/env', '/usr/bin/python3']],
    // Nothing runs a module with a first line for another Python.
    ['#!/usr/bin/python2\nprint(1)', ['/usr/bin/python3']],
    ['#!/usr/bin/env python2\nprint(1)', ['/usr/bin/python3']],
  ])('bring the interpreter of %j', async (text, expected) => {
    const fs = makeTree({
      ...Object.fromEntries(PROGRAMS.map((path) => [path, program('')])),
      '/usr/bin/node': program('x'.repeat(4 << 20)),
      '/app/app.py': 'import subprocess\nsubprocess.run(["/app/bin/tool"])\n',
      '/app/bin/tool': program(text),
    });
    const { keep } = await computeKeepSet({
      fs,
      trace: makeTrace([], { python: LAYOUT, modules: { __main__: '/app/app.py' } }),
      config: { WorkingDir: '/app' },
      env: [],
      commands: [['python3', 'app.py']],
      choice: { include: [], exclude: [] },
      level: 'reachable',
      analyst: analystOver(fs),
    });
    expect(keep.has('/app/bin/tool')).toBe(true);
    expect(PROGRAMS.filter((path) => keep.has(path))).toEqual(expected);
  });
});
