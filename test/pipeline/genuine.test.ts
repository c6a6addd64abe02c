import { expect, it } from 'vitest';
import { sha256 } from '../../src/images/digest.js';
import { requireGenuine } from '../../src/pipeline/genuine.js';

const sent = new Map(['/a', '/b', '/c'].map((path) => [path, sha256(path)]));
const stored = (files: Record<string, string>) => ({ fileDigest: async (_: string, path: string) => files[path] && sha256(files[path]) });

it('counts the files that are as in the layers', async () => {
  expect(await requireGenuine(stored({ '/a': '/a', '/b': '/b' }), 'id', sent)).toBe(2);
  expect(await requireGenuine({}, 'id', sent)).toBe(0);
});

it('refuses an image whose Python sends other bytes than its layers have', async () => {
  await expect(requireGenuine(stored({ '/a': '/a', '/b': 'other' }), 'id', sent)).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringContaining(`other bytes of /b (${sha256('/b')}) than its layers have (${sha256('other')})`),
  });
});
