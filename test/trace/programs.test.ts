import { describe, expect, it } from 'vitest';
import { RootFs } from '../../src/rootfs.js';
import { programWarnings } from '../../src/trace/programs.js';
import { makeElf } from '../support/elf.js';
import { makeTree } from '../support/tree.js';

const tree = makeTree({
  '/bin/plain': { text: makeElf({}), mode: 0o755 },
  '/bin/su': { text: makeElf({}), mode: 0o4755 },
  '/bin/wall': { text: makeElf({}), mode: 0o2755 },
  '/bin/ping': { text: makeElf({}), mode: 0o755 },
  '/bin/old': { text: makeElf({ bits: 32, machine: 3 }), mode: 0o755 },
  '/bin/far': { text: makeElf({ machine: 183 }), mode: 0o755 },
  '/bin/script': { text: '#!/bin/sh\n', mode: 0o755 },
  '/bin/link': { link: 'su' },
});
const entries = new Map(tree.entries);
entries.set('/bin/ping', {
  ...(tree.lstat('/bin/ping') as NonNullable<ReturnType<RootFs['lstat']>>),
  xattrs: { 'security.capability': '00' },
});
const fs = new RootFs(entries, tree.read);
const warnings = (paths: string[], kind: 'exec' | 'lookup' = 'exec') =>
  programWarnings(fs, { observations: paths.map((path) => ({ kind, path, process: null })) }, 'x86_64');

describe('programWarnings', () => {
  it('gives no warning for ordinary programs, scripts, and programs that did not run', async () => {
    expect(await warnings(['/bin/plain', '/bin/script', '/bin/gone'])).toEqual([]);
    expect(await warnings(['/bin/su', '/bin/old'], 'lookup')).toEqual([]);
  });

  it.each([
    ['/bin/su', /^\/bin\/su is setuid, .*no_new_privs/],
    ['/bin/link', /^\/bin\/su is setuid/],
    ['/bin/wall', /is setgid/],
    ['/bin/ping', /has file capabilities/],
    ['/bin/old', /another architecture \(32-bit, e_machine 3\): the files it opened were not seen/],
    ['/bin/far', /another architecture \(64-bit, e_machine 183\)/],
  ])('warns once about %s', async (path, text) => expect(await warnings([path, path])).toEqual([expect.stringMatching(text)]));
});
