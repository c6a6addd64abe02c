import { expect, it } from 'vitest';
import type { Model } from '../../src/compose/model.js';
import { sharedOf } from '../../src/compose/shared.js';

/** Names of what services share; what they only read ends with `:ro`. */
const shared = (model: Partial<Model>, ...names: string[]) => [
  ...new Set(sharedOf({ name: 'shop', ...model } as Model, names).map(({ name, writes }) => (writes ? name : `${name}:ro`))),
];

it('projects share only what is outside of them', () => {
  const web = {
    volumes: [
      { type: 'volume', source: 'data', target: '/data' },
      { type: 'tmpfs', target: '/tmp' },
    ],
    network_mode: 'service:db',
    secrets: [{ source: 'word' }],
  };
  const secrets = { word: { environment: 'WORD' } };
  expect(shared({ services: { web, db: {} }, secrets, volumes: { data: null }, networks: { default: { ipam: {} } } }, 'web', 'db')).toEqual(
    [],
  );
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

it('names what services only read, and where they reach', () => {
  const web = {
    volumes: [{ type: 'bind', source: '/conf', target: '/conf', read_only: true }],
    secrets: [{ source: 'word' }],
    configs: [{ source: 'rules' }],
    extra_hosts: ['db=host-gateway', 'mail=10.0.0.9'],
  };
  const files = { secrets: { word: { file: '/keys/word' } }, configs: { rules: { file: '/rules' } } };
  expect(shared({ services: { web }, ...files }, 'web')).toEqual([
    '/conf:ro',
    'network:host',
    'host:10.0.0.9',
    '/keys/word:ro',
    '/rules:ro',
  ]);
});
