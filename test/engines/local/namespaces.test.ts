import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { probeUsers, remedyFor } from '../../../src/engines/local/namespaces.js';

describe.runIf(process.platform === 'linux')('a computer that refuses user namespaces', () => {
  afterEach(() => vi.unstubAllEnvs());

  /** What is found where no program but these works. */
  const found = (programs: Record<string, string>) => {
    const [folder, bin] = ['sessions', 'bin'].map((name) => join(mkdtempSync(join(tmpdir(), 'pyshrink-')), name)) as [string, string];
    for (const path of [folder, bin]) mkdirSync(path);
    for (const [name, target] of Object.entries(programs)) symlinkSync(target, join(bin, name));
    vi.stubEnv('PATH', bin);
    return probeUsers(folder);
  };

  it('is told by what fails, and whether bubblewrap is not installed', async () => {
    expect(await found({})).toEqual({ refused: expect.stringContaining('(it is part of util-linux)'), withoutBubblewrap: true });
    expect(await found({ unshare: '/bin/false', bwrap: '/bin/false' })).toEqual({ refused: expect.any(String) });
    expect(await found({ unshare: '/bin/false' })).toEqual({ refused: expect.any(String), withoutBubblewrap: true });
  });

  it('is helped by the package bubblewrap on some systems, by no runtime, and by settings', () => {
    const refused = 'unshare: unshare failed: Operation not permitted';
    expect(remedyFor({ refused, withoutBubblewrap: true })).toMatch(
      /^Install the package bubblewrap, to which some systems allow user namespaces\. Or allow user namespaces \(as root: `sysctl /,
    );
    expect(remedyFor({ refused })).toMatch(/^Allow user namespaces \(as root: `sysctl /);
    expect(remedyFor({ refused, withoutBubblewrap: true })).not.toMatch(/crun|runc/);
    expect(remedyFor({ refused: 'the program unshare is missing (it is part of util-linux)', withoutBubblewrap: true })).toContain(
      'Install util-linux',
    );
  });
});
