import fc from 'fast-check';
import { expect, it } from 'vitest';
import { composeText, imageOf, parseModel, servicesOf } from '../../src/compose/model.js';
import { UserError } from '../../src/errors.js';

const model = (value: object) => parseModel('compose.yaml', JSON.stringify(value));

it('takes a doubled dollar for one, and writes it so again', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.dictionary(fc.stringMatching(/^[A-Z_]{1,8}$/), fc.string({ unit: fc.constantFrom('$', 'a', '{', '"', '\\') })),
      (name, environment) => {
        const value = { name: 'p', services: { [`s${name}`]: { environment } } };
        const text = composeText(value);
        expect(text.replaceAll('$$', '')).not.toContain('$');
        expect(parseModel('x', text)).toEqual(value);
      },
    ),
  );
});

it('carries over keys that it does not know', () => {
  const value = {
    name: 'p',
    'x-more': [1],
    services: { web: { image: 'a', cpus: 1.5, volumes: [{ type: 'bind', source: '/a', target: '/b', bind: { create_host_path: true } }] } },
  };
  expect(model(value)).toEqual(value);
});

it.each([
  ['no JSON', 'time="now" level=fatal'],
  ['another form', JSON.stringify({ name: 'p', services: { web: { command: 'a text' } } })],
  ['no service', JSON.stringify({ name: 'p', services: {} })],
])('says so where compose prints something else: %s', (_, printed) => {
  expect(() => parseModel('compose.yaml', printed)).toThrow(UserError);
  expect(() => parseModel('compose.yaml', printed)).toThrow('compose.yaml');
});

it('knows the name that compose gives to a built image', () => {
  const built = model({ name: 'shop', services: { web: { build: { context: '/a' } }, db: { image: 'postgres' } } });
  expect(servicesOf(built).map(([name, service]) => imageOf(built, name, service))).toEqual(['shop-web', 'postgres']);
});
