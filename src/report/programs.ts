import type { Reason } from '../keep/reason.js';
import type { KeepReport } from '../workspace/keepreport.js';
import { KeptGraph } from './graph.js';
import { ranked } from './strength.js';
import { describeReason } from './words.js';

/** A program that the shrunk image can run. */
export interface Program {
  path: string;
  /** Bytes of the file. */
  size: number;
  /** Bytes that would go with it: its own, and those of what nothing else needs. */
  brings: number;
  /** Why it is kept, and by whom: the file whose line names it, or else the path that led to it, where there is one. */
  because: string;
  by?: string;
  /** The line of `by` that names it, where it is code. */
  line?: number;
}

/** Python modules. Some have the permission to be executed, too, but nobody runs them as programs. */
const MODULE = /\/(lib\/python[\d.]+|site-packages|dist-packages)\/.*\.py$/;

/** Whether a kept path is one of the programs that a report lists. */
export function isListed(path: string, { program }: { program?: boolean | undefined }): boolean {
  return program === true && !MODULE.test(path);
}

/** Every program of the shrunk image, the most expensive first. */
export function programsIn({ kept }: KeepReport, graph = new KeptGraph(kept)): Program[] {
  return Object.entries(kept)
    .filter(([path, kept]) => isListed(path, kept))
    .map(([path, { size, reasons }]): Program => {
      const reason = ranked(reasons)[0] as Reason;
      const { line, file, parents } = reason;
      const by = file ?? parents[0];
      const place = { ...(by !== undefined && { by }), ...(line !== undefined && { line }) };
      return { path, size, brings: graph.bytesWith(path), because: describeReason(reason), ...place };
    })
    .sort((a, b) => b.brings - a.brings || (a.path < b.path ? -1 : 1));
}
