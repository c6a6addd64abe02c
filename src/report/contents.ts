import { classifier, type LayerName } from '../assemble/layers.js';
import { isAdded } from '../os/places.js';
import type { RootFs } from '../rootfs.js';
import type { Trace } from '../trace/schema.js';
import type { KeepReport } from '../workspace/keepreport.js';
import type { Amount, Kind, Thing } from './model.js';
import { treeOf } from './tree.js';

/** A path of the original that is no folder. */
export interface Item {
  path: string;
  isFile: boolean;
  /** Bytes; 0 for links, and for further names of a file. */
  size: number;
  /** Bytes of debug information that the original has beside. */
  stripped: number;
  kind: Kind;
  /** Index into the owners of keep.json. */
  owner: number | undefined;
  /** Undefined for what is left out. */
  layer: LayerName | undefined;
  kept: boolean;
}

/** Code, by the ends of names. The rest of an app's files is data. */
const CODE = /\.(py|pyc|pyi|pyx|pxd|so[.\d]*|sh)$/;

/** All paths of the original with what they are. */
export class Contents {
  readonly items: readonly Item[];
  readonly tree: RootFs;
  /** The interpreter, without links. */
  readonly executable: string;
  private readonly kindByPlace: (path: string) => LayerName;
  /** Whether the app's Python is that of the operating system. */
  private readonly isPackaged: boolean;

  constructor(
    readonly keep: KeepReport,
    python: Trace['python'],
  ) {
    this.tree = treeOf(keep);
    const real = (path: string) => this.tree.resolve(path)?.path ?? path;
    const { executable, version, sitePackages } = python;
    this.executable = real(executable);
    this.kindByPlace = classifier({ executable: this.executable, version, sitePackages: sitePackages.map(real) });
    const owner = (keep.kept[this.executable] ?? keep.omitted[this.executable])?.owner;
    this.isPackaged = owner !== undefined && keep.owners[owner]?.kind === 'package';
    const links = new Set(Object.keys(keep.links));
    this.items = [
      ...Object.entries(keep.kept).flatMap(([path, { type, size, stripped = 0, owner, layer }]): Item[] =>
        type === 'd' ? [] : [{ path, isFile: type === 'f', size, stripped, owner, layer, kept: true, kind: this.kindOf(path, owner) }],
      ),
      ...Object.entries(keep.omitted).map(
        ([path, { size, owner }]): Item => ({
          path,
          isFile: !links.has(path),
          size,
          stripped: 0,
          owner,
          layer: undefined,
          kept: false,
          kind: this.kindOf(path, owner),
        }),
      ),
    ];
  }

  /** What a path belongs to. A file that belongs to nothing is a thing of its own. */
  thingOf({ path, kind, owner: index }: Pick<Item, 'path' | 'kind' | 'owner'>): Thing {
    const owner = index === undefined ? undefined : this.keep.owners[index];
    if (kind === 'python') return { thing: 'interpreter', name: 'python', version: null };
    return owner ? { thing: owner.kind, name: owner.name, version: owner.version } : { thing: 'file', name: path, version: null };
  }

  private kindOf(path: string, index: number | undefined): Kind {
    if (index !== undefined && this.keep.owners[index]?.kind === 'distribution') return 'distribution';
    const { reasons = [], program } = this.keep.kept[path] ?? {};
    if (reasons.some(({ rule, kind }) => rule === 'python' && kind === 'own-code')) return 'app';
    const place = this.kindByPlace(path);
    if (place === 'distributions') return 'distribution';
    // Another Python, which programs of the operating system use.
    if (place === 'python' && index !== undefined && !this.isPackaged) return 'system';
    if (place !== 'app') return place;
    return isAdded(path) && !CODE.test(path) && !program ? 'data' : 'app';
  }
}

/** The sum of some paths. Only files count. */
export function amountOf(items: Iterable<Pick<Item, 'isFile' | 'size'>>): Amount {
  const sum = { files: 0, bytes: 0 };
  for (const { isFile, size } of items) {
    if (!isFile) continue;
    sum.files++;
    sum.bytes += size;
  }
  return sum;
}

/** Paths by the thing that they belong to. */
export function byThing(contents: Contents, items: Iterable<Item>): { thing: Thing; items: Item[] }[] {
  const things = new Map<string, { thing: Thing; items: Item[] }>();
  for (const item of items) {
    const thing = contents.thingOf(item);
    const key = `${thing.thing} ${thing.name}`;
    const known = things.get(key);
    if (known) known.items.push(item);
    else things.set(key, { thing, items: [item] });
  }
  return [...things.values()];
}
