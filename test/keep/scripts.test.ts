import { expect, it } from 'vitest';
import { kept } from '../support/keptapp.js';
import { describeWithPython } from '../support/probes.js';

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
    const { has } = await kept({
      ...Object.fromEntries(PROGRAMS.map((path) => [path, program('')])),
      '/usr/bin/node': program('x'.repeat(4 << 20)),
      '/app/app.py': 'import subprocess\nsubprocess.run(["/app/bin/tool"])\n',
      '/app/bin/tool': program(text),
    });
    expect(has('/app/bin/tool')).toBe(true);
    expect(PROGRAMS.filter((path) => has(path))).toEqual(expected);
  });

  it.each([
    ['/app/bin/tool', '/opt/node/bin/node', true],
    ['/app/node_modules/.bin/tool', '/opt/node/bin/node', false],
    ['/app/bin/tool', '/usr/lib/node/node', false],
  ])('%s brings the large interpreter %s: %s', async (path, interpreter, isKept) => {
    const { has } = await kept({
      '/app/app.py': '',
      [path]: program(`#!${interpreter}\n`),
      [interpreter]: program('x'.repeat(4 << 20)),
      '/var/lib/dpkg/info/node.list': '/usr/lib/node/node\n',
      '/var/lib/dpkg/status': 'Package: node\nPriority: optional\n',
      '/var/lib/apt/extended_states': 'Package: node\nAuto-Installed: 1\n',
    });
    expect([has(path), has(interpreter)]).toEqual([true, isKept]);
  });
});
