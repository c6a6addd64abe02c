import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/images/digest.js';
import { type Descriptor, manifestOf } from '../../src/images/manifest.js';
import { OCI } from '../../src/images/mediatypes.js';
import { parsePlatform } from '../../src/images/platform.js';

/** Blobs by digest, as a registry or a layout has them. */
class Blobs {
  private readonly all = new Map<string, Buffer>();

  add(mediaType: string, document: object, platform?: string): Descriptor {
    const bytes = Buffer.from(JSON.stringify(document));
    this.all.set(sha256(bytes), bytes);
    return {
      mediaType,
      digest: sha256(bytes),
      size: bytes.length,
      ...(platform !== undefined && { platform: { ...parsePlatform(platform) } }),
    };
  }

  image(name: string, platform?: string): Descriptor {
    const config = { mediaType: OCI.config, digest: sha256(name), size: 1 };
    return this.add(OCI.manifest, { schemaVersion: 2, config, layers: [] }, platform);
  }

  /** Digest of the configuration that is found. */
  async find(descriptor: Descriptor, platform: string): Promise<string> {
    const fetch = async ({ digest }: Descriptor) => this.all.get(digest) as Buffer;
    return (await manifestOf(descriptor, { reference: 'app', platform: parsePlatform(platform), fetch })).config.digest;
  }
}

describe('manifestOf', () => {
  it('returns a manifest for any platform', async () => {
    const blobs = new Blobs();
    expect(await blobs.find(blobs.image('one'), 'linux/s390x')).toBe(sha256('one'));
  });

  it('follows nested indexes to the wanted platform, and ignores attestations', async () => {
    const blobs = new Blobs();
    const inner = blobs.add(
      OCI.index,
      { manifests: [blobs.image('proof', 'unknown/unknown'), blobs.image('arm', 'linux/arm/v7')] },
      'linux/arm',
    );
    const index = blobs.add(OCI.index, { manifests: [blobs.image('amd', 'linux/amd64'), inner] });
    expect(await blobs.find(index, 'linux/arm')).toBe(sha256('arm'));
    expect(await blobs.find(index, 'linux/amd64')).toBe(sha256('amd'));
  });

  it('uses the only image of an index if it names no platform', async () => {
    const blobs = new Blobs();
    expect(await blobs.find(blobs.add(OCI.index, { manifests: [blobs.image('one')] }), 'linux/amd64')).toBe(sha256('one'));
  });

  it('lists the platforms that there are when the wanted one is missing', async () => {
    const blobs = new Blobs();
    const index = blobs.add(OCI.index, { manifests: [blobs.image('a', 'linux/amd64'), blobs.image('b', 'linux/arm/v7')] });
    await expect(blobs.find(index, 'linux/s390x')).rejects.toMatchObject({
      message: 'app has no image for linux/s390x.',
      remedy: 'Choose one with --platform: linux/amd64, linux/arm/v7.',
      exitCode: 2,
    });
    await expect(blobs.find(blobs.add(OCI.index, { manifests: [] }), 'linux/amd64')).rejects.toMatchObject({
      remedy: 'Name another image.',
    });
  });

  it('refuses other documents', async () => {
    const blobs = new Blobs();
    await expect(blobs.find(blobs.add('text/html', {}), 'linux/amd64')).rejects.toThrowError(/a manifest of the unknown type text\/html/);
    await expect(blobs.find(blobs.add(OCI.manifest, { layers: [] }), 'linux/amd64')).rejects.toThrowError(
      /The manifest of app can't be read/,
    );
  });
});
