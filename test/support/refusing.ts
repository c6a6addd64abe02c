import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { workdir } from './engine.js';

/** What a program of this computer refuses: a word of its arguments; undefined for all of them. */
export type Refused = readonly [program: string, word?: string];

/**
 * A PATH on which some programs fail as on a computer that allows less: they are run as usual, but for what they refuse.
 * Every user can use it.
 */
export function pathRefusing(refused: readonly Refused[]): string {
  const folder = workdir();
  chmodSync(folder, 0o755);
  for (const [program, word] of refused) {
    const real = execFileSync('sh', ['-c', 'command -v "$1"', 'sh', program]).toString().trim();
    const check = word === undefined ? '' : `case " $* " in *" ${word} "*) ;; *) exec ${real} "$@" ;; esac\n`;
    const script = `#!/bin/sh\n${check}echo '${program}: Operation not permitted' >&2\nexit 1\n`;
    writeFileSync(join(folder, program), script, { mode: 0o755 });
  }
  return `${folder}${delimiter}${process.env.PATH}`;
}
