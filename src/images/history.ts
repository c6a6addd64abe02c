import type { SourceConfig } from './source.js';

/** A layer of an image that holds something. */
export interface LayerMade {
  /** The command of the Dockerfile that made it; empty where the image does not say. */
  command: string;
  /** Bytes of its files. */
  bytes: number;
}

/** The shell that `docker build` runs RUN instructions in, and what the classic builder writes before other instructions. */
const BUILDER = /^(\/bin\/sh -c (#\(nop\)\s*)?)/;

/** A command as its Dockerfile has it. @param createdBy as builders write it into the history of an image */
export function commandOf(createdBy: string): string {
  return createdBy
    .replace(BUILDER, '')
    .replace(/ # buildkit$/, '')
    .trim();
}

/**
 * The layers that hold something, bottom first. The history has an entry for each layer, and others for commands that made none
 * (OCI image specification, "Image Configuration": `history`). It is optional, and tools that flatten images write less.
 * @param sizes bytes of each layer, bottom first
 */
export function layersMade(history: SourceConfig['history'], sizes: readonly number[]): LayerMade[] {
  const commands = history.filter(({ empty_layer }) => empty_layer !== true).map(({ created_by }) => commandOf(created_by ?? ''));
  const isKnown = commands.length === sizes.length;
  return sizes.map((bytes, index) => ({ command: isKnown ? (commands[index] ?? '') : '', bytes })).filter(({ bytes }) => bytes > 0);
}
