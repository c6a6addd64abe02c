import { expect, it } from 'vitest';
import type { Model } from '../../src/compose/model.js';
import { sharedOf } from '../../src/compose/shared.js';

const shared = (model: Partial<Model>, ...names: string[]) => sharedOf({ name: 'shop', ...model } as Model, names);

it('projects share only what is outside of them', () => {
  const web = {
    volumes: [
      { type: 'volume', source: 'data', target: '/data' },
      { type: 'bind', source: '/conf', target: '/conf', read_only: true },
      { type: 'tmpfs', target: '/tmp' },
    ],
    network_mode: 'service:db',
    secrets: [{ source: 'word' }],
  };
  expect(shared({ services: { web, db: {} }, volumes: { data: null }, networks: { default: { ipam: {} } } }, 'web', 'db')).toEqual([]);
});

it('names folders, networks, volumes and devices that they share, of the services that are brought up', () => {
  const bind = (source: string) => ({ volumes: [{ type: 'bind', source, target: '/x' }] });
  const services = {
    web: { ...bind('/srv/files'), deploy: { resources: { reservations: { devices: [{ driver: 'nvidia' }] } } } },
    db: { network_mode: 'host', devices: ['/dev/fuse'] },
    proxy: bind('/srv/proxy'),
  };
  const networks = { front: { external: true, name: 'outside' }, back: { ipam: { config: [{ subnet: '10.1.0.0/16' }] } } };
  const volumes = { kept: { external: true }, nfs: { driver_opts: { type: 'nfs' } } };
  expect(shared({ services, networks, volumes }, 'web', 'db')).toEqual([
    '/srv/files',
    'device',
    'network:host',
    'network:outside',
    'network:10.1.0.0/16',
    'volume:kept',
    'volume:nfs',
  ]);
});
