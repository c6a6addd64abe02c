import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ImageInfo, KIT_MOUNT } from '../../../src/engines/engine.js';
import { bindsOf } from '../../../src/engines/local/binds.js';
import type { LocalImage } from '../../../src/engines/local/image.js';
import { PLAIN_RUN, type RunOptions } from '../../../src/engines/runoptions.js';
import { SessionFolder } from '../../../src/engines/sessionfolder.js';

describe('bindsOf', () => {
  let layer: string;
  let place: string;
  let folder: SessionFolder;

  beforeEach(async () => {
    vi.stubEnv('PYSHRINK_CACHE', mkdtempSync(join(tmpdir(), 'pyshrink-cache-')));
    folder = await SessionFolder.create();
    place = await folder.folder('container');
    layer = await folder.folder('image');
    mkdirSync(join(layer, 'data'), { mode: 0o750 });
    writeFileSync(join(layer, 'data/x'), 'hi');
  });
  afterEach(() => vi.unstubAllEnvs());

  const binds = (run: Partial<RunOptions>, image: Partial<LocalImage> = {}) =>
    bindsOf(
      { image: 'i', command: [], run: { ...PLAIN_RUN, ...run }, volume: '/kit', attachInput: false, role: 'app' },
      { layers: [layer], config: {}, info: {} as ImageInfo, ...image },
      place,
      folder,
    );
  const at = async (target: string, run: Partial<RunOptions>, image: Partial<LocalImage> = {}) =>
    (await binds(run, image)).filter((bind) => bind.target === target);

  it('gives each container files of its own for names and addresses, and the kit', async () => {
    const all = await binds({ addHost: ['db:10.0.0.1', 'six:fd00::1'], hostname: 'box' });
    expect(all.map(({ target }) => target)).toEqual([
      '/etc/hosts',
      '/etc/hostname',
      '/etc/resolv.conf',
      KIT_MOUNT,
      `${KIT_MOUNT}/observations`,
    ]);
    const [hosts, name] = all.map(({ source }) => source);
    expect(readFileSync(hosts as string, 'utf8')).toMatch(/^127\.0\.0\.1\tlocalhost\n.*\n10\.0\.0\.1\tdb\nfd00::1\tsix\n$/);
    expect(readFileSync(name as string, 'utf8')).toBe('box\n');
    expect(all[3], 'an app can not change it').toMatchObject({ source: '/kit', type: 'directory', readOnly: true });
    expect(all[4]).toMatchObject({ source: '/kit/observations', type: 'directory', readOnly: false });
  });

  it('fills a volume that the image declares', async () => {
    const [one] = await at('/data', {}, { config: { Volumes: { '/data/': {} } } });
    const [two] = await at('/data', {}, { config: { Volumes: { '/data': {} } } });
    expect(readFileSync(join(one?.source as string, 'x'), 'utf8')).toBe('hi');
    expect(statSync(one?.source as string).mode & 0o777).toBe(0o750);
    expect(one?.source, 'each container has its own').not.toBe(two?.source);
  });

  it('mounts what the user names in place of a declared volume', async () => {
    const given = mkdtempSync(join(tmpdir(), 'pyshrink-given-'));
    const found = await at('/data', { volume: [`${given}:/data:ro`] }, { config: { Volumes: { '/data': {} } } });
    expect(found).toEqual([{ source: given, target: '/data', readOnly: true, type: 'directory' }]);
  });

  it('gives a fresh volume for the name of one', async () => {
    const [found] = await at('/data', { volume: ['name:/data'] });
    expect(readFileSync(join(found?.source as string, 'x'), 'utf8')).toBe('hi');
  });

  it('tells files from directories, and makes a missing directory as Docker does', async () => {
    const given = mkdtempSync(join(tmpdir(), 'pyshrink-given-'));
    writeFileSync(join(given, 'file'), '');
    expect(await at('/f', { volume: [`${given}/file:/f`] })).toMatchObject([{ type: 'file' }]);
    expect(await at('/d', { volume: [`${given}/new:/d`] })).toMatchObject([{ type: 'directory' }]);
    expect(statSync(join(given, 'new')).isDirectory()).toBe(true);
  });

  it('follows links of the image on the way to a target', async () => {
    symlinkSync('data', join(layer, 'link'));
    const given = mkdtempSync(join(tmpdir(), 'pyshrink-given-'));
    const all = await binds({ volume: [`${given}:/link/below`] });
    expect(all.at(-1)?.target).toBe('/data/below');
  });

  it.each([
    ['climbs out of the image', '/nope/../../../../../../../../../../../..'],
    ['goes through a link of the image', '/out'],
  ])('fills no volume from this computer: its path %s', async (_, way) => {
    const secret = mkdtempSync(join(tmpdir(), 'pyshrink-secret-'));
    writeFileSync(join(secret, 'key'), 'secret');
    symlinkSync('/', join(layer, 'out'));
    const all = await binds({}, { config: { Volumes: { [`${way}${secret}`]: {} } } });
    expect(readdirSync(all.at(-1)?.source as string)).toEqual([]);
    expect(all.at(-1)?.target).toBe(secret);
  });

  it('mounts devices, and leaves tmpfs to others', async () => {
    const all = await binds({ device: ['/dev/null:/dev/other:r'], tmpfs: ['/t'] });
    expect(all.at(-1)).toEqual({
      ...{ source: '/dev/null', target: '/dev/other', readOnly: false, type: 'file', devices: true },
      device: { type: 'c', major: 1, minor: 3, access: 'r' },
    });
    expect(all.some(({ target }) => target === '/t')).toBe(false);
  });
});
