import { describe, expect, it, vi } from 'vitest';
import { describeIsolation, isolationAdvice, runtimeAdvice } from '../../../src/engines/local/isolation.js';
import type { NamespaceSupport } from '../../../src/engines/local/namespaces.js';

const INSTALL = 'For the isolation of a container runtime, install the package';

describe('the isolation of the local engine', () => {
  it.each<[NamespaceSupport, string]>([
    [{ user: 'identity', overlay: 'kernel', runtime: 'crun', cgroups: true }, 'crun as root, in a user namespace, with cgroups; overlayfs'],
    [
      { user: 'single', overlay: 'copy' },
      'namespaces as an ordinary user, who is the only one inside, without cgroups, so without limits of memory and processes; each container gets a copy of its image',
    ],
    [
      { user: 'root', overlay: 'fuse', cgroups: true },
      'namespaces as root, without a user namespace, so an app that is root may break out, with cgroups; fuse-overlayfs',
    ],
  ])('is described in words: %j', (support, words) => {
    expect(describeIsolation(support)).toBe(words);
  });

  it.each<[NamespaceSupport, string | undefined]>([
    [{ user: 'identity', overlay: 'kernel', runtime: 'runc', cgroups: true }, undefined],
    [{ user: 'identity', overlay: 'kernel', cgroups: true }, `${INSTALL} crun or runc.`],
    // runc could not work without control groups.
    [{ user: 'identity', overlay: 'kernel' }, `${INSTALL} crun.`],
    // crun could not work without a user namespace.
    [{ user: 'root', overlay: 'kernel', cgroups: true }, `${INSTALL} runc.`],
    [{ user: 'root', overlay: 'kernel' }, undefined],
    [{ user: 'ranges', overlay: 'kernel' }, `${INSTALL} crun or runc.`],
    [{ user: 'bubblewrap', overlay: 'copy' }, undefined],
  ])('is better with what may be installed: %j', (support, advice) => {
    expect(runtimeAdvice(support)).toBe(advice);
  });

  it('says why a runtime that is installed is not used, and names another', () => {
    const reason = 'it needs a control group, and none can be made here';
    const found: NamespaceSupport = { user: 'identity', overlay: 'kernel', unusable: [{ runtime: 'runc', reason }] };
    expect(runtimeAdvice(found)).toBe(`runc is installed, but it is not used: ${reason}. ${INSTALL} crun.`);
    const both: NamespaceSupport = {
      ...found,
      unusable: [
        { runtime: 'crun', reason: 'no luck.' },
        { runtime: 'runc', reason },
      ],
    };
    expect(runtimeAdvice(both)).toBe(`crun is installed, but it is not used: no luck. runc is installed, but it is not used: ${reason}.`);
  });

  it('gives no advice to who wants no runtime', () => {
    vi.stubEnv('PYSHRINK_RUNTIME', 'none');
    expect(isolationAdvice({ user: 'ranges', overlay: 'kernel' })).toBeUndefined();
    vi.unstubAllEnvs();
  });

  it('tells an ordinary user without ranges how to get further users', () => {
    expect(isolationAdvice({ user: 'single', overlay: 'kernel' })).toMatch(/^For images with several users, install uidmap .*\. For the/);
    expect(isolationAdvice({ user: 'bubblewrap', overlay: 'copy' })).toMatch(/^For images with several users, install uidmap .*subgid\.$/);
  });
});
