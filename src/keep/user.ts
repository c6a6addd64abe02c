import ignore from 'ignore';
import picomatch from 'picomatch';
import type { Finding, Rule } from './rule.js';

/** What the user decides: globs on the command line, and the patterns of a .pyshrinkkeep file. */
export interface UserChoice {
  include: readonly string[];
  exclude: readonly string[];
  /** Text of a .pyshrinkkeep file. It has the format of a .dockerignore, but a matching path is kept. */
  keepFile?: string;
}

/** Keeps what the user includes. A pattern that names a directory includes everything in it. */
export function userRule({ include, keepFile }: UserChoice): Rule {
  return {
    name: 'user',
    begin({ fs }) {
      const listed = ignore().add(keepFile ?? '');
      const globs = include.map((pattern) => ({ pattern, matches: matcher(pattern) }));
      const used = new Set<string>();
      const findings: Finding[] = [];
      for (const path of fs.entries.keys()) {
        if (path === '/') continue;
        const glob = globs.find(({ matches }) => matches(path));
        if (glob) {
          used.add(glob.pattern);
          findings.push({ path, rule: 'user', kind: 'include', subject: glob.pattern, parents: [] });
        } else if (keepFile !== undefined && listed.ignores(path.slice(1))) {
          findings.push({ path, rule: 'user', kind: 'keep-file', parents: [] });
        }
      }
      const unused = include.filter((pattern) => !used.has(pattern));
      return [...findings, ...unused.map((pattern) => ({ note: `--include ${pattern} matches nothing in the image` }))];
    },
  };
}

/** The kept paths that the user excludes. */
export function excluded(paths: Iterable<string>, { exclude }: UserChoice): string[] {
  const globs = exclude.map(matcher);
  return [...paths].filter((path) => path !== '/' && globs.some((matches) => matches(path)));
}

/** Whether a path matches a glob of the user, or lies below a folder that does. */
export function matcher(pattern: string): (path: string) => boolean {
  const absolute = (pattern.startsWith('/') ? pattern : `/${pattern}`).replace(/\/+$/, '');
  return picomatch([absolute, `${absolute}/**`], { dot: true });
}
