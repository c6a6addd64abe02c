import { randomInt } from 'node:crypto';
import type { Session } from '../engines/engine.js';
import { UserError } from '../errors.js';

/** Files that are read at the same time: as many as Node.js has threads for files. */
const AT_ONCE = 4;

/**
 * Checks the bytes that the original's Python has sent against those that the engine has from the layers. Where the layers were
 * read here, all files are checked; where only a daemon has them, eight files, chosen at random.
 * @param image identifier of the original
 * @param digests path of a file → digest of the bytes that were sent
 * @returns the number of files that were checked
 * @throws UserError where a file differs
 */
export async function requireGenuine(
  session: Pick<Session, 'digestsOf' | 'fileDigest' | 'features'>,
  image: string,
  digests: ReadonlyMap<string, string>,
): Promise<number> {
  let checked = 0;
  const known = session.digestsOf?.(image);
  const rest = sample([...digests], known ? digests.size : session.features.compared).values();
  const check = async () => {
    for (const [path, sent] of rest) {
      const stored = known ? known.get(path) : await session.fileDigest?.(image, path);
      if (stored === undefined) continue;
      checked++;
      if (stored !== sent)
        throw new UserError(
          `The original's Python has sent other bytes of ${path} (${sent}) than its layers have (${stored}).`,
          'Do not trust this image. If its files do not change by themselves, something in it changes what programs read.',
        );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, check));
  return checked;
}

/** Some items, chosen at random: an image can't know which. All where they are no more than that. */
function sample<T>(items: readonly T[], most: number): T[] {
  const left = [...items];
  const taken: T[] = [];
  while (left.length > 0 && taken.length < most) {
    const at = randomInt(left.length);
    taken.push(left[at] as T);
    left[at] = left[left.length - 1] as T;
    left.pop();
  }
  return taken;
}
