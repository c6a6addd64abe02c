import { lstat, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { debug } from '../../debug.js';
import { type ContainerSpec, KIT_MOUNT, OBSERVATIONS } from '../engine.js';
import { mountsOf } from '../mounts.js';
import { parseDevice } from '../resources.js';
import type { SessionFolder } from '../sessionfolder.js';
import type { LocalImage } from './image.js';
import { findInRoot } from './inroot.js';
import { type OwnNetwork, resolverFile } from './network.js';
import type { Bind, Device } from './setup.js';

/**
 * The mounts of a container: /etc/hosts, /etc/hostname, /etc/resolv.conf, the session's volume, volumes that the image
 * declares, and those of the run options. The needed files and volumes are made.
 * @param place folder of this container
 * @param folder folder of the session, where new volumes go
 * @param network its own network, which has another name server
 */
export async function bindsOf(
  { run, volume, role }: ContainerSpec,
  image: LocalImage,
  place: string,
  folder: SessionFolder,
  network?: OwnNetwork,
): Promise<Bind[]> {
  const hosts = join(place, 'hosts');
  const added = run.addHost.map((entry) => `${entry.slice(entry.indexOf(':') + 1)}\t${entry.slice(0, entry.indexOf(':'))}\n`);
  await writeFile(hosts, `127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n${added.join('')}`);
  const name = join(place, 'hostname');
  await writeFile(name, `${run.hostname ?? hostname()}\n`);
  const resolver = join(place, 'resolv.conf');
  // A computer without the file is no problem: programs then ask the local name server (resolv.conf(5)).
  const ours = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  await writeFile(resolver, network ? resolverFile(network, ours) : ours);
  const binds: Bind[] = [
    { source: hosts, target: await real(image, '/etc/hosts'), readOnly: false, type: 'file' },
    { source: name, target: await real(image, '/etc/hostname'), readOnly: false, type: 'file' },
    { source: resolver, target: await real(image, '/etc/resolv.conf'), readOnly: false, type: 'file' },
    // An app must not change what runs beside it. It writes only to the place for observations.
    { source: volume, target: KIT_MOUNT, readOnly: role === 'app', type: 'directory' },
    ...(role === 'app' ? [observations(volume)] : []),
  ];
  const declared = Object.keys(image.config.Volumes ?? {}).map((path) => path.replace(/(.)\/+$/, '$1'));
  const given = mountsOf(run).filter(({ type }) => type !== 'tmpfs');
  for (const path of declared) {
    if (given.some(({ target }) => target === path)) continue;
    binds.push({ source: await filledVolume(image, path, folder), target: await real(image, path), readOnly: false, type: 'directory' });
  }
  for (const { type, source: named, target, readOnly } of given) {
    // Each container gets a new volume. Otherwise the second run would find what the first one wrote.
    const source = type === 'bind' ? (named as string) : await filledVolume(image, target, folder);
    const directory = (await stat(source).catch(() => undefined))?.isDirectory() ?? true;
    if (directory) await mkdir(source, { recursive: true });
    const devices = source === '/dev' || source.startsWith('/dev/');
    const device = devices ? await deviceAt(source, 'rwm') : undefined;
    binds.push({
      source,
      target: await real(image, target),
      readOnly,
      type: directory ? 'directory' : 'file',
      ...(devices && { devices }),
      ...(device && { device }),
    });
  }
  for (const { host, container, permissions } of run.device.map(parseDevice)) {
    const device = await deviceAt(host, permissions);
    binds.push({
      source: host,
      target: await real(image, container),
      readOnly: false,
      type: 'file',
      devices: true,
      ...(device && { device }),
    });
  }
  return binds;
}

/** The device that a path of this computer leads to; undefined for other files. Numbers as makedev(3) packs them. */
async function deviceAt(path: string, access: string): Promise<Device | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isCharacterDevice() && !found?.isBlockDevice()) return undefined;
  const { rdev } = found;
  const [major, minor] = [(rdev >>> 8) & 0xfff, (rdev & 0xff) | ((rdev >>> 12) & 0xfff00)];
  return { type: found.isBlockDevice() ? 'b' : 'c', major, minor, access };
}

/** A new volume with a copy of what the image has at a path, as Docker makes one for VOLUME. */
async function filledVolume(image: LocalImage, path: string, folder: SessionFolder): Promise<string> {
  const volume = await folder.folder('volume');
  const { at: from } = await findInRoot(image.layers, path);
  if (from !== undefined && (await lstat(from)).isDirectory()) {
    const copy = await execa('cp', ['-a', `${from}/.`, volume], { reject: false });
    if (copy.failed) debug.engine('volume %s: not all was copied: %s', path, copy.stderr);
    const { uid, gid, mode } = await stat(from);
    if (process.getuid?.() === 0) await execa('chown', [`${uid}:${gid}`, volume]);
    await execa('chmod', [(mode & 0o7777).toString(8), volume]);
  }
  return volume;
}

/** A path of the image without links and `..`. */
async function real({ layers }: LocalImage, path: string): Promise<string> {
  return (await findInRoot(layers, path)).path;
}

function observations(volume: string): Bind {
  return { source: join(volume, OBSERVATIONS), target: `${KIT_MOUNT}/${OBSERVATIONS}`, readOnly: false, type: 'directory' };
}
