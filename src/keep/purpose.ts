import { isAdded } from '../os/places.js';
import { baseName, parentOf } from '../rootfs.js';
import type { Context } from './rule.js';
import { wrappedBy } from './wrapped.js';

/** Where people install by hand. Source: FHS 3.0, 3.13 (/opt) and 4.9 (/usr/local). */
const BY_HAND = /^\/(opt|usr\/local)\//;
/** What CPython installs beside itself. Source: CPython, Makefile.pre.in: bininstall; ensurepip. */
const OF_PYTHON = /^(python|pip|idle|pydoc|2to3)[\d.]*(-config)?$/;

type Places = Pick<Context, 'fs' | 'python' | 'trace'>;

/** The package of the operating system that a path belongs to. */
async function packageOf(path: string, { fs, python }: Pick<Context, 'fs' | 'python'>): Promise<string | undefined> {
  return (await python?.packages.ownerOf(path)) ?? (await python?.packages.ownerOf(fs.resolve(path)?.path ?? path));
}

/** The package of the operating system that a path belongs to, where the app's author installed it by its name. */
export async function packageOnPurpose(path: string, context: Places): Promise<string | undefined> {
  const packages = context.python?.packages;
  if (context.trace.image.shared || !packages) return undefined;
  for (const one of [path, ...wrappedBy(path, context.fs)]) {
    const owner = await packageOf(one, context);
    if (owner !== undefined && (await packages.isOnPurpose(owner))) return owner;
  }
  return undefined;
}

/** Whether the app's author put a file into the image: with a package that they installed by its name, or by hand. */
export async function isOnPurpose(path: string, context: Places): Promise<boolean> {
  if (context.trace.image.shared) return false;
  if ((await packageOnPurpose(path, context)) !== undefined) return true;
  const real = context.fs.resolve(path)?.path ?? path;
  const byHand = BY_HAND.test(real) || isAdded(real);
  return byHand && !(await isInstalled(real, context)) && !isOfPython(real, context);
}

/** Whether a package of the operating system or a Python distribution brought a file. */
export async function isInstalled(path: string, context: Pick<Context, 'fs' | 'python'>): Promise<boolean> {
  return context.python?.distributions.ownerOf(path) !== undefined || (await packageOf(path, context)) !== undefined;
}

/** Whether the app's author put a file into the image, or the package that brought it. */
export async function isAuthors(path: string, context: Places): Promise<boolean> {
  return !(await isInstalled(path, context)) || (await isOnPurpose(path, context));
}

/** Whether the app's author wrote a file, or changed it after a package brought it. */
export async function isWritten(path: string, context: Pick<Context, 'fs' | 'python'>): Promise<boolean> {
  return !(await isInstalled(path, context)) || (await context.python?.packages.isChanged(path)) === true;
}

/** Whether code is the app's own: its files, its own distribution, and the programs that the image runs. */
export function isAppCode(path: string, { python, programs }: Context): boolean {
  return programs.has(path) || python?.isOurs(path) === true;
}

/** Whether a name is that of the interpreter or of a script that CPython installs beside it. */
export function ofPython(name: string): boolean {
  return OF_PYTHON.test(name);
}

function isOfPython(path: string, { fs, trace, python }: Places): boolean {
  const interpreter = fs.resolve(trace.python.executable)?.path ?? '';
  return (parentOf(path) === parentOf(interpreter) && ofPython(baseName(path))) || python?.isStandard(path) === true;
}
