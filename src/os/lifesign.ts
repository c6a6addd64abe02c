import { lstat, open, rename, rm } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { basename, dirname } from 'node:path';
import { z } from 'zod';

/**
 * A socket (unix(7)) on which a process listens as long as it lives. However the process ends, the kernel refuses connections
 * from then on, and it does so for processes of every PID namespace. Process ids mean nothing there.
 */
export const LifeSign = z.object({
  /** Of the file. */
  name: z.string().regex(/^[\w.-]+\.alive$/),
  /** Of the file, as its process sees it. Through another mount, a socket has other numbers, and nobody answers there. */
  device: z.string(),
  inode: z.string(),
});
export type LifeSign = z.infer<typeof LifeSign>;

/** Bytes that fit into the address of a socket on every system. */
const LONGEST = 100;
/** Milliseconds after which a process that does not answer counts as unknown. */
const PATIENCE = 2000;

/**
 * Shows that this process lives.
 * @param path of the socket: it ends in `.alive`, and nothing is there
 * @returns the sign, which is null where none can be given (the name is too long, or the file system has no sockets); and
 *   what takes it away
 */
export async function giveLifeSign(path: string): Promise<{ sign: LifeSign | null; remove: () => Promise<void> }> {
  const none = { sign: null, remove: async () => {} };
  const server = createServer((asker) => asker.on('error', () => {}).destroy());
  // Node.js removes the name that it has bound when the process exits. The sign outlives it, so it gets another name.
  const bound = `${path}.new`;
  const listens = (address: string) =>
    new Promise<boolean>((resolve) => {
      server.on('error', () => resolve(false));
      server.listen({ path: address, exclusive: true }, () => resolve(true));
    });
  if (!(await atAddress(bound, listens))) return none;
  server.unref();
  const remove = async () => {
    await new Promise((closed) => server.close(closed));
    for (const name of [bound, path]) await rm(name, { force: true });
  };
  await rename(bound, path).catch(() => {});
  const file = await lstat(path, { bigint: true }).catch(() => undefined);
  // Some file systems make a socket, and nobody can connect to it.
  if (!file?.isSocket() || (await atAddress(path, answerOf)) !== 'connected') {
    await remove();
    return none;
  }
  return { sign: { name: basename(path), device: String(file.dev), inode: String(file.ino) }, remove };
}

/**
 * Whether the process that gave a sign has ended.
 * @param path where the sign's socket is
 * @returns false also where that is not certain
 */
export async function hasStopped(path: string, { device, inode }: LifeSign): Promise<boolean> {
  const file = await lstat(path, { bigint: true }).catch(() => undefined);
  if (!file?.isSocket() || String(file.dev) !== device || String(file.ino) !== inode) return false;
  return (await atAddress(path, answerOf)) === 'ECONNREFUSED';
}

/**
 * Does something with the address of a socket. An address is short, and a path may be long: Linux has a short one for each
 * open folder (proc(5), `/proc/self/fd`).
 * @returns undefined where the path has no address
 */
async function atAddress<T>(path: string, use: (address: string) => Promise<T>): Promise<T | undefined> {
  if (process.platform === 'win32') return undefined;
  if (process.platform !== 'linux') return Buffer.byteLength(path) > LONGEST ? undefined : use(path);
  const folder = await open(dirname(path)).catch(() => undefined);
  if (!folder) return undefined;
  try {
    const address = `/proc/self/fd/${folder.fd}/${basename(path)}`;
    return Buffer.byteLength(address) > LONGEST ? undefined : await use(address);
  } finally {
    await folder.close();
  }
}

/** @returns `connected`, the code of the error, or `silent` */
function answerOf(address: string): Promise<string> {
  return new Promise((resolve) => {
    const connection = createConnection({ path: address });
    const end = (answer: string) => {
      resolve(answer);
      connection.destroy();
    };
    connection.once('connect', () => end('connected'));
    connection.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'silent'));
    connection.setTimeout(PATIENCE, () => end('silent'));
  });
}
