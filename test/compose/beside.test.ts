import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { besideOf } from '../../src/compose/beside.js';
import type { Model } from '../../src/compose/model.js';

const names = (model: Model, service: string, users: string[]) => besideOf(model, service, users).map(({ name }) => name);
const on = (...services: string[]) => ({
  depends_on: Object.fromEntries(services.map((name) => [name, { condition: 'service_healthy' }])),
});

describe('what runs beside a service', () => {
  const shop: Model = {
    name: 'shop',
    services: {
      web: { depends_on: { migrate: { condition: 'service_completed_successfully' } } },
      worker: on('queue'),
      migrate: on('db'),
      nginx: on('web'),
      db: {},
      queue: {},
      mail: {},
    },
  };
  const users = ['web', 'worker', 'migrate'];

  it('is what it depends on, and every service of another image that does not depend on it', () => {
    expect(besideOf(shop, 'web', users)).toEqual([
      { name: 'migrate', ends: true },
      { name: 'db', ends: false },
      { name: 'queue', ends: false },
      { name: 'mail', ends: false },
    ]);
    expect(names(shop, 'migrate', users)).toEqual(['db', 'queue', 'mail']);
    expect(names(shop, 'worker', users)).toEqual(['nginx', 'db', 'queue', 'mail']);
  });

  it('is never the service itself or what needs it, and has all that it needs', () => {
    // Edges go to later services only, so there is no cycle.
    const graphs = fc
      .integer({ min: 1, max: 8 })
      .chain((count) =>
        fc.tuple(
          fc.constant(count),
          fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1))),
          fc.subarray([...Array(count).keys()], { minLength: 1 }),
        ),
      );
    fc.assert(
      fc.property(graphs, ([count, edges, ofImage]) => {
        const needs = (from: number) => edges.flatMap(([a, b]) => (Math.min(a, b) === from && a !== b ? [Math.max(a, b)] : []));
        const services = Object.fromEntries([...Array(count).keys()].map((at) => [`s${at}`, on(...needs(at).map((to) => `s${to}`))]));
        const reach = (at: number): number[] => needs(at).flatMap((next) => [next, ...reach(next)]);
        for (const at of ofImage) {
          const found = names(
            { name: 'p', services },
            `s${at}`,
            ofImage.map((one) => `s${one}`),
          );
          expect(found).toEqual(expect.arrayContaining(reach(at).map((one) => `s${one}`)));
          for (const one of Array(count).keys()) if (one === at || reach(one).includes(at)) expect(found).not.toContain(`s${one}`);
          expect(new Set(found).size).toBe(found.length);
        }
      }),
    );
  });
});
