import type { Entry } from '../rootfs.js';
import { CONFIGURATION } from './data/configurations.js';
import { anyPath } from './evidence.js';
import { isWritten } from './purpose.js';
import type { Addition } from './reason.js';
import type { Context, Rule } from './rule.js';
import { LONGEST_BY_HAND } from './shellfiles.js';

/** An absolute path; not a part of an address or of a longer path. */
const PATH = /(?<![\w.:~/}*-])\/[\w@+][\w.@+/-]*/g;
/** More paths are a list of data. */
const MOST = 1000;

/**
 * What the configurations name that the app's author wrote and that some run opened (from the level `reachable` on): folders that a
 * web server serves, pages for errors, files that are read later.
 */
export class ConfiguredRule implements Rule {
  readonly name = 'configured';
  private opened: ReadonlySet<string> = new Set();

  begin({ fs, trace }: Context): Addition[] {
    const read = trace.observations.filter(({ kind }) => kind === 'open');
    this.opened = new Set(read.flatMap(({ path }) => fs.resolve(path)?.path ?? []));
    return [];
  }

  async visit({ path, type, size }: Entry, context: Context): Promise<Addition[]> {
    const { python, fs, programs } = context;
    if (!python || type !== 'f' || size > LONGEST_BY_HAND || !CONFIGURATION.test(path) || programs.has(path)) return [];
    if (!this.opened.has(path) || !(await isWritten(path, context))) return [];
    const bytes = Buffer.from(await fs.read(path, 0, size));
    const subjects = bytes.includes(0) ? new Map<string, number>() : pathsIn(bytes.toString('utf8'));
    return [...subjects].flatMap(([subject, line]) =>
      anyPath(subject, python).flatMap(({ paths }) =>
        paths.map((one): Addition => ({ ...one, rule: 'configured', line, parents: [path] })),
      ),
    );
  }
}

/** Path → the first line that has it, from 1. Comments do not count. */
function pathsIn(text: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const [index, line] of text.split('\n').entries()) {
    for (const [path] of line.replace(/^\s*[#;].*/, '').matchAll(PATH)) if (!found.has(path)) found.set(path, index + 1);
    if (found.size > MOST) return new Map();
  }
  return found;
}
