import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createOptions } from '../../../src/engines/docker/options.js';
import { type ContainerSpec, KIT_MOUNT } from '../../../src/engines/engine.js';
import { PLAIN_RUN, type RunOptions } from '../../../src/engines/runoptions.js';
import { exerciseFrom } from '../../support/ways.js';

/** What a command line becomes in the Engine API. */
async function optionsOf(...words: string[]) {
  const { run } = await exerciseFrom(words, []);
  return createOptions(specOf(run, 'app'), { label: 'x' }, async (name) => `fresh-${name}`);
}

function specOf(run: RunOptions, role: ContainerSpec['role']): ContainerSpec {
  return { image: 'i', command: ['a', 'b'], run, volume: 'kit', attachInput: false, role };
}

it.each([
  ['app', true],
  ['helper', false],
] as const)('the kit is mounted for the role %s with ReadOnly %s, and the place for observations apart', async (role, readOnly) => {
  const { HostConfig } = await createOptions(specOf(PLAIN_RUN, role), {}, async (name) => name);
  expect(HostConfig?.Mounts).toEqual([
    { Type: 'volume', Source: 'kit', Target: KIT_MOUNT, ReadOnly: readOnly },
    { Type: 'volume', Source: 'kit-observations', Target: `${KIT_MOUNT}/observations` },
  ]);
});

describe('every run option reaches the daemon', () => {
  it.each<[words: string[], top: object, host: object]>([
    [['-e', 'A=b'], { Env: ['A=b'] }, {}],
    [['-v', '/a:/b:ro'], {}, { Binds: ['/a:/b:ro'] }],
    [['-v', 'name:/b'], {}, { Binds: ['fresh-name:/b:rw'] }],
    [['--mount', 'type=tmpfs,target=/t,tmpfs-size=9'], {}, { Tmpfs: { '/t': 'size=9' } }],
    [['-u', '5:6'], { User: '5:6' }, {}],
    [['-w', '/w'], { WorkingDir: '/w' }, {}],
    [['--network', 'none'], {}, { NetworkMode: 'none' }],
    [['--platform', 'linux/amd64'], { platform: 'linux/amd64' }, {}],
    [['--add-host', 'a:1.2.3.4'], {}, { ExtraHosts: ['a:1.2.3.4'] }],
    [
      ['-p', '127.0.0.1:8:9/udp'],
      { ExposedPorts: { '9/udp': {} } },
      { PortBindings: { '9/udp': [{ HostIp: '127.0.0.1', HostPort: '8' }] } },
    ],
    [['--tmpfs', '/t:size=1m'], {}, { Tmpfs: { '/t': 'size=1m' } }],
    [['--read-only'], {}, { ReadonlyRootfs: true }],
    [['--cap-add', 'SYS_TIME', '--cap-drop', 'ALL'], {}, { CapAdd: ['SYS_TIME'], CapDrop: ['ALL'] }],
    [['--security-opt', 'no-new-privileges'], {}, { SecurityOpt: ['no-new-privileges'] }],
    [['--shm-size', '1m'], {}, { ShmSize: 1 << 20 }],
    [['--memory', '1g'], {}, { Memory: 1 << 30 }],
    [['--pids-limit', '20'], {}, { PidsLimit: 20 }],
    [['--pids-limit', '-1'], {}, { PidsLimit: -1 }],
    [['--cpus', '1.5'], {}, { NanoCpus: 1_500_000_000 }],
    [['--ulimit', 'nofile=1:2'], {}, { Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }] }],
    [['--group-add', 'video'], {}, { GroupAdd: ['video'] }],
    [['--hostname', 'h'], { Hostname: 'h' }, {}],
    [['--device', '/dev/fuse:r'], {}, { Devices: [{ PathOnHost: '/dev/fuse', PathInContainer: '/dev/fuse', CgroupPermissions: 'r' }] }],
    [['--gpus', 'all'], {}, { DeviceRequests: [{ Driver: '', Count: -1, DeviceIDs: [], Capabilities: [['gpu']], Options: {} }] }],
    [['-t'], { Tty: true }, {}],
  ])('%j', async (words, top, host) => {
    const options = await optionsOf(...words);
    expect(options).toMatchObject(top);
    expect(options.HostConfig).toMatchObject(host);
  });

  it('a seccomp profile by its text', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'pyshrink-')), 'profile.json');
    writeFileSync(file, '{ "defaultAction": "SCMP_ACT_ALLOW" }\n');
    const options = await optionsOf('--security-opt', `seccomp=${file}`, '--security-opt', 'seccomp=unconfined');
    expect(options.HostConfig?.SecurityOpt).toEqual(['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}', 'seccomp=unconfined']);
    await expect(optionsOf('--security-opt', 'seccomp=/nowhere.json')).rejects.toThrowError(expect.objectContaining({ exitCode: 2 }));
  });

  it('no second init process: the supervisor is one, and the app could trace another', async () => {
    expect((await optionsOf('--init')).HostConfig).not.toHaveProperty('Init');
  });

  it('with none, only what is ours', async () => {
    const options = await optionsOf();
    expect(options).toMatchObject({ Entrypoint: ['a'], Cmd: ['b'], Labels: { label: 'x' }, Tty: false, OpenStdin: false });
    expect(options).not.toHaveProperty('User');
    expect(options.HostConfig).toMatchObject({ Binds: [] });
    for (const name of ['Init', 'Memory', 'NetworkMode', 'DeviceRequests']) expect(options.HostConfig).not.toHaveProperty(name);
  });
});
