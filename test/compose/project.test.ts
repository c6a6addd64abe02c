import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/compose/model.js';
import { ownProject } from '../../src/compose/project.js';

const LABELS = { session: '1' };
const own = (model: Partial<Model>, { useExternal = false, data = [] as string[] } = {}) =>
  ownProject('compose.yaml', { name: 'shop', ...model } as Model, LABELS, { useExternal }, new Map(), () => data);

describe('a project of our own', () => {
  it('shares no name, port or volume with the stack of the user, whatever else a service says', () => {
    const service = fc.record(
      {
        image: fc.string(),
        container_name: fc.string(),
        ports: fc.array(fc.object()),
        profiles: fc.array(fc.string()),
        build: fc.object(),
        restart: fc.constantFrom('always', 'unless-stopped', 'on-failure', 'no'),
        labels: fc.dictionary(fc.string(), fc.string()),
        cpus: fc.integer(),
      },
      { requiredKeys: [] },
    );
    const resource = fc.option(
      fc.record({ name: fc.string(), driver: fc.string(), labels: fc.dictionary(fc.string(), fc.string()) }, { requiredKeys: [] }),
    );
    const some = <T>(one: fc.Arbitrary<T>) => fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), one, { maxKeys: 4 });
    fc.assert(
      fc.property(some(service), some(resource), some(resource), (services, networks, volumes) => {
        const { document } = own({ services, networks, volumes } as unknown as Model);
        expect(document).not.toHaveProperty('name');
        expect([Object.keys(document.services ?? {}), Object.keys(document.networks ?? {}), Object.keys(document.volumes ?? {})]).toEqual([
          Object.keys(services),
          Object.keys(networks),
          Object.keys(volumes),
        ]);
        for (const [name, one] of Object.entries(document.services ?? {})) {
          for (const key of ['container_name', 'ports', 'profiles', 'build']) expect(one).not.toHaveProperty(key);
          expect(['always', 'unless-stopped']).not.toContain(one.restart);
          expect([one.image, one.cpus]).toEqual([services[name]?.image, services[name]?.cpus]);
        }
        for (const [key, one] of [...Object.entries(document.networks ?? {}), ...Object.entries(document.volumes ?? {})]) {
          expect(one).not.toHaveProperty('name');
          expect([networks[key]?.driver, volumes[key]?.driver]).toContain(one?.driver);
        }
        for (const group of [document.services, document.networks, document.volumes])
          for (const one of Object.values(group ?? {})) expect(one?.labels).toMatchObject(LABELS);
      }),
    );
  });

  it.each(['networks', 'volumes'] as const)('refuses external %s, unless the user allows them', (kind) => {
    const model = { services: { web: {} }, [kind]: { shared: { name: 'company', external: true }, own: { name: 'x' } } };
    expect(() => own(model)).toThrow(/company of compose\.yaml is external/);
    const { document } = own(model, { useExternal: true });
    expect(document[kind]).toEqual({ shared: { name: 'company', external: true }, own: { labels: LABELS } });
  });

  it('leaves the folder of this computer alone where the image keeps its data', () => {
    const volumes = [
      { type: 'bind', source: '/home/ada/pgdata', target: '/var/lib/postgresql/data' },
      { type: 'bind', source: '/home/ada/init', target: '/docker-entrypoint-initdb.d' },
      { type: 'bind', source: '/home/ada/seed', target: '/var/lib/postgresql/data/seed', read_only: true },
    ];
    const { document, notes } = own({ services: { db: { volumes } } }, { data: ['/var/lib/postgresql/data'] });
    expect(document.services?.db?.volumes).toEqual([{ type: 'volume', target: '/var/lib/postgresql/data' }, volumes[1], volumes[2]]);
    expect(notes).toEqual([expect.stringContaining('/home/ada/pgdata')]);
  });

  it('gives services the names of their images', () => {
    const model = { name: 'shop', services: { web: { build: {}, pull_policy: 'build' } } } as unknown as Model;
    const { document } = ownProject('compose.yaml', model, {}, { useExternal: false }, new Map([['web', 'sha256:1']]));
    expect(document.services).toEqual({ web: { image: 'sha256:1', labels: {} } });
  });
});
