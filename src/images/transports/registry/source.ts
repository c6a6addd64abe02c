import { UserError } from '../../../errors.js';
import { checked, sha256 } from '../../digest.js';
import { LARGEST_JSON } from '../../files.js';
import { type Descriptor, manifestOf } from '../../manifest.js';
import { INDEXES, MANIFESTS } from '../../mediatypes.js';
import type { Platform } from '../../platform.js';
import type { Reference } from '../../reference.js';
import { describeBlob, type ImageSource, MissingImageError, readConfig, requireLayerCount } from '../../source.js';
import { exactBody, LARGEST_MANIFEST, smallBody } from './bounded.js';
import { RegistryClient, repositoryOf } from './client.js';

/**
 * Opens an image of a registry. It fetches manifest and configuration now, and layers when they are read
 * (OCI Distribution Specification, "Pull").
 * @param text the image as the user named it
 * @throws UserError when the registry does not have the image, or refuses it
 */
export async function openRegistryImage(text: string, reference: Reference, platform: Platform | undefined): Promise<ImageSource> {
  const repository = repositoryOf(reference);
  const client = new RegistryClient(repository, 'pull');
  const accept = [...MANIFESTS, ...INDEXES].join(', ');
  const get = async (path: string, what: string): Promise<Response> => {
    const answer = await client.fetch(path, { headers: { accept } });
    if (answer.ok) return answer;
    await answer.body?.cancel();
    if (answer.status === 404) throw new MissingImageError(`${text}: the registry has no ${what}.`, 'Check its name and its tag.');
    throw new UserError(
      `${text}: the registry answered with status ${answer.status} to the request for ${what}.`,
      'Try again later, or log in with `docker login`.',
    );
  };
  const blob = async function* (digest: string, size: number): AsyncGenerator<Buffer> {
    const answer = await get(`blobs/${digest}`, `blob ${digest.slice(0, 19)}`);
    yield* exactBody(answer, size, describeBlob('blob', digest, text));
  };
  const first = await get(`manifests/${repository.version}`, `image ${repository.name}:${repository.version}`);
  const bytes = await smallBody(first, LARGEST_MANIFEST, `The manifest of ${text}`);
  const digest = sha256(bytes);
  const root: Descriptor = { mediaType: first.headers.get('content-type')?.split(';')[0]?.trim() ?? '', digest, size: bytes.length };
  const fetch = async (descriptor: Descriptor): Promise<Buffer> => {
    if (descriptor.digest === digest) return bytes;
    const what = describeBlob('blob', descriptor.digest, text);
    const isManifest = [...MANIFESTS, ...INDEXES].includes(descriptor.mediaType);
    if (descriptor.size > (isManifest ? LARGEST_MANIFEST : LARGEST_JSON))
      throw new UserError(`${what} is too large for a description of an image: ${descriptor.size} bytes.`, 'Build the image again.');
    const chunks = isManifest
      ? one(await smallBody(await get(`manifests/${descriptor.digest}`, 'manifest'), LARGEST_MANIFEST, what))
      : blob(descriptor.digest, descriptor.size);
    const parts: Buffer[] = [];
    for await (const part of checked(chunks, descriptor.digest, what)) parts.push(part);
    return Buffer.concat(parts);
  };
  if (reference.digest !== undefined) {
    const what = `The manifest of ${text}`;
    for await (const _ of checked(one(bytes), reference.digest, what));
  }
  const manifest = await manifestOf(root, { reference: text, platform, fetch });
  const configBytes = await fetch(manifest.config);
  const { diffIds } = readConfig(configBytes, text);
  requireLayerCount(manifest.layers.length, diffIds, text);
  return {
    reference: text,
    configBytes,
    digests: [`${reference.name}@${digest}`],
    ...(INDEXES.includes(root.mediaType) && { several: true }),
    layers: manifest.layers.map(({ digest: of, size }, index) => ({
      digest: of,
      size,
      diffId: diffIds[index] as string,
      open: () => blob(of, size),
    })),
    close: async () => {},
  };
}

async function* one(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
