import { stat } from 'node:fs/promises';
import type { ImageInfo } from '../engines/engine.js';
import { UserError, usageError } from '../errors.js';
import type { ImageName } from '../images/name.js';
import { referenceText } from '../images/reference.js';
import { openSource } from '../images/transports/open.js';
import type { Context } from './context.js';

export interface OpenOptions {
  /** Which image of an index: `os/architecture[/variant]`. */
  platform?: string | undefined;
  /** The command that `host:` runs, and the variables that it gets: `NAME=VALUE`. */
  command?: readonly string[];
  environment?: readonly string[];
}

/** Finds an image wherever it is, and gives it to the engine where it is elsewhere. @throws UserError where there is none */
export async function openImage({ engine, session, progress }: Context, name: ImageName, options: OpenOptions = {}): Promise<ImageInfo> {
  switch (name.transport) {
    case 'docker-daemon': {
      const text = referenceText(name.reference);
      const isFile = await stat(text).then(
        (found) => found.isFile(),
        () => false,
      );
      if (isFile && !(await engine.find(text)))
        throw new UserError(
          `There is no image ${text} in the daemon; there is a file of that name.`,
          `Name it docker-archive:${text} or oci-archive:${text}.`,
        );
      return engine.inspect(text);
    }
    case 'rootfs':
      return session.importDirectory(name.text, name.path);
    case 'host':
      if (!session.importHost) throw usageError('host: can only be the image that is shrunk.', 'Name another image.');
      return session.importHost(options.command ?? [], options.environment ?? []);
    default:
      return progress.task(`Reading ${name.text}`, async () => {
        const source = await openSource(name.text, name, options.platform, () => session.spool());
        try {
          return await session.importImage(source);
        } catch (error) {
          await source.close();
          throw error;
        }
      });
  }
}
