import type { ImageConfig } from '../../images/config.js';
import type { RootFs } from '../../rootfs.js';
import type { Spot, Trace } from '../../trace/schema.js';
import { ownFiles } from './own.js';
import { type Analyst, PythonWorld } from './world.js';

/**
 * The places in the code that ran, and in the app's own code, where names are computed, so that reading cannot follow
 * them. Not those in the standard library: what they reach is known (data/standardlibrary.ts).
 */
export async function unsoundSpots(fs: RootFs, trace: Trace, analyst: Analyst, config: ImageConfig): Promise<Spot[]> {
  const world = await PythonWorld.open(fs, trace.python, analyst);
  const ran = Object.entries(trace.modules).flatMap(([name, file]) => world.finder.find(name)?.file ?? file ?? []);
  const { code } = ownFiles(fs, world, config.WorkingDir, ran);
  const files = [...new Set([...ran, ...code])].filter((path) => path.endsWith('.py') && !world.isStandard(path));
  await world.ask(files.sort());
  return world.spots();
}
