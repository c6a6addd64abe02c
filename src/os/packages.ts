import { createHash } from 'node:crypto';
import { baseName, type RootFs, readText } from '../rootfs.js';
import { type Paragraph, paragraphs } from './deb822.js';
import { Relations, STATUS } from './relations.js';

/** Packages of the operating system. Paths are without links in their parents, and exist in the image. */
export interface Packages {
  /** Names of the packages of Debian; [] for other systems. */
  names(): string[];
  /** Paths of a package's files, also where its name has no architecture; [] if there is no such package. */
  files(name: string): Promise<readonly string[]>;
  /** Whether a package brought a folder. Several may. */
  hasFolder(path: string): Promise<boolean>;
  /** The package that a path belongs to. */
  ownerOf(path: string): Promise<string | undefined>;
  /** Whether somebody changed a file of a package after it was installed: for Debian, a configuration file. */
  isChanged(path: string): Promise<boolean>;
  /** The version of each package, by name without the architecture. */
  versions(): Promise<ReadonlyMap<string, string>>;
  /** Whether the app's author installed a package by its name, or one that only stands for it. False for packages of the base system and of the base image. */
  isOnPurpose(name: string): Promise<boolean>;
  /** Installed packages that depend on a package, recommend or suggest it. [] for other systems than Debian. */
  wantedBy(name: string): Promise<string[]>;
  /** Installed packages that a package works with: those that it depends on, recommends or suggests. [] for other systems than Debian. */
  worksWith(name: string): Promise<string[]>;
  /** Packages that every program may expect: Debian's field Essential (Debian Policy, 3.8), and {@link ESSENTIAL_OF_ALPINE}. */
  essential(): Promise<string[]>;
}

const DPKG = '/var/lib/dpkg/info';
/** Packages that apt installed because another one depends on them (apt-mark(8)). */
const AUTOMATIC = '/var/lib/apt/extended_states';
const APK = '/lib/apk/db/installed';
/** Packages that somebody installed by name (apk-world(5)). */
const WORLD = '/etc/apk/world';
/** What Alpine's smallest system has beside its package manager. Alpine marks no package. Source: aports, main/alpine-base/APKBUILD. */
const ESSENTIAL_OF_ALPINE: readonly string[] = ['alpine-baselayout', 'alpine-baselayout-data', 'busybox', 'busybox-binsh', 'musl'];

/** The name of a package without its architecture, which Debian's lists may have: `libx:amd64`. */
function withoutArchitecture(name: string): string {
  return name.replace(/:\w+$/, '');
}

/**
 * Reads the file lists of Debian (dpkg(1): info/NAME.list) or the database of Alpine (apk-tools: `F:` is a
 * folder, `R:` a file in it). An image with neither has no packages.
 * @param library a file of the standard library: where no package brought it, packages that are older belong to its base image
 */
