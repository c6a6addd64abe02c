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
