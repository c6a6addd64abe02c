import type { ImageConfig } from '../../images/config.js';
import type { RootFs } from '../../rootfs.js';
import type { Trace } from '../../trace/schema.js';
import { type OwnFiles, ownFiles } from './own.js';
import { type Analyst, PythonWorld } from './world.js';

/** The code that ran, and the app's own code: read, and without the standard library. */
export interface CodeThatRan {
  world: PythonWorld;
  own: OwnFiles;
}

/** Reads the code that ran, and the app's own code. */
export async function codeThatRan(fs: RootFs, trace: Trace, analyst: Analyst, config: ImageConfig): Promise<CodeThatRan> {
  const world = await PythonWorld.open(fs, trace.python, analyst);
  const ran = Object.entries(trace.modules).flatMap(([name, file]) => world.finder.find(name)?.file ?? file ?? []);
  const { code, data } = await ownFiles(fs, world, config.WorkingDir, trace);
  // The app may be installed like a distribution, also as an editable one.
  const installed = [...fs.entries.values()].filter(({ type, path }) => type === 'f' && path.endsWith('.py') && world.isOurs(path));
  const own = { code: new Set([...code, ...installed.map(({ path }) => path)]), data };
  const files = [...new Set([...ran, ...own.code])].filter((path) => path.endsWith('.py') && !world.isStandard(path));
  await world.ask(files.sort());
  return { world, own };
}
