import type { Context } from './rule.js';

/** The package of the operating system that a program belongs to, where the app's author installed it by its name. */
export async function packageOnPurpose(path: string, { fs, trace, python }: Context): Promise<string | undefined> {
  if (!python || trace.image.shared) return undefined;
  const { packages } = python;
  const owner = (await packages.ownerOf(path)) ?? (await packages.ownerOf(fs.resolve(path)?.path ?? path));
  return owner !== undefined && (await packages.isOnPurpose(owner)) ? owner : undefined;
}
