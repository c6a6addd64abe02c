import { describe, expect, it } from 'vitest';
import { imageConfig, LABELS } from '../../src/assemble/config.js';
import type { ImageInfo } from '../../src/engines/engine.js';

const original: ImageInfo = {
  id: 'sha256:1',
  reference: 'app:1',
  digests: [],
  platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
  config: { Cmd: ['python3'], Env: ['A=1'], Labels: { own: 'kept' } },
  size: 1,
  created: '2024-01-01T00:00:00Z',
  separateRoot: true,
  layers: ['sha256:a'],
};
const layers = [{ name: 'app', diffId: 'sha256:b' }];
const made = (more: Partial<Parameters<typeof imageConfig>[0]> = {}) =>
  JSON.parse(imageConfig({ original, base: undefined, level: 'reachable', layers, ...more }).toString());

describe('imageConfig', () => {
  it("keeps the original's configuration, platform and time, and adds labels", () => {
    expect(made()).toMatchObject({
      os: 'linux',
      architecture: 'arm',
      variant: 'v7',
      created: '2024-01-01T00:00:00Z',
      config: { Cmd: ['python3'], Env: ['A=1'], Labels: { own: 'kept', [LABELS.original]: 'sha256:1', [LABELS.name]: 'app:1' } },
      rootfs: { diff_ids: ['sha256:b'] },
      history: [{ created_by: 'pyshrink assemble: app' }],
    });
  });

  it('names the base and its layers first', () => {
    const base: ImageInfo = { ...original, reference: 'busybox:glibc', digests: ['busybox@sha256:d'], layers: ['sha256:base'] };
    const config = made({ base });
    expect(config.rootfs.diff_ids).toEqual(['sha256:base', 'sha256:b']);
    expect(config.config.Labels).toMatchObject({ [LABELS.baseName]: 'busybox:glibc', [LABELS.baseDigest]: 'sha256:d' });
    expect(config.history).toHaveLength(2);
  });

  it('keeps labels of any name', () => {
    const labels = JSON.parse('{"__proto__":"a","constructor":"b"}');
    const config = made({ original: { ...original, config: { Labels: labels } } });
    expect(Object.entries(config.config.Labels)).toEqual(
      expect.arrayContaining([
        ['__proto__', 'a'],
        ['constructor', 'b'],
      ]),
    );
  });
});
