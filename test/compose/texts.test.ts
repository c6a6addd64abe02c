import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Model } from '../../src/compose/model.js';
import { OVERRIDE_HEAD, overrideText } from '../../src/compose/override.js';
import { lastLines, messagesOf } from '../../src/compose/program.js';
import { variablesOf, writtenFiles } from '../../src/compose/written.js';
import { conceal, forgetSecrets } from '../../src/conceal.js';

describe('the compose file that uses the shrunk image', () => {
  it('names it for the services that use the image, whatever they are called', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'é', '"', ':', '#', ' ', '-', '\\'), minLength: 1 });
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1 }), (services) => {
        const model = { name: 'p', services: Object.fromEntries(services.map((one) => [one, {}])) };
        const text = overrideText('compose.yaml', 'small.yaml', model, 'shop:small', services);
        expect(text.startsWith(OVERRIDE_HEAD)).toBe(true);
        expect(parse(text)).toEqual({ services: Object.fromEntries(services.map((one) => [one, { image: 'shop:small' }])) });
      }),
    );
  });

  it('names a service as it is called, also where a password is the same word', () => {
    conceal(['webshop']);
    try {
      const text = overrideText('webshop.yaml', 'small.yaml', { name: 'p', services: { webshop: {} } }, 'shop:small', ['webshop']);
      expect(parse(text)).toEqual({ services: { webshop: { image: 'shop:small' } } });
      expect(text).toContain('-f webshop.yaml');
    } finally {
      forgetSecrets();
    }
  });

  it('builds nothing under that name', () => {
    const model = { name: 'p', services: { web: { build: {} }, db: { image: 'postgres' } } } as unknown as Model;
    expect(overrideText('c.yaml', 'small.yaml', model, 'a', ['web'])).toBe(
      `${OVERRIDE_HEAD} docker compose -f c.yaml -f small.yaml up\nservices:\n  "web":\n    image: "a"\n    build: !reset null\n`,
    );
  });
});

describe('secrets and configs that are no files', () => {
  const model = {
    name: 'p',
    services: {
      web: {
        secrets: [
          { source: 'file' },
          { source: 'key' },
          { source: 'unset' },
          { source: 'key', target: '/abs', uid: '5', gid: '6', mode: '0440' },
        ],
        configs: [{ source: 'inline', target: '/etc/x.ini' }, { source: 'inline' }],
      },
    },
    secrets: { file: { file: '/a' }, key: { environment: 'KEY' }, unset: { environment: 'NONE' } },
    configs: { inline: { content: 'a = 1' } },
  } as unknown as Model;

  it('are written where compose writes them', () => {
    expect(writtenFiles(model, 'web', { KEY: 'k' })).toEqual([
      { path: '/run/secrets/key', content: 'k', uid: 0, gid: 0, mode: 0o444 },
      { path: '/abs', content: 'k', uid: 5, gid: 6, mode: 0o440 },
      { path: '/etc/x.ini', content: 'a = 1', uid: 0, gid: 0, mode: 0o444 },
      { path: '/inline', content: 'a = 1', uid: 0, gid: 0, mode: 0o444 },
    ]);
    expect(writtenFiles(model, 'other', {})).toEqual([]);
  });

  it('name the variables that they come from', () => expect(variablesOf(model)).toEqual(['KEY', 'NONE']));
});

it('tells warnings of docker compose from errors', () => {
  const stderr = [
    'time="2026-01-01T00:00:00Z" level=warning msg="The \\"A\\" variable is not set. Defaulting to a blank string."',
    'time="2026-01-01T00:00:00Z" level=info msg="nothing"',
    'dependency cycle detected: a -> b -> a',
    'time="2026-01-01T00:00:00Z" level=error msg="worse"',
    '',
  ].join('\n');
  expect(messagesOf(stderr)).toEqual({
    errors: ['dependency cycle detected: a -> b -> a', 'worse'],
    warnings: ['The "A" variable is not set. Defaulting to a blank string.'],
  });
  expect(messagesOf('')).toEqual({ errors: [], warnings: [] });
});

it('shows the end of a long output', () => expect(lastLines('a\nb\nc\n', 2)).toBe('b\nc'));
