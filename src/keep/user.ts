import ignore from 'ignore';
import picomatch from 'picomatch';
import type { Rule } from './rule.js';

/** What the user decides: globs on the command line, and the patterns of a .pyshrinkkeep file. */
export interface UserChoice {
  include: readonly string[];
  exclude: readonly string[];
  /** Text of a .pyshrinkkeep file, which is written as a .dockerignore is: what it names is kept, `!` takes back. */
  keepFile?: string;
}

/** What the user includes. A pattern that names a directory takes all that is in it. */
export function userRule({ include, keepFile }: UserChoice): Rule {
  return {
    name: 'user',
    begin({ fs, notes }) {
      const listed = ignore().add(keepFile ?? '');
      const globs = include.map((pattern) => ({ pattern, matches: matcher(pattern), used: false }));
      const additions = [];
      for (const path of fs.entries.keys()) {
        if (path === '/') continue;
        const glob = globs.find(({ matches }) => matches(path));
        if (glob) glob.used = true;
        const detail = glob
          ? `--include ${glob.pattern}`
          : keepFile !== undefined && listed.ignores(path.slice(1))
            ? '.pyshrinkkeep'
            : undefined;
        if (detail !== undefined) additions.push({ path, rule: 'user', parents: [], detail });
      }
      for (const { pattern, used } of globs) if (!used) notes.push(`--include ${pattern} matches nothing in the image`);
      return additions;
    },
  };
}

/** The kept paths that the user takes out. */
export function excluded(paths: Iterable<string>, { exclude }: UserChoice): string[] {
  const globs = exclude.map(matcher);
  return [...paths].filter((path) => path !== '/' && globs.some((matches) => matches(path)));
}

function matcher(pattern: string): (path: string) => boolean {
  const absolute = (pattern.startsWith('/') ? pattern : `/${pattern}`).replace(/\/+$/, '');
  return picomatch([absolute, `${absolute}/**`], { dot: true });
}
