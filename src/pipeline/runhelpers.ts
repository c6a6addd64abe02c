import type { ImageInfo, Session } from '../engines/engine.js';
import { Helper } from '../guest/helper.js';

/**
 * Gives each run a helper of its own, and so a volume of its own: runs that go on side by side must not write into one folder
 * of observations, which is read as a whole while others still write.
 * @param known helpers that are there already, in the order of the runs
 * @returns the helper of a run, by its index. It is started when it is first asked for.
 */
export function runHelpers(session: Session, image: ImageInfo, known: readonly [Helper, ...Helper[]]): (index: number) => Promise<Helper> {
  const helpers = known.map((helper) => Promise.resolve(helper));
  const { executable } = known[0].python;
  return (index) => {
    helpers[index] ??= Helper.start(session, image, executable);
    return helpers[index];
  };
}