export function openPackages(fs: RootFs, library?: string): Packages {
  let lists: Promise<Map<string, string[]>> | undefined;
  let owners: Promise<Map<string, string>> | undefined;
  let purpose: Promise<Set<string>> | undefined;
  let sums: Promise<Map<string, string>> | undefined;
  let relations: Promise<Relations> | undefined;
  let plain: Promise<Map<string, string[]>> | undefined;
  const folders = new Set<string>();
  const all = () => {
    lists ??= fs.list(DPKG).length > 0 ? readDebian(fs, folders) : readAlpine(fs, folders);
    return lists;
  };
  const index = async () => {
    const map = new Map<string, string>();
    for (const [name, files] of await all()) for (const path of files) map.set(path, name);
    return map;
  };
  /** When the interpreter was installed, where that was not a package. A copy of the interpreter may be younger. Seconds since 1970. */
  const sinceOf = async (path: string | undefined): Promise<number> => {
    const file = path === undefined ? undefined : fs.resolve(path);
    if (!file) return 0;
    owners ??= index();
    const owner = (await owners).get(file.path);
    return owner === undefined ? file.entry.mtime : 0;
  };
  const byPlainName = () => {
    plain ??= all().then((known) => new Map([...known].map(([name, files]) => [withoutArchitecture(name), files])));
    return plain;
  };
  const related = () => {
    relations ??= Relations.read(fs);
    return relations;
  };
  const onPurpose = async () => {
    if (fs.list(DPKG).length === 0) return installedWithApk(fs);
    const files = await byPlainName();
    const relations = await related();
    return relations.meant(await installedWithApt(fs, await sinceOf(library), relations), (name) => files.get(name) ?? []);
  };
  return {
    names: () => fs.list(DPKG).flatMap((path) => (path.endsWith('.list') ? [baseName(path).slice(0, -5)] : [])),
    files: async (name) => (await all()).get(name) ?? (await byPlainName()).get(name) ?? [],
    hasFolder: async (path) => {
      await all();
      return folders.has(path);
    },
    ownerOf: async (path) => {
      owners ??= index();
      return (await owners).get(path);
    },
    isChanged: async (path) => {
      sums ??= configurationSums(fs);
      const sum = (await sums).get(path);
      const size = fs.lstat(path)?.size;
      if (sum === undefined || size === undefined) return false;
      const bytes = await fs.read(path, 0, size);
      return !['md5', 'sha1'].some((kind) => createHash(kind).update(bytes).digest('hex') === sum);
    },
    versions: async () => {
      const isDebian = fs.list(DPKG).length > 0;
      const [name, version] = isDebian ? ['Package', 'Version'] : ['P', 'V'];
      const blocks = await paragraphs(fs, isDebian ? STATUS : APK);
      return new Map(
        blocks.flatMap((value): [string, string][] => {
          const [key, text] = [value(name), value(version)];
          return key !== undefined && text !== undefined ? [[key, text]] : [];
        }),
      );
    },
    isOnPurpose: async (name) => {
      purpose ??= onPurpose();
      return (await purpose).has(withoutArchitecture(name));
    },
    worksWith: async (name) => (await related()).worksWith(withoutArchitecture(name)),
    wantedBy: async (name) => (await related()).wantedBy(withoutArchitecture(name)),
    essential: async () => {
      const marked = new Set(
        (await paragraphs(fs, STATUS)).flatMap((value) => (value('Essential') === 'yes' ? (value('Package') ?? []) : [])),
      );
      const names = fs.list(DPKG).length > 0 ? marked : new Set(ESSENTIAL_OF_ALPINE);
      return [...(await all()).keys()].filter((name) => names.has(withoutArchitecture(name)));
    },
  };
}

/**
 * File → checksum of what the package brought, in hexadecimal digits: MD5 of Debian's configuration files (deb-conffiles(5), dpkg-query(1):
 * Conffiles), SHA-1 of Alpine's files in /etc (apk-tools: `Z:Q1` and base64).
 */
async function configurationSums(fs: RootFs): Promise<Map<string, string>> {
  const lines = ((await readText(fs, STATUS)) ?? '').matchAll(/^ (\/\S+) ([0-9a-f]{32})(?: .*)?$/gm);
  const sums = new Map([...lines].map(([, path, sum]) => [path as string, sum as string]));
  let [folder, file] = ['', ''];
  for (const line of ((await readText(fs, APK)) ?? '').split('\n')) {
    if (line.startsWith('F:')) folder = `/${line.slice(2)}`;
    else if (line.startsWith('R:')) file = `${folder}/${line.slice(2)}`;
    else if (line.startsWith('Z:Q1') && file.startsWith('/etc/')) sums.set(file, Buffer.from(line.slice(4), 'base64').toString('hex'));
  }
  return sums;
}

/**
 * Packages that apt installed by name, after a given time. The images that bring a Python compiled from its source, as
 * the official ones do, install git, compilers and other tools before. What the base system depends on (the C library) counts as
 * part of it: apt does not know who wanted it, and an upgrade makes it look new.
 */
