import { describe, expect, it } from 'vitest';
import { requireLayerType } from '../../src/images/mediatypes.js';

describe('requireLayerType', () => {
  it.each([
    'application/vnd.oci.image.layer.v1.tar',
    'application/vnd.oci.image.layer.v1.tar+gzip',
    'application/vnd.oci.image.layer.v1.tar+zstd',
    'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
    'application/vnd.docker.image.rootfs.diff.tar.gzip',
    'application/vnd.docker.image.rootfs.diff.tar.zstd',
    'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
  ])('accepts %s', (type) => expect(() => requireLayerType(type, 'app')).not.toThrow());

  it.each([
    [
      'application/vnd.oci.image.layer.v1.tar+gzip+encrypted',
      'app has an encrypted layer (application/vnd.oci.image.layer.v1.tar+gzip+encrypted).',
    ],
    [
      'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
      'app has a layer of the unknown type application/vnd.cncf.helm.chart.content.v1.tar+gzip.',
    ],
    ['', 'app has a layer of the unknown type .'],
  ])('refuses %s', (type, message) => {
    expect(() => requireLayerType(type, 'app')).toThrowError(message);
  });
});
