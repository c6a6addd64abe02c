import type { Kind } from './firstprocess.js';
import type { NamespaceSupport } from './namespaces.js';

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
export function isolationAdvice({ user, runtime }: NamespaceSupport): string | undefined {
  const advice: string[] = [];
  if (user === 'single' || user === 'bubblewrap')
    advice.push('For images with several users, install uidmap and give yourself ranges in /etc/subuid and /etc/subgid.');
  if (runtime === undefined && user !== 'bubblewrap' && process.env.PYSHRINK_RUNTIME !== 'none')
    advice.push('For the isolation of a container runtime, install the package crun or runc.');
  return advice.length === 0 ? undefined : advice.join(' ');
}
