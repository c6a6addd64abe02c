import type { Kind } from './firstprocess.js';
import type { NamespaceSupport } from './namespaces.js';
import { refusal } from './oci/probe.js';

/** Runtimes that distributions have as packages. */
const PACKAGES = ['crun', 'runc'] as const;
const USERS: Readonly<Record<Kind, string>> = {
  identity: 'as root, in a user namespace',
  root: 'as root, without a user namespace, so an app that is root may break out',
  ranges: "as an ordinary user, with other users' ids (subuid(5))",
  single: 'as an ordinary user, who is the only one inside',
  bubblewrap: 'by bubblewrap, with one user inside',
};
const FILES: Readonly<Record<NamespaceSupport['overlay'], string>> = {
  kernel: 'overlayfs',
  fuse: 'fuse-overlayfs',
  copy: 'each container gets a copy of its image',
};

/** How containers are isolated, e.g. `crun as root, in a user namespace, with cgroups; overlayfs`. */
export function describeIsolation({ user, overlay, runtime, cgroups }: NamespaceSupport): string {
  return `${runtime ?? 'namespaces'} ${USERS[user]}, ${cgroups ? 'with cgroups' : 'without cgroups, so without limits of memory and processes'}; ${FILES[overlay]}`;
}

/** What the user can install for more isolation, or for images with several users. */
export function isolationAdvice(found: NamespaceSupport): string | undefined {
  const { user } = found;
  const runtime = runtimeAdvice(found);
  const users =
    user === 'single' || user === 'bubblewrap'
      ? 'For images with several users, install uidmap and give yourself ranges in /etc/subuid and /etc/subgid.'
      : undefined;
  return users && runtime ? `${users} ${runtime}` : (users ?? runtime);
}

/**
 * How to get a container runtime, where none runs the containers; undefined where the user does not want one, or none could
 * work. As sentences.
 */
export function runtimeAdvice({ user, runtime, cgroups, unusable = [] }: NamespaceSupport): string | undefined {
  if (runtime !== undefined || user === 'bubblewrap' || process.env.PYSHRINK_RUNTIME === 'none') return undefined;
  const said = unusable.map(({ runtime, reason }) => `${runtime} is installed, but it is not used: ${reason.replace(/\.$/, '')}.`);
  const others = PACKAGES.filter(
    (name) => !unusable.some(({ runtime }) => runtime === name) && refusal(name, user, cgroups ?? false) === undefined,
  );
  if (others.length > 0) said.push(`For the isolation of a container runtime, install the package ${others.join(' or ')}.`);
  return said.length === 0 ? undefined : said.join(' ');
}
