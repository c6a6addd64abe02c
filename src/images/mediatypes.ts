import { UserError } from '../errors.js';

/** OCI image specification, "Media Types". */
export const OCI = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  gzipLayer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;
/** Docker's "Image Manifest V 2, Schema 2". */
const DOCKER = {
  list: 'application/vnd.docker.distribution.manifest.list.v2+json',
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
} as const;

export const INDEXES: readonly string[] = [OCI.index, DOCKER.list];
export const MANIFESTS: readonly string[] = [OCI.manifest, DOCKER.manifest];

/** Layers of both specifications. */
const LAYER =
  /^application\/vnd\.(oci\.image\.layer\.(nondistributable\.)?v1\.tar(\+gzip|\+zstd)?|docker\.image\.rootfs\.(diff\.tar(\.gzip|\.zstd)?|foreign\.diff\.tar\.gzip))$/;

/** @throws UserError for a layer that pyshrink cannot read */
export function requireLayerType(mediaType: string, image: string): void {
  if (mediaType.endsWith('+encrypted'))
    throw new UserError(`${image} has an encrypted layer (${mediaType}).`, 'Decrypt it first, e.g. with `skopeo copy --decryption-key`.');
  if (!LAYER.test(mediaType))
    throw new UserError(
      `${image} has a layer of the unknown type ${mediaType}.`,
      'Name a container image. Other artifacts have no file system.',
    );
}
