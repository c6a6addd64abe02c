import { availableParallelism, freemem, totalmem } from 'node:os';

/** What containers of an engine have for all of them together. */
export interface Room {
  cores: number;
  /** Bytes of memory that are free now, as far as that is known; else all. */
  memory: number;
}

/** The room of this computer, within the limits of this process. */
export function ownRoom(): Room {
  return { cores: availableParallelism(), memory: process.availableMemory?.() ?? freemem() };
}

/**
 * The room of a daemon's computer. A daemon says only how much memory there is in all.
 * @param cores, memory as the daemon says them ("SystemInfo" of the Docker Engine API)
 */
export function daemonRoom(cores: number, memory: number): Room {
  // Another amount: it is on another computer, or in a virtual machine.
  return { cores, memory: memory === totalmem() ? Math.min(freemem(), memory) : memory };
}
