import { homesIn } from '../os/homes.js';
import { parentOf } from '../rootfs.js';
import { EXPECTED_DIRECTORIES, STANDARD_DIRECTORIES, USER_DATABASE } from './data/directories.js';
import type { Addition, Because } from './reason.js';
import type { Rule } from './rule.js';

/** Keeps the target of every kept symbolic link, where the image has it. */
export const linksRule: Rule = {
  name: 'links',
  visit(entry) {
    if (entry.type !== 'l') return [];
    const target = entry.target?.startsWith('/') ? entry.target : `${parentOf(entry.path)}/${entry.target}`;
    return [{ path: target, rule: 'links', kind: 'target', parents: [entry.path] }];
  },
};

/** Keeps every parent directory, so that its owner and mode stay as they are. */
export const parentsRule: Rule = {
  name: 'parents',
  visit(entry) {
    if (entry.path === '/') return [];
    return [{ path: parentOf(entry.path), rule: 'parents', kind: 'directory', parents: [entry.path] }];
  },
};

/** What has to exist before anything runs: mount points, temporary directories, the working directory, homes, volumes. */
export const runtimeRule: Rule = {
  name: 'runtime',
  async begin({ config, fs, trace, environment, level }) {
    const homes = await homesIn(fs, config.User);
    const add = (path: string, kind: Because<'runtime'>['kind'], subject?: string): Addition => ({
      path,
      rule: 'runtime',
      kind,
      parents: [],
      ...(subject !== undefined && { subject }),
    });
    return [
      ...[...EXPECTED_DIRECTORIES, ...(level === 'observed' ? [] : STANDARD_DIRECTORIES)].map((path) => add(path, 'expected')),
      ...(config.WorkingDir ? [add(config.WorkingDir, 'working-directory')] : []),
      ...Object.keys(config.Volumes ?? {}).map((path) => add(path, 'volume')),
      ...[environment.HOME, homes.user, ...(trace.image.shared ? [] : homes.added)].flatMap((home) => (home ? [add(home, 'home')] : [])),
      // With a merged /usr, /bin and /lib are links, and the first lines of scripts go through them.
      ...fs.list('/').flatMap((path) => (fs.lstat(path)?.type === 'l' ? [add(path, 'top-level-link')] : [])),
      ...USER_DATABASE.map((path) => add(path, 'user-database', config.User || 'root')),
      ...trace.processes.flatMap(({ executable }) => (executable ? [add(executable, 'running')] : [])),
    ];
  },
};
