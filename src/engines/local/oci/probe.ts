import { lstat, mkdir, mkdtemp, readlink, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { debug } from '../../../debug.js';
import { UserError } from '../../../errors.js';
import { DEFAULT_PATH } from '../../../images/config.js';
import { printable } from '../../../printable.js';
import { ControlGroup, UNLIMITED } from '../cgroups.js';
import { ContainerFiles } from '../files.js';
import { isRoot, type Kind } from '../firstprocess.js';
import type { NamespaceSupport } from '../namespaces.js';
import type { Bind } from '../setup.js';
import type { OciPlan } from './config.js';
import { RuntimeContainer } from './container.js';
import { makesGroup, type RuntimeName, runtimesToTry } from './runtime.js';

/** Directories of this computer with what `/bin/sh` needs. On some systems, some of them are links. */
const PROGRAMS = ['bin', 'lib', 'lib32', 'lib64', 'usr', 'nix'];
/** Exit status of the command that is tried. */
const STATUS = 7;
/** Characters of its messages that are shown, the last ones. */
const MOST_WORDS = 400;
/** Milliseconds after which an attempt counts as failed. */
const LIMIT = 10_000;

/** A runtime that is installed and runs no container here. */
export interface Unusable {
  runtime: RuntimeName;
  /** A clause, e.g. `it needs a user namespace here`. */
  reason: string;
}

/**
 * The first container runtime that runs a container here, found out by running one; and those before it.
 * @param folder where containers will have their files
 * @throws UserError where PYSHRINK_RUNTIME names one that does not work here, or none at all
 */
export async function probeRuntimes(
  { user, cgroups }: NamespaceSupport,
  folder: string,
): Promise<{ runtime?: RuntimeName; unusable: Unusable[] }> {
  const unusable: Unusable[] = [];
  for (const runtime of await runtimesToTry()) {
    const problem = refusal(runtime, user, cgroups ?? false) ?? (await attempt(runtime, user, cgroups ?? false, folder));
    if (problem === undefined) return { runtime, unusable };
    unusable.push({ runtime, reason: problem });
    debug.engine('the runtime %s does not work: %s', runtime, problem);
    if (process.env.PYSHRINK_RUNTIME)
      throw new UserError(
        `PYSHRINK_RUNTIME names ${runtime}, and it runs no container here: ${problem}`,
        'Name another runtime, or unset the variable.',
      );
  }
  return { unusable };
}

/** Why a runtime is not even tried. */
export function refusal(runtime: RuntimeName, user: Kind, cgroups: boolean): string | undefined {
  const makes = makesGroup(runtime);
  // A runtime needs more rights than it leaves.
  if (user === 'bubblewrap') return 'only bubblewrap can make user namespaces here, and no runtime can work inside it';
  // Without a user namespace, only a control group keeps an app that may make device files from using them.
  if (user === 'root' && !makes) return 'it needs a user namespace here';
  // It would make one all the same, elsewhere, and leave it there.
  if (isRoot(user) && makes && !cgroups) return 'it needs a control group, and none can be made here';
  return undefined;
}

/** @returns what went wrong; undefined where it worked */
async function attempt(runtime: RuntimeName, user: Kind, cgroups: boolean, folder: string): Promise<string | undefined> {
  const place = await mkdtemp(join(folder, 'try-'));
  const root = join(place, 'root');
  await mkdir(root);
  const binds: Bind[] = [];
  for (const name of PROGRAMS) {
    const found = await lstat(`/${name}`).catch(() => undefined);
    if (found?.isSymbolicLink()) await symlink(await readlink(`/${name}`), join(root, name));
    if (!found?.isDirectory()) continue;
    await mkdir(join(root, name));
    binds.push({ source: `/${name}`, target: `/${name}`, readOnly: true, type: 'directory' });
  }
  const config: Omit<OciPlan, 'root' | 'sys' | 'cgroup' | 'newCalls'> = {
    ...{ readOnly: false, binds, tmpfs: [], shmSize: 1 << 20, hostname: 'try', pids: undefined },
    mappings: user === 'identity' ? { users: [[0, 0, 1]], groups: [[0, 0, 1]] } : undefined,
    process: {
      args: ['/bin/sh', '-c', `exit ${STATUS}`],
      environment: { PATH: DEFAULT_PATH }, // youki does not start a process without it
      user: { uid: 0, gid: 0, groups: [], home: '/' },
      ...{ cwd: '/', capabilities: [], noNewPrivileges: false, limits: [] },
    },
  };
  const group = cgroups
    ? await ControlGroup.make(basename(folder), basename(place), UNLIMITED, { nested: makesGroup(runtime) })
    : undefined;
  const files = new ContainerFiles(root, [], place);
  const rootfs = { kind: 'ready' } as const;
  const container = new RuntimeContainer({
    ...{ place, runtime, user, rootfs, fuse: undefined, config, network: 'none', input: false, group, files },
    refusing: (command) => [...command],
    entering: [],
    commit: () => place,
  });
  const timer = setTimeout(() => container.remove(), LIMIT);
  try {
    const streams = await container.start();
    streams.stdout.resume();
    const said = text(streams.stderr).catch(() => ''); // a container that is removed has no more to say
    const status = await container.wait();
    if (status === STATUS) return undefined;
    const words = printable((await said).trim().slice(-MOST_WORDS));
    return `its test ended with status ${status}${words && `, and it said: ${words}`}`;
  } catch (error) {
    return (error as Error).message;
  } finally {
    clearTimeout(timer);
    await container.remove();
    await rm(place, { recursive: true, force: true });
  }
}
