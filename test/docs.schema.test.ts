import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { SCHEMAS } from '../docs/schema.js';

it.each(Object.entries(SCHEMAS))('docs/%s is of today (npm run docs:schema writes it anew)', (name, schema) => {
  const text = readFileSync(fileURLToPath(new URL(`../docs/${name}`, import.meta.url)), 'utf8');
  expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(schema)));
});
