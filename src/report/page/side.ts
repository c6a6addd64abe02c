import type { PageData, PageReason } from '../pagemodel.js';
import { bytes, plural } from './format.js';
import { type SearchIndex, searchIndex } from './search.js';
import { type Tree, treeOf } from './tree.js';

/** Files and bytes of a distribution or package, before and after. */
export interface OwnerTotals {
  files: number;
  bytes: number;
  keptFiles: number;
  keptBytes: number;
}

/** One image and its shrunk one, with what the page looks up often. A page of a comparison has two. */
export class Side {
  readonly tree: Tree;
  readonly index: SearchIndex;
  readonly owners: readonly OwnerTotals[];
  private readonly keeps: Uint8Array;
  private indexes: Map<string, number> | undefined;

  constructor(readonly data: PageData) {
    const { paths, reasons } = data;
    this.keeps = Uint8Array.from(paths.reasons, ([first]) => (first !== undefined && reasons[first]?.kept ? 1 : 0));
    this.tree = treeOf(paths.path, paths.size, this.isKept);
    this.index = searchIndex(paths.path);
    this.owners = this.countOwners();
  }

  readonly isKept = (index: number): boolean => this.keeps[index] === 1;

  /** Whether a path is a regular file, which numbers of files count. */
  readonly isFile = (index: number): boolean => this.data.paths.file[index] === 1;

  path(index: number): string {
    return this.data.paths.path[index] ?? '';
  }

  size(index: number): number {
    return this.data.paths.size[index] ?? 0;
  }

  /** Bytes of debug information that the original's file has beyond its size. */
  stripped(index: number): number {
    return this.data.paths.stripped[index] ?? 0;
  }

  /** Index of a path; undefined where the page does not have it: a folder, or a path of another image. */
  find(path: string): number | undefined {
    this.indexes ??= new Map(this.data.paths.path.map((one, index) => [one, index]));
    return this.indexes.get(path);
  }

  reasons(index: number): PageReason[] {
    return (this.data.paths.reasons[index] ?? []).flatMap((reason) => this.data.reasons[reason] ?? []);
  }

  /** Name of the distribution or package; undefined where a path belongs to none. */
  ownerOf(index: number): string | undefined {
    return this.data.owners[this.data.paths.owner[index] ?? -1]?.name;
  }

  /** All paths, in their order, for which the test is true. */
  where(test: (index: number) => boolean): number[] {
    const found: number[] = [];
    for (let index = 0; index < this.data.paths.path.length; index++) if (test(index)) found.push(index);
    return found;
  }

  /** `12.3 MB in 45 files` */
  amount({ files, bytes: count }: { files: number; bytes: number }): string {
    return `${bytes(count)} in ${plural(files, 'file')}`;
  }

  private countOwners(): OwnerTotals[] {
    const { paths, owners } = this.data;
    const totals = owners.map((): OwnerTotals => ({ files: 0, bytes: 0, keptFiles: 0, keptBytes: 0 }));
    paths.owner.forEach((owner, index) => {
      const total = totals[owner];
      if (!total || !this.isFile(index)) return;
      total.files++;
      total.bytes += this.size(index) + this.stripped(index);
      if (!this.isKept(index)) return;
      total.keptFiles++;
      total.keptBytes += this.size(index);
    });
    return totals;
  }
}