async function installedWithApt(fs: RootFs, since: number, relations: Relations): Promise<string[]> {
  const automatic = new Set(
    (await paragraphs(fs, AUTOMATIC)).flatMap((value) => (value('Auto-Installed') === '1' ? (value('Package') ?? []) : [])),
  );
  const all = await paragraphs(fs, STATUS);
  const nameOf = (value: Paragraph) => value('Package') ?? [];
  const isEssential = (value: Paragraph) => value('Essential') === 'yes';
  const isOfSystem = (value: Paragraph) => /^(required|important|standard)$/.test(value('Priority') ?? '');
  // Without a time, the priority tells the base system from the rest. With one, somebody installed cron or logrotate after Python.
  const wanted = all.filter((value) => !isEssential(value) && (since > 0 || !isOfSystem(value)));
  const needed = relations.needsOf(all.filter((value) => isEssential(value) || value('Priority') === 'required').flatMap(nameOf));
  const lists = new Map(fs.list(DPKG).map((path) => [baseName(path).replace(/(:\w+)?\.list$/, ''), fs.lstat(path)?.mtime ?? 0]));
  const isLater = (name: string) => (lists.get(name) ?? 0) >= since;
  return wanted.flatMap(nameOf).filter((name) => !needed.has(name) && !automatic.has(name) && isLater(name));
}

async function installedWithApk(fs: RootFs): Promise<Set<string>> {
  const words = ((await readText(fs, WORLD)) ?? '').split(/\s+/).map((word) => word.replace(/[<>=~@].*$/, ''));
  return new Set(words.filter((name) => name !== '' && name !== 'alpine-baselayout' && name !== 'busybox'));
}

/** Files of the package that a path belongs to; undefined if it belongs to none. */
export async function packageFiles(packages: Packages, path: string): Promise<readonly string[] | undefined> {
  // Folders have no owner, so for an .egg-info or .dist-info folder its main file is looked up.
  const owner =
    (await packages.ownerOf(path)) ?? (await packages.ownerOf(`${path}/PKG-INFO`)) ?? (await packages.ownerOf(`${path}/METADATA`));
  return owner === undefined ? undefined : packages.files(owner);
}

/** Files of each package. @param folders gets the folders that packages brought */
async function readDebian(fs: RootFs, folders: Set<string>): Promise<Map<string, string[]>> {
  const lists = new Map<string, string[]>();
  for (const path of fs.list(DPKG)) {
    if (!path.endsWith('.list')) continue;
    lists.set(baseName(path).slice(0, -5), present(fs, ((await readText(fs, path)) ?? '').split('\n'), folders));
  }
  return lists;
}

/** As {@link readDebian}. */
async function readAlpine(fs: RootFs, folders: Set<string>): Promise<Map<string, string[]>> {
  const lists = new Map<string, string[]>();
  for (const block of ((await readText(fs, APK)) ?? '').split('\n\n')) {
    const name = /^P:(.*)$/m.exec(block)?.[1];
    if (!name) continue;
    const paths: string[] = [];
    let folder = '';
    for (const line of block.split('\n')) {
      if (line.startsWith('F:')) {
        folder = line.slice(2);
        paths.push(`/${folder}`);
      } else if (line.startsWith('R:')) paths.push(`/${folder === '' ? '' : `${folder}/`}${line.slice(2)}`);
    }
    lists.set(name, present(fs, paths, folders));
  }
  return lists;
}

/**
 * Those paths that exist and are not folders, with links in their parents resolved: Debian lists /lib/x with a merged /usr.
 * @param folders gets the others that exist
 */
function present(fs: RootFs, paths: readonly string[], folders: Set<string>): string[] {
  return paths.flatMap((path) => {
    const found = path.startsWith('/') ? fs.resolve(path, false) : undefined;
    if (found?.entry.type === 'd') folders.add(found.path);
    return found && found.entry.type !== 'd' ? [found.path] : [];
  });
}
