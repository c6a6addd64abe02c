import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { extract, type Pack, pack } from 'tar-stream';
import { type ImageInfo, KIT_MOUNT, type Session } from '../engines/engine.js';
import { PLAIN_RUN } from '../engines/runoptions.js';
import type { Helper } from '../guest/helper.js';
import { IMPORT_PROBE_FILE } from '../trace/facts.js';

/** A .pth line that starts probes/imports.py. `site` executes it in every interpreter of the image that reads .pth files. */
const START_LINE = `import os; _p="${KIT_MOUNT}/pyshrink_probes/imports.py"; _g={}; os.path.exists(_p) and (exec(compile(open(_p).read(),_p,"exec"),_g) or _g["start"]("${KIT_MOUNT}/observations"))\n`;

/**
 * Makes a throwaway image with the import probe in each folder that `site` reads.
 * @returns its id, or the id of `image` itself where nothing may be added
 */
export async function addImportProbe(session: Session, helper: Helper, image: ImageInfo): Promise<string> {
  // Nothing is written to this computer itself, and an engine may have no way to commit.
  if (!image.separateRoot || !session.features.commit || helper.python.sitePackages.length === 0) return image.id;
  // Without run options: the new image inherits the configuration of this container.
  const container = await session.create({
    image: image.id,
    command: ['pyshrink'],
    run: PLAIN_RUN,
    volume: helper.volume,
    attachInput: false,
    role: 'app',
  });
  const archive = pack();
  for (const folder of helper.python.sitePackages)
    archive.entry({ name: `${folder.slice(1)}/${IMPORT_PROBE_FILE}`, mode: 0o644 }, START_LINE);
  // Gives the interpreter a new inode and change time, as it has in the shrunk image. Programs that remember things by
  // them (uv's cache) then behave the same in both. The local engine unpacks the image anew in any case.
  const { real } = helper.python;
  if (!session.features.freshFiles) await addFrom(archive, await container.getArchive(real), `${posix.dirname(real).slice(1)}/`);
  archive.finalize();
  // Read to its end first: the daemon can't read from and write to a container at the same time.
  await container.putArchive('/', await buffer(archive));
  const id = await container.commit();
  await container.remove();
  return id;
}

/** Adds the members of another archive, with their names below a folder. */
async function addFrom(archive: Pack, other: Readable, folder: string): Promise<void> {
  const members = extract();
  pipeline(other, members).catch(() => {}); // the loop below throws the error, too
  for await (const member of members) {
    const { header } = member;
    const name = folder + header.name;
    const linkname = header.type === 'link' && header.linkname ? folder + header.linkname : header.linkname;
    archive.entry({ ...header, name, linkname }, await buffer(member));
  }
}
