import { visible, visibleJson } from '../printable.js';
import { type Model, servicesOf } from './model.js';

/** How a file of {@link overrideText} begins. Only such a file is replaced. */
export const OVERRIDE_HEAD = '# Made by pyshrink.';

/**
 * A compose file that is given beside the user's own one, so that services use the shrunk image.
 * @param file the user's file
 * @param override the file that is written
 * @param image name of the shrunk image
 * @param users the services that use it
 */
export function overrideText(file: string, override: string, model: Model, image: string, users: readonly string[]): string {
  const lines = servicesOf(model)
    .filter(([name]) => users.includes(name))
    .flatMap(([name, { build }]) => [
      `  ${visibleJson(name)}:`,
      `    image: ${JSON.stringify(image.replaceAll('$', '$$$$'))}`,
      // `up --build` would give the name of the shrunk image to a large one. The tag is of docker compose 2.24.
      ...(build ? ['    build: !reset null'] : []),
    ]);
  const head = `${OVERRIDE_HEAD} docker compose -f ${file} -f ${override} up`;
  return [visible(head), 'services:', ...lines, ''].join('\n');
}
