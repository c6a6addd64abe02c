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
const warnings = (paths: string[], kind: 'exec' | 'lookup' = 'exec', noNewPrivileges = true) =>
  programWarnings(fs, { observations: paths.map((path) => ({ kind, path, process: null })) }, 'x86_64', noNewPrivileges);

describe('programWarnings', () => {
  it('gives no warning for ordinary programs, scripts, and programs that did not run', async () => {
    expect(await warnings(['/bin/plain', '/bin/script', '/bin/gone'])).toEqual([]);
    expect(await warnings(['/bin/su', '/bin/old'], 'lookup')).toEqual([]);
  });

  it.each([
    ['/bin/su', /no_new_privs.*: \/bin\/su is setuid;/],
    ['/bin/link', /: \/bin\/su is setuid;/],
    ['/bin/wall', /is setgid/],
    ['/bin/ping', /has file capabilities/],
    ['/bin/old', /another architecture \(32-bit, e_machine 3\): the files it opened were not seen/],
    ['/bin/far', /another architecture \(64-bit, e_machine 183\)/],
  ])('warns once about %s', async (path, text) => expect(await warnings([path, path])).toEqual([expect.stringMatching(text)]));

  it('names all programs that lost their rights in one warning', async () => {
    expect(await warnings(['/bin/su', '/bin/old', '/bin/ping', '/bin/wall'])).toEqual([
      expect.stringContaining('/bin/su is setuid, /bin/ping has file capabilities, /bin/wall is setgid'),
      expect.stringContaining('/bin/old'),
    ]);
  });

  it('does not name them where they ran with their rights, or where docker run takes these too', async () => {
    expect(await warnings(['/bin/su', '/bin/ping'], 'exec', false)).toEqual([]);
  });
});
