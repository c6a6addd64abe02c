import { Readable } from 'node:stream';
import { UserError } from '../../../errors.js';
import { checked, sha256 } from '../../digest.js';
import { type Descriptor, manifestOf } from '../../manifest.js';
import { INDEXES, MANIFESTS } from '../../mediatypes.js';
import type { Platform } from '../../platform.js';
import type { Reference } from '../../reference.js';
import { describeBlob, type ImageSource, readConfig, requireLayerCount } from '../../source.js';
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
    if (answer.status === 404) throw new UserError(`${text}: the registry has no ${what}.`, 'Check its name and its tag.');
    throw new UserError(
      `${text}: the registry answered with status ${answer.status} to the request for ${what}.`,
      'Try again later, or log in with `docker login`.',
    );
  };
  const blob = async function* (digest: string): AsyncGenerator<Buffer> {
    const { body } = await get(`blobs/${digest}`, `blob ${digest.slice(0, 19)}`);
    if (body) for await (const part of Readable.fromWeb(body as never)) yield part as Buffer;
  };
  const first = await get(`manifests/${repository.version}`, `image ${repository.name}:${repository.version}`);
  const bytes = Buffer.from(await first.arrayBuffer());
  const digest = sha256(bytes);
  const root: Descriptor = { mediaType: first.headers.get('content-type')?.split(';')[0]?.trim() ?? '', digest, size: bytes.length };
  const fetch = async (descriptor: Descriptor): Promise<Buffer> => {
    if (descriptor.digest === digest) return bytes;
    const what = describeBlob('blob', descriptor.digest, text);
    const isManifest = [...MANIFESTS, ...INDEXES].includes(descriptor.mediaType);
    const chunks = isManifest ? manifestBytes(await get(`manifests/${descriptor.digest}`, 'manifest')) : blob(descriptor.digest);
    const parts: Buffer[] = [];
    for await (const part of checked(chunks, descriptor.digest, what)) parts.push(part);
    return Buffer.concat(parts);
  };
  if (reference.digest !== undefined) {
    const what = `The manifest of ${text}`;
    for await (const _ of checked(manifestBytes(bytes), reference.digest, what));
  }
  const manifest = await manifestOf(root, { reference: text, platform, fetch });
  const configBytes = await fetch(manifest.config);
  const { diffIds } = readConfig(configBytes, text);
  requireLayerCount(manifest.layers.length, diffIds, text);
  return {
    reference: text,
    configBytes,
    digests: [`${reference.name}@${digest}`],
    layers: manifest.layers.map(({ digest: of, size }, index) => ({
      digest: of,
      size,
      diffId: diffIds[index] as string,
      open: () => blob(of),
    })),
    close: async () => {},
  };
}

async function* manifestBytes(from: Response | Buffer): AsyncGenerator<Buffer> {
  yield Buffer.isBuffer(from) ? from : Buffer.from(await from.arrayBuffer());
}
