import { type Packages, packageFiles } from '../os/packages.js';
import { behindLink } from '../os/places.js';
import { baseName, below, join, parentOf, type RootFs, readText } from '../rootfs.js';
import type { PythonLayout } from './layout.js';
import { type EntryPoint, normalizeName, parseEntryPoints, parseMetadata, parseRecord } from './metadata.js';

/** One installed distribution. */
export interface Distribution {
  /** Normalized (PEP 503). */
  name: string;
  version: string;
  /** Path of its .dist-info or .egg-info, which is a folder or a file. */
  metadata: string;
  /** The folder that it is installed in, e.g. site-packages. */
  root: string;
  /** Its files that the image has, without links in their paths. */
  files: readonly string[];
  /** Normalized names of the distributions that it requires without an extra. */
  requires: readonly string[];
  entryPoints: readonly EntryPoint[];
  /** Whether it was installed from a folder (PEP 610): then it is the app itself. */
  local: boolean;
}

/** The distributions of an image, and which of them a file belongs to. */
export class Distributions {
  private byName: ReadonlySet<Distribution> | undefined;
  /** Names of what the app's own distributions require. */
  private ofApp: ReadonlySet<string> | undefined;
  private readonly owners = new Map<string, Distribution>();
  private readonly folders = new Map<string, Distribution | null>();

  constructor(
    readonly all: readonly Distribution[],
    readonly warnings: readonly string[] = [],
  ) {
    for (const distribution of all) {
      for (const path of distribution.files) {
        this.owners.set(path, distribution);
        const folder = parentOf(path);
        const known = this.folders.get(folder);
        if (folder.startsWith(`${distribution.root}/`) && known !== distribution)
          this.folders.set(folder, known === undefined ? distribution : null);
      }
    }
  }

  /** The distribution of a file. Files that no list has, such as .pyc, belong to the distribution of their folder. */
  ownerOf(path: string): Distribution | undefined {
    return this.owners.get(path) ?? this.ownerOfFolder(parentOf(path));
  }

  /** The distribution of a folder, where only one has files in it. */
  ownerOfFolder(path: string): Distribution | undefined {
    return this.folders.get(baseName(path) === '__pycache__' ? parentOf(path) : path) ?? undefined;
  }

  /** Distributions that no other one but the app itself requires: somebody installed them by name. */
  onPurpose(): Distribution[] {
    const others = this.all.filter(({ local }) => !local);
    const required = new Set(others.flatMap(({ name, requires }) => requires.filter((other) => other !== name)));
    return this.all.filter(({ name }) => !required.has(name));
  }

  /**
   * Whether somebody named a distribution, though another one may require it, too: to the installer, or in the app's own metadata.
   * Source: PyPA, Recording installed projects (the file REQUESTED).
   */
  isRequested({ name, metadata, files }: Distribution): boolean {
    this.ofApp ??= new Set(this.all.filter(({ local }) => local).flatMap(({ requires }) => requires));
    return files.includes(`${metadata}/REQUESTED`) || this.ofApp.has(name);
  }

  /** Whether somebody installed a distribution by its name, also one that another one requires. */
  isByName(distribution: Distribution): boolean {
    this.byName ??= new Set([...this.onPurpose(), ...this.all.filter((one) => this.isRequested(one))]);
    return this.byName.has(distribution);
  }

  /** All entry points, by group. */
  readonly groups = new Map<string, { distribution: Distribution; point: EntryPoint }[]>();

  static async read(fs: RootFs, layout: PythonLayout, packages: Packages): Promise<Distributions> {
    const roots = new Set([...layout.sitePackages, ...layout.searchPath].flatMap((path) => fs.resolve(path)?.path ?? []));
    const found: Distribution[] = [];
    const warnings: string[] = [];
    for (const root of roots) {
      for (const path of fs.list(root)) {
        if (/\.(dist-info|egg-info)$/.test(path)) found.push(await readDistribution(fs, root, path, packages, warnings));
        else if (path.endsWith('.egg') && fs.lstat(join(path, 'EGG-INFO')))
          found.push(await readDistribution(fs, path, join(path, 'EGG-INFO'), packages, warnings));
      }
    }
    const distributions = new Distributions(found, warnings);
    for (const distribution of found) {
      for (const point of distribution.entryPoints) {
        const list = distributions.groups.get(point.group) ?? [];
        distributions.groups.set(point.group, [...list, { distribution, point }]);
      }
    }
    return distributions;
  }
}

async function readDistribution(fs: RootFs, root: string, path: string, packages: Packages, warnings: string[]): Promise<Distribution> {
  const text = (name: string) => readText(fs, join(path, name));
  const isFolder = fs.resolve(path)?.entry.type === 'd';
  const metadata = parseMetadata((isFolder ? ((await text('METADATA')) ?? (await text('PKG-INFO'))) : await readText(fs, path)) ?? '');
  const name = metadata.name ?? (/^[^-]+/.exec(baseName(path))?.[0] as string);
  const direct = (await text('direct_url.json')) ?? '';
  return {
    name: normalizeName(name),
    version: metadata.version ?? '',
    metadata: path,
    root,
    files: await filesOf(fs, root, path, packages, warnings),
    requires: metadata.requires,
    entryPoints: parseEntryPoints((await text('entry_points.txt')) ?? ''),
    local: /"url":\s*"file:/.test(direct) && !/\.(whl|tar\.gz|zip)"/.test(direct),
  };
}

/** The files of a distribution: by RECORD, installed-files.txt, the operating system's list, or at last top_level.txt. */
async function filesOf(fs: RootFs, root: string, path: string, packages: Packages, warnings: string[]): Promise<string[]> {
  const own = below(fs, path);
  const present = (paths: Iterable<string>) => [
    ...new Set([...own, ...paths].filter((file) => fs.lstat(file)).flatMap((file) => [file, ...behindLink(fs, file)])),
  ];
  const record = await readText(fs, join(path, 'RECORD'));
  if (record !== undefined) {
    const there = parseRecord(record).flatMap((name) => {
      const file = normalizePath(name.startsWith('/') ? name : join(root, name));
      // `pip install --target` puts programs below the folder, but lists them where they are without this option.
      const moved = join(root, `bin/${baseName(name)}`);
      return fs.lstat(file) ? [file] : /^(\.\.\/)+bin\/[^/]+$/.test(name) && fs.lstat(moved) ? [moved] : [];
    });
    if (there.length > 0) return present(there);
    warnings.push(`${join(path, 'RECORD')} lists no file of the image; pyshrink takes the top-level modules of the distribution instead`);
  }
  const installed = await readText(fs, join(path, 'installed-files.txt'));
  if (installed !== undefined)
    return present(
      installed
        .split('\n')
        .filter(Boolean)
        .map((name) => normalizePath(join(path, name.trim()))),
    );
  if (baseName(path) === 'EGG-INFO') return present(below(fs, root));
  const packaged = await packageFiles(packages, path);
  if (packaged) return present(packaged);
  const top = (await readText(fs, join(path, 'top_level.txt'))) ?? (/^[^-]+/.exec(baseName(path))?.[0] as string);
  return present(
    top
      .split('\n')
      .map((name) => name.trim())
      .filter(Boolean)
      .flatMap((name) => [...below(fs, join(root, name)), ...below(fs, join(root, `${name}.py`))]),
  );
}

/** An absolute path without `.` and `..`. */
export function normalizePath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
