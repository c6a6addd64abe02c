import { describe, expect, it } from 'vitest';
import { type OciPlan, ociConfig, ociProcess } from '../../../../src/engines/local/oci/config.js';
import { seccompProfile } from '../../../../src/engines/local/oci/seccomp.js';

const PLAN: OciPlan = {
  root: '/session/root',
  readOnly: false,
  binds: [],
  tmpfs: [],
  sys: '/sys',
  shmSize: 1024,
  hostname: undefined,
  mappings: undefined,
  cgroup: undefined,
  pids: undefined,
  newCalls: 'runtime',
  process: {
    args: ['python', 'app.py'],
    environment: { A: 'x=y' },
    user: { uid: 5, gid: 6, groups: [7], home: '/' },
    cwd: '/app',
    capabilities: ['CHOWN'],
    noNewPrivileges: true,
    limits: [{ name: 'nofile', soft: 10, hard: -1 }],
  },
};
const types = (plan: OciPlan) => ociConfig(plan, 'x64').linux.namespaces.map(({ type }) => type);
const at = (plan: OciPlan, target: string) => ociConfig(plan, 'x64').mounts.find(({ destination }) => destination === target);

describe('config.json', () => {
  it('has the process with its user, variables, capabilities and limits', () => {
    expect(ociProcess(PLAN.process)).toEqual({
      terminal: false,
      user: { uid: 5, gid: 6, additionalGids: [7] },
      args: ['python', 'app.py'],
      env: ['A=x=y'],
      cwd: '/app',
      capabilities: { bounding: ['CAP_CHOWN'], effective: ['CAP_CHOWN'], permitted: ['CAP_CHOWN'], inheritable: [], ambient: [] },
      noNewPrivileges: true,
      rlimits: [{ type: 'RLIMIT_NOFILE', soft: 10, hard: Number.MAX_SAFE_INTEGER }],
    });
  });

  it('says nothing of new privileges where they are allowed', () => {
    expect(ociProcess({ ...PLAN.process, noNewPrivileges: false })).not.toHaveProperty('noNewPrivileges');
  });

  it('makes user and network namespaces only where they are asked for', () => {
    expect(types(PLAN)).toEqual(['pid', 'ipc', 'uts', 'mount']);
    expect(types({ ...PLAN, mappings: { users: [[0, 0, 65536]], groups: [[0, 0, 65536]] }, sys: undefined })).toEqual([
      ...['pid', 'ipc', 'uts', 'mount', 'user', 'network'],
    ]);
  });

  it('mounts what the container needs, without devices and setuid bits', () => {
    expect(at(PLAN, '/sys')?.options).toContain('ro');
    expect(at(PLAN, '/dev/shm')?.options).toContain('size=1024');
    const bound = { ...PLAN, binds: [{ source: '/data', target: '/d', readOnly: true, type: 'directory' as const }] };
    expect(at(bound, '/d')?.options).toEqual(['rbind', 'rprivate', 'nosuid', 'nodev', 'ro']);
  });

  it('hides paths of the kernel and makes others read-only', () => {
    const { maskedPaths, readonlyPaths } = ociConfig(PLAN, 'x64').linux;
    expect(maskedPaths).toContain('/proc/kcore');
    expect(readonlyPaths).toContain('/proc/sys');
  });
});

describe('the seccomp profile', () => {
  const allowed = (capabilities: string[]) =>
    seccompProfile(capabilities, 'x64')?.syscalls.find(({ args, action }) => !args && action === 'SCMP_ACT_ALLOW')?.names ?? [];

  it('allows the listener, and refuses what Docker refuses', () => {
    expect(seccompProfile([], 'x64')?.defaultAction).toBe('SCMP_ACT_ERRNO');
    expect(allowed([])).toContain('seccomp');
    for (const name of ['mount', 'unshare', 'bpf', 'keyctl', 'userfaultfd', 'open_by_handle_at', 'chroot'])
      expect(allowed([])).not.toContain(name);
  });

  it('where the runtime does not answer for newer calls, tells known ones from them', () => {
    const profile = seccompProfile(['SYS_CHROOT'], 'x64', 'profile');
    const refused = profile?.syscalls.filter(({ action }) => action === 'SCMP_ACT_ERRNO') ?? [];
    expect(profile?.defaultErrnoRet).toBe(38);
    expect(refused.find(({ names }) => names.includes('mount'))?.errnoRet).toBe(1);
    expect(refused.some(({ names }) => names.includes('chroot') || names.includes('fchmodat2'))).toBe(false);
    // Each flag of clone(2) that makes a namespace has a rule, and no other flag.
    const flags = refused.filter(({ names }) => names[0] === 'clone').map(({ args }) => args?.[0]?.value ?? 0);
    expect(flags.reduce((sum, flag) => sum + flag, 0)).toBe(0x7e020000);
    const twice = profile?.syscalls.filter(({ args }) => !args).flatMap(({ names }) => names) ?? [];
    expect(new Set(twice).size).toBe(twice.length);
  });

  it('allows more by capability', () => {
    expect(allowed(['SYS_ADMIN'])).toContain('mount');
    expect(allowed(['SYS_CHROOT'])).toContain('chroot');
  });
});
