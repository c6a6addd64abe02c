import { relative, resolve } from 'node:path';
import { usageError } from '../errors.js';
import { parseImageName } from '../images/name.js';
import { proposeRuns } from '../project/propose.js';
import { proposeServices } from '../project/proposeservices.js';
import { projectText } from '../project/write.js';
import { composeBeside, hiddenBy, imageOfCompose, requireBuilt, unusedError, usersOfImage } from './compose.js';
import { type SessionOptions, withSession } from './context.js';
import { openImage } from './images.js';
import { lookAt } from './init.js';

export interface InitOptions extends SessionOptions {
  /** Missing: the one of the compose file. */
  image?: string | undefined;
  /** A compose file, whose services of the image become the runs. Default: the one of the working directory, where it can be used. */
  compose?: string | undefined;
  /** Folder of the project file, which the compose file is named from; default: the working directory. */
  folder?: string | undefined;
}

/** Looks at an image, and says what its project file could be. Nothing of the app is run, and nothing is written. */
export async function initProject(options: InitOptions): Promise<{ text: string; image: string; runs: string[] }> {
  const { compose, unused } = await composeBeside(options.compose);
  const name = options.image ?? (compose && imageOfCompose(compose));
  if (name === undefined)
    throw usageError(unused ?? 'There is no image to look at, and no compose file here that names one.', 'Write `pyshrink init IMAGE`.');
  const image = parseImageName(name);
  return withSession(options, image, async (context) => {
    if (compose) await requireBuilt(context, compose, name);
    const original = await openImage(context, image);
    const users = compose ? await usersOfImage(context, original, compose) : [];
    if (compose && users.length === 0 && options.compose !== undefined) throw unusedError(original.reference, compose);
    const found = await lookAt(context, original);
    const ofServices = users.flatMap((user) => Object.keys(compose?.model.services?.[user]?.environment ?? {}));
    const looked = { ...found, image: name, environment: [...found.environment, ...ofServices] };
    const isUsed = compose !== undefined && users.length > 0;
    const runs = isUsed ? proposeServices(looked, compose.model, users) : proposeRuns(looked);
    const why = compose && !isUsed ? `No service of ${compose.file} uses this image.` : unused;
    const beside = isUsed
      ? { file: relative(resolve(options.folder ?? '.'), compose.path), hidden: await hiddenBy(context, original, compose, users) }
      : why === undefined
        ? {}
        : { unused: why };
    return { text: projectText(looked, runs, beside), image: name, runs: runs.map(({ name }) => name) };
  });
}
