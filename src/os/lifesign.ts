import { lstat, rename, rm } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { basename } from 'node:path';
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

/** Bytes of a path that fit into the address of a socket on every system. */
const LONGEST = 100;
/** Milliseconds after which a process that does not answer counts as unknown. */
const PATIENCE = 2000;

/**
 * Shows that this process lives.
 * @param path of the socket: it ends in `.alive`, and nothing is there
 * @returns the sign, which is null where none can be given (the path is too long, or the file system has no sockets); and
 *   what takes it away
 */
export async function giveLifeSign(path: string): Promise<{ sign: LifeSign | null; remove: () => Promise<void> }> {
  const none = { sign: null, remove: async () => {} };
  if (process.platform === 'win32' || Buffer.byteLength(path) > LONGEST) return none;
  const server = createServer((asker) => asker.on('error', () => {}).destroy());
  // Node.js removes the name that it has bound when the process exits. The sign outlives it, so it gets another name.
  const bound = `${path}.new`;
  const listens = await new Promise<boolean>((resolve) => {
    server.on('error', () => resolve(false));
    server.listen({ path: bound, exclusive: true }, () => resolve(true));
  });
  if (!listens) return none;
  server.unref();
  const remove = async () => {
    await new Promise((closed) => server.close(closed));
    for (const name of [bound, path]) await rm(name, { force: true });
  };
  await rename(bound, path).catch(() => {});
  const file = await lstat(path, { bigint: true }).catch(() => undefined);
  // Some file systems make a socket, and nobody can connect to it.
  if (!file?.isSocket() || (await answerOf(path)) !== 'connected') {
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
  return (await answerOf(path)) === 'ECONNREFUSED';
}

/** @returns `connected`, the code of the error, or `silent` */
function answerOf(path: string): Promise<string> {
  return new Promise((resolve) => {
    const connection = createConnection({ path });
    const end = (answer: string) => {
      resolve(answer);
      connection.destroy();
    };
    connection.once('connect', () => end('connected'));
    connection.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'silent'));
    connection.setTimeout(PATIENCE, () => end('silent'));
  });
}
