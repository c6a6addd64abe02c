import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { UserError } from '../../../errors.js';
import type { Reference } from '../../reference.js';
import type { Blob, OciImage } from '../blobs.js';
import { smallText } from './bounded.js';
import { RegistryClient, repositoryOf } from './client.js';

/**
 * Pushes an image: first the blobs that the registry does not have, then the manifest, which makes the image visible
 * (OCI Distribution Specification, "Push").
 * @param text the image as the user named it
 * @throws UserError when the registry refuses a part
 */
export async function pushImage(text: string, reference: Reference, image: OciImage): Promise<void> {
  const repository = repositoryOf(reference);
  const client = new RegistryClient(repository, 'pull,push');
  for (const blob of [...image.layers, image.config]) await pushBlob(client, blob, text);
  const { mediaType, content } = image.manifest;
  const answer = await client.fetch(
    `manifests/${repository.version}`,
    { method: 'PUT', headers: { 'content-type': mediaType } },
    () => content as never,
  );
  await require2xx(answer, text, 'the manifest');
}

async function pushBlob(client: RegistryClient, { digest, content }: Blob, text: string): Promise<void> {
  const there = await client.fetch(`blobs/${digest}`, { method: 'HEAD' });
  if (there.ok) return;
  const started = await require2xx(await client.fetch('blobs/uploads/', { method: 'POST' }), text, 'an upload');
  const sent = await client.fetch(
    absolute(started, client),
    { method: 'PATCH', headers: { 'content-type': 'application/octet-stream' } },
    () => (Buffer.isBuffer(content) ? (content as never) : (Readable.toWeb(createReadStream(content.path)) as never)),
  );
  const finish = new URL(absolute(await require2xx(sent, text, 'a layer'), client));
  finish.searchParams.set('digest', digest);
  await require2xx(await client.fetch(finish.href, { method: 'PUT' }), text, 'a layer');
}

/** Address for the next request of an upload. `Location` may be relative. */
function absolute(answer: Response, client: RegistryClient): string {
  return new URL(answer.headers.get('location') ?? '', client.repository.base).href;
}

async function require2xx(answer: Response, text: string, what: string): Promise<Response> {
  const body = await smallText(answer, `The answer to ${what} of ${text}`);
  if (answer.ok) return answer;
  const why = /"message":"([^"]*)"/.exec(body)?.[1];
  throw new UserError(
    `${text}: the registry answered with status ${answer.status} to ${what}${why ? ` (${why})` : ''}.`,
    'Log in with `docker login`, and check the name.',
  );
}
