import { expect, it } from 'vitest';
import { LOCAL_FEATURES } from '../../src/engines/local/session.js';
import { sha256 } from '../../src/images/digest.js';
import { requireGenuine } from '../../src/pipeline/genuine.js';

const sent = new Map(['/a', '/b', '/c'].map((path) => [path, sha256(path)]));
const stored = (files: Record<string, string>, compared = Infinity) => ({
  fileDigest: async (_: string, path: string) => files[path] && sha256(files[path]),
  features: { ...LOCAL_FEATURES, compared },
});

it('counts the files that are as in the layers', async () => {
  expect(await requireGenuine(stored({ '/a': '/a', '/b': '/b' }), 'id', sent)).toBe(2);
  expect(await requireGenuine({ features: LOCAL_FEATURES }, 'id', sent)).toBe(0);
});

it('refuses an image whose Python sends other bytes than its layers have', async () => {
  await expect(requireGenuine(stored({ '/a': '/a', '/b': 'other' }), 'id', sent)).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringContaining(`other bytes of /b (${sha256('/b')}) than its layers have (${sha256('other')})`),
  });
});

it('takes some files where each costs a request, and not always the same', async () => {
  const asked = new Set<string>();
  const { features } = stored({}, 1);
  const fileDigest = async (_: string, path: string) => {
    asked.add(path);
    return sha256(path);
  };
  for (let time = 0; time < 100; time++) expect(await requireGenuine({ features, fileDigest }, 'id', sent)).toBe(1);
  expect([...asked].sort()).toEqual(['/a', '/b', '/c']);
});

it('takes all files where the layers were read on their way to a daemon', async () => {
  const digestsOf = () => new Map([...sent].map(([path, digest]) => [path, path === '/c' ? sha256('other') : digest]));
  const { features } = stored({}, 1);
  await expect(requireGenuine({ features, digestsOf }, 'id', sent)).rejects.toMatchObject({ message: expect.stringContaining('/c') });
  expect(await requireGenuine({ features, digestsOf: () => sent }, 'id', sent)).toBe(3);
});
