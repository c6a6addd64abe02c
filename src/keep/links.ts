import { parentOf } from '../rootfs.js';
import type { Addition } from './keepset.js';
import type { Rule } from './rule.js';

/** Every symbolic link has its target, as far as the image has it. */
export const linksRule: Rule = {
  name: 'links',
  visit(entry) {
    if (entry.type !== 'l') return [];
    const target = entry.target?.startsWith('/') ? entry.target : `${parentOf(entry.path)}/${entry.target}`;
    return [{ path: target, rule: 'links', parents: [entry.path], detail: 'target of a symbolic link' }];
  },
};

/** Every parent directory, with its owner and mode. */
export const parentsRule: Rule = {
  name: 'parents',
  visit(entry) {
    if (entry.path === '/') return [];
    return [{ path: parentOf(entry.path), rule: 'parents', parents: [entry.path], detail: 'directory of a kept path' }];
  },
};

/** Directories that the kernel, the runtime and an arbitrary uid expect. */
const EXPECTED = ['/', '/tmp', '/var/tmp', '/proc', '/sys', '/dev', '/run', '/etc', '/root'];

/** What has to exist before anything runs: mount points, temporary directories, the working directory, homes, volumes. */
export const runtimeRule: Rule = {
  name: 'runtime',
  begin({ config, fs, trace, environment }) {
    const add = (path: string, detail: string): Addition => ({ path, rule: 'runtime', parents: [], detail });
    return [
      ...EXPECTED.map((path) => add(path, 'expected by the runtime or the kernel')),
      ...(config.WorkingDir ? [add(config.WorkingDir, 'working directory')] : []),
      ...Object.keys(config.Volumes ?? {}).map((path) => add(path, 'volume')),
      ...(environment.HOME ? [add(environment.HOME, 'home directory')] : []),
      // A merged /usr: /bin and /lib lead there, and first lines name them.
      ...fs.list('/').flatMap((path) => (fs.lstat(path)?.type === 'l' ? [add(path, 'leads to a directory of the system')] : [])),
      ...['/etc/passwd', '/etc/group'].map((path) => add(path, `the runtime looks up ${config.User || 'root'} and its home in it`)),
      ...trace.processes.flatMap(({ executable }) => (executable ? [add(executable, 'was running')] : [])),
    ];
  },
};
