import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Entry } from '../../src/rootfs.js';
import { padding, tarHeader } from '../../src/tar/header.js';

/** A member of a made-up layer. Default type: a file with `content` or `hardLinkTo`, otherwise a directory. */
export type Member = Partial<Entry> & { path: string; content?: string; hardLinkTo?: string };

/** Writes a layer's tar from the given members without checks, so that tests can also make malicious layers. */
export function layerTar(members: readonly Member[]): Buffer {
  const parts = members.map(({ content, hardLinkTo, ...member }) => {
    const body = Buffer.from(content ?? '');
    const type = member.type ?? (content === undefined && hardLinkTo === undefined ? 'd' : 'f');
    const entry: Entry = { type, mode: type === 'd' ? 0o755 : 0o644, uid: 0, gid: 0, mtime: 1, size: body.length, ...member };
    return Buffer.concat([tarHeader(entry, hardLinkTo), body, padding(body.length)]);
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export interface MadeImage {
  layers: readonly Buffer[];
  /** Compresses each layer, in the order of the layers. Default: gzip in an OCI layout, nothing in a Docker archive. */
  compress?: readonly ((tar: Buffer) => Buffer)[];
  mediaTypes?: readonly string[];
  config?: object;
  architecture?: string;
}

export function configOf({ layers, config = {}, architecture = process.arch === 'x64' ? 'amd64' : process.arch }: MadeImage): Buffer {
  return Buffer.from(
    JSON.stringify({
      architecture,
      os: 'linux',
      created: '2024-01-01T00:00:00Z',
      config,
      rootfs: { type: 'layers', diff_ids: layers.map(digestOf) },
    }),
  );
}

/** Writes an OCI layout with one image for each platform. Returns its folder. */
export function ociLayout(folder: string, images: readonly MadeImage[], name?: string): string {
  const blob = (bytes: Buffer) => {
    const digest = digestOf(bytes);
    const path = join(folder, 'blobs', digest.replace(':', '/'));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    return { digest, size: bytes.length };
  };
  const manifests = images.map((image) => {
    const layers = image.layers.map((tar, index) => ({
      mediaType: image.mediaTypes?.[index] ?? 'application/vnd.oci.image.layer.v1.tar+gzip',
      ...blob((image.compress?.[index] ?? gzipSync)(tar)),
    }));
    const config = { mediaType: 'application/vnd.oci.image.config.v1+json', ...blob(configOf(image)) };
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const architecture = JSON.parse(configOf(image).toString()).architecture as string;
    return {
      mediaType,
      ...blob(Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers }))),
      platform: { os: 'linux', architecture },
    };
  });
  const annotations = name === undefined ? {} : { annotations: { 'org.opencontainers.image.ref.name': name } };
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const first =
    manifests.length === 1 ? manifests[0] : { mediaType, ...blob(Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }))) };
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [{ ...first, ...annotations }] }));
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  return folder;
}

/** Makes an archive as `docker save` writes it. */
export function dockerArchive(images: readonly (MadeImage & { tags: string[] })[]): Buffer {
  const files = new Map<string, Buffer>();
  const manifest = images.map((image) => {
    const config = configOf(image);
    const name = `${digestOf(config).slice(7)}.json`;
    files.set(name, config);
    const layers = image.layers.map((tar, index) => {
      const path = `${digestOf(tar).slice(7)}/layer.tar`;
      files.set(path, image.compress?.[index]?.(tar) ?? tar);
      return path;
    });
    return { Config: name, RepoTags: image.tags, Layers: layers };
  });
  files.set('manifest.json', Buffer.from(JSON.stringify(manifest)));
  const parts = [...files].map(([name, body]) => {
    const entry: Entry = { path: `/${name}`, type: 'f', mode: 0o644, uid: 0, gid: 0, mtime: 1, size: body.length };
    return Buffer.concat([tarHeader(entry), body, padding(body.length)]);
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}
