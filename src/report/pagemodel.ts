import type { LAYER_NAMES } from '../assemble/layers.js';
import type { KINDS, Report, Thing } from './model.js';

/** Why a path is kept or left out. A path names its reasons by index. */
export interface PageReason {
  kept: boolean;
  /** `python/import`, as of a link of the report; for what is left out, the kind of omission: `omitted/test`. */
  reason: string;
  /** A sentence without a full stop. Its subject is the path. */
  text: string;
  /** The kept paths that lead to it: indexes into the columns. Empty where it is kept for its own sake. */
  parents: readonly number[];
  /** Where the code stands that names the path: an index into the columns, and a line. */
  file: number | null;
  line: number | null;
  /** How strong it is: 1 is the strongest. `why` ranks by it, too. */
  rank: number;
}

/**
 * All paths of the original but its folders, sorted, as columns of equal length: so that 100,000 of them stay small. All
 * texts come from an image, so they may hold anything.
 */
export interface PagePaths {
  path: readonly string[];
  /** 1 for a regular file; 0 for a link or a device, which no number of files counts. */
  file: readonly number[];
  /** Bytes; 0 for links and for further names of a file. The sums are those of the report. */
  size: readonly number[];
  /** Bytes of debug information that the original's file has beyond that. */
  stripped: readonly number[];
  /** Index into KINDS. */
  kind: readonly number[];
  /** Index into {@link PageData.owners}, or -1. */
  owner: readonly number[];
  /** Index into LAYER_NAMES: the layer of the shrunk image; -1 for what is left out. */
  layer: readonly number[];
  /** Indexes into {@link PageData.reasons}, the strongest first. The first one says whether the path is kept. */
  reasons: readonly (readonly number[])[];
  /** Index into the report's timeline: the step that used it first; -1 where none did, or that is not known. */
  step: readonly number[];
}

/** Text of one field of an answer, cut to a length that a page can show. */
export interface PageField {
  /** `status`, `header content-type`, `body`, `stdout`, `stderr`, `exit`. */
  name: string;
  /** Of each run of the original. */
  originals: readonly string[];
  /** null where the shrunk image was not compared. */
  shrunk: string | null;
  /** Places in it that varied and were accepted, and differences. */
  varied: readonly string[];
  differs: boolean;
}

/** The answers of both images to one step; the last one of a run is that of the app itself. */
export interface PageAnswer {
  run: number;
  /** The step without its secrets; `app` for the output and the end of the app itself. */
  label: string;
  fields: readonly PageField[];
}

/** What the page shows beside the report: far too much for `--json`. */
export interface PageData {
  report: Report;
  kinds: typeof KINDS;
  layers: typeof LAYER_NAMES;
  /** Distributions and packages of the operating system. */
  owners: readonly Thing[];
  paths: PagePaths;
  reasons: readonly PageReason[];
  answers: readonly PageAnswer[];
}
