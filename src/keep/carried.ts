import { isLibraryName } from '../os/places.js';
import { classifyFiles, type FileKind } from '../python/classify.js';
import type { Distribution } from '../python/distributions.js';
import { baseName, parentOf } from '../rootfs.js';
import type { Strength } from './data/costs.js';
import { GRADES, type Grade } from './level.js';
import type { Grades } from './python/grades.js';
import type { PythonWorld } from './python/world.js';
import type { Addition } from './reason.js';
import type { Context, Finding, Rule } from './rule.js';

/** A native file of a distribution that no import and no linkage leads to. */
interface Carried {
  path: string;
  kind: 'library' | 'inside-program';
  /** Whether it has the name of an extension module, as plugins of other programs have, too. */
  likeModule: boolean;
  distribution: Distribution;
  /** The grade and whether code names it, when it was last decided. */
  said: string;
}

/**
 * Native files that a distribution carries, and that only its code can find (from the level `reachable` on): libraries that no file is
 * linked with, and programs in its folders. What the app imports brings its libraries, and the programs that its code names. Of what
 * is pulled in, only libraries that its code names count, and programs where they are cheap.
 */
export class CarriedRule implements Rule {
  readonly name = 'distribution';
  private readonly carried = new Map<Distribution, Carried[]>();

  constructor(
    private readonly world: PythonWorld,
    private readonly grades: Grades,
  ) {}

  async settle(context: Context): Promise<Finding[]> {
    const findings: Finding[] = [];
    for (const [distribution, { grade, by }] of this.grades.all) {
      if (grade === 'touched') continue;
      const carried = this.carried.get(distribution) ?? (await this.carriedBy(distribution, context));
      this.carried.set(distribution, carried);
      if (carried.length === 0) continue;
      const texts = this.textsOf(distribution);
      for (const one of carried) {
        const isNamed = isNamedIn(texts, one);
        const isRun = this.grades.ranByApp.has(distribution);
        const said = `${GRADES.indexOf(grade)} ${isNamed} ${isRun}`;
        if (one.said === said) continue;
        one.said = said;
        findings.push(...this.decide(one, isRun && one.kind === 'inside-program' ? 'app' : grade, isNamed, by));
      }
    }
    return findings;
  }

  private decide(one: Carried, grade: Grade, isNamed: boolean, by: string | undefined): Finding[] {
    const { path, kind, distribution } = one;
    const addition: Addition = { path, rule: 'distribution', kind, of: distribution.name, parents: by === undefined ? [] : [by] };
    if (distribution.local) return [addition]; // the app's own
    // Somebody installed a wheel by name, so that a library which the app imports finds its program: imageio-ffmpeg.
    const user = by === undefined ? undefined : this.world.distributions.ownerOf(by);
    const isForLibrary = user !== undefined && user !== distribution && this.grades.has(user, 'app');
    const isMeant = isNamed && isForLibrary && this.world.distributions.isByName(distribution);
    const offer = kind === 'library' ? strengthOfLibrary(one, grade, isNamed) : strengthOfProgram(isMeant ? 'app' : grade, isNamed);
    return [offer === undefined ? addition : { offer, additions: [addition] }];
  }

  private async carriedBy(distribution: Distribution, context: Context): Promise<Carried[]> {
    const found: Carried[] = [];
    const kinds = classifyFiles(distribution, this.world.layout.suffixes);
    for (const [path, kind] of kinds) {
      const of = { path, distribution, said: '', likeModule: kind === 'extension' };
      if (await isOpenedByPath(path, kind, kinds, context)) found.push({ ...of, kind: 'library' });
      else if (kind === 'data' && (await isInsideProgram(path, context)) && !this.world.foreign.has(path))
        found.push({ ...of, kind: 'inside-program' });
    }
    return found;
  }

  /** What code of a distribution may give to a function that loads a library or runs a program. */
  private textsOf({ files }: Distribution): Set<string> {
    return new Set(
      files
        .flatMap((file) => this.world.codeIn(file))
        .flatMap(({ summary: { strings, relative, libraries, commands } }) => [
          ...[...strings, ...relative].map(baseName),
          ...libraries.map(([, text]) => baseName(text)),
          ...commands.map(([, , text]) => baseName(text.split(' ')[0] as string)),
        ]),
    );
  }
}

/** Undefined: it is kept whatever it costs. */
function strengthOfLibrary({ likeModule }: Carried, grade: Grade, isNamed: boolean): Strength | undefined {
  return isNamed || (grade === 'app' && !likeModule) ? undefined : 'call';
}

function strengthOfProgram(grade: Grade, isNamed: boolean): Strength | undefined {
  if (grade === 'app') return isNamed ? undefined : 'call';
  return isNamed ? 'call' : 'name';
}

/** Whether code has the name of a file, or the part of it before versions and endings: `libx` of libx.so.1, `ffmpeg` of ffmpeg-v7.0. */
function isNamedIn(texts: ReadonlySet<string>, { path, kind }: Carried): boolean {
  const name = baseName(path);
  const stem = kind === 'library' ? name.slice(0, name.indexOf('.so')) : (/^[a-z_]{4,}/i.exec(name)?.[0] ?? name);
  return [name, stem, stem.replace(/^lib/, ''), `${stem}.so`].some((text) => text.length > 2 && texts.has(text));
}

/** Whether a file in a distribution's folders is a native program. Such a file is no data, though installers list it like data. */
export async function isInsideProgram(path: string, { fs, libraries }: Context): Promise<boolean> {
  const entry = fs.lstat(path);
  if (entry?.type !== 'f' || (entry.mode & 0o111) === 0 || isLibraryName(path)) return false;
  return (await libraries.elf(path))?.program === true;
}

/**
 * Whether code of a distribution opens a shared library by its path: it is no extension module, though it may have the name of one
 * (`libpdfium.so`), and no file of the distribution is linked with it.
 */
async function isOpenedByPath(
  path: string,
  kind: FileKind,
  kinds: ReadonlyMap<string, FileKind>,
  { libraries }: Context,
): Promise<boolean> {
  if ((kind !== 'library' && kind !== 'extension') || /\.libs$/.test(parentOf(path))) return false;
  const elf = await libraries.elf(path);
  if (elf === undefined || (kind === 'extension' && elf.extension)) return false;
  const name = baseName(path);
  for (const [other, otherKind] of kinds) {
    if (other === path || (otherKind !== 'extension' && otherKind !== 'library')) continue;
    if (!(await libraries.elf(other))?.needed.includes(name)) continue;
    // A library that is not found so is opened by whoever starts the program: libjvm.so.
    if ((await libraries.closure(other)).objects.some(({ resolved }) => resolved.path === path)) return false;
  }
  return true;
}
