import type Dockerode from 'dockerode';
import { describe, expect, it } from 'vitest';
import { createLike } from '../../../src/engines/docker/like.js';

const ID = 'abcdef012345'.padEnd(64, '0');
const container = (host: object, networks: object = {}, config: object = {}) =>
  ({
    Id: ID,
    Config: { Hostname: ID.slice(0, 12), Domainname: '', Volumes: null, ...config },
    HostConfig: host,
    NetworkSettings: { Networks: networks },
  }) as unknown as Dockerode.ContainerInspectInfo;
const like = (own: object, template: Dockerode.ContainerInspectInfo) => createLike(own as Dockerode.ContainerCreateOptions, template);

describe('a container like another one', () => {
  it('adds our lists to those of the other, and keeps all that we do not say', () => {
    const host = {
      Binds: ['a:/a:rw'],
      CapAdd: null,
      Memory: 5,
      Tmpfs: { '/t': '' },
      Sysctls: { x: '1' },
      ReadonlyRootfs: true,
      Dns: ['1.1.1.1'],
    };
    const { options } = like(
      {
        Image: 'i',
        Env: ['A=1'],
        HostConfig: { Binds: ['b:/b:rw'], CapAdd: ['SYS_PTRACE'], Tmpfs: { '/u': '' }, ReadonlyRootfs: false, LogConfig: { Type: 'none' } },
      },
      container(host, {}, { Volumes: { '/v': {} }, Env: ['A=2', 'B=3'] }),
    );
    expect(options).toMatchObject({ Image: 'i', Env: ['A=1'], Volumes: { '/v': {} } });
    expect(options.HostConfig).toMatchObject({
      Binds: ['a:/a:rw', 'b:/b:rw'],
      CapAdd: ['SYS_PTRACE'],
      Memory: 5,
      Tmpfs: { '/t': '', '/u': '' },
      Sysctls: { x: '1' },
      ReadonlyRootfs: true,
      Dns: ['1.1.1.1'],
      LogConfig: { Type: 'none' },
    });
  });

  it('neither starts again nor has an init process or published ports', () => {
    const host = { RestartPolicy: { Name: 'always' }, AutoRemove: true, Init: true, PortBindings: { '80/tcp': [{}] } };
    expect(like({ HostConfig: { PortBindings: {} } }, container(host)).options.HostConfig).toMatchObject({
      RestartPolicy: { Name: '' },
      AutoRemove: false,
      Init: false,
      PortBindings: {},
    });
  });

  it('joins the same networks, the chosen one first, with the same aliases', () => {
    const networks = {
      back: { Aliases: ['p-web-1', 'web'], IPAMConfig: null },
      front: { Aliases: ['p-web-1', 'web', 'shop', ID.slice(0, 12)], IPAMConfig: { IPv4Address: '10.0.0.7' }, Links: ['/p-db-1:db'] },
    };
    const { options, further } = like(
      { HostConfig: { NetworkMode: 'mine' } },
      container({ NetworkMode: 'front' }, networks, { Hostname: 'shop' }),
    );
    expect(options.Hostname).toBe('shop');
    expect(options.NetworkingConfig).toEqual({
      EndpointsConfig: { front: { Aliases: ['p-web-1', 'web', 'shop'], IPAMConfig: { IPv4Address: '10.0.0.7' }, Links: ['/p-db-1:db'] } },
    });
    expect(further).toEqual([
      ['back', { Aliases: ['p-web-1', 'web'], IPAMConfig: {} }],
      ['mine', {}],
    ]);
  });

  it.each(['none', 'host', `container:${ID}`])('joins no network with the mode %s', (mode) => {
    const { options, further } = like({}, container({ NetworkMode: mode }, { [mode]: { Aliases: null } }));
    expect([options.NetworkingConfig, further, options.HostConfig?.NetworkMode]).toEqual([undefined, [], mode]);
    expect(options).not.toHaveProperty('Hostname');
  });
});
