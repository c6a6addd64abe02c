import { edgesOf } from '../python/edges.js';
import type { Locate, Sought } from '../python/lines.js';
import { baseName } from '../rootfs.js';
import type { KeepResult } from './compute.js';
import type { PythonWorld } from './python/world.js';
import type { Reason } from './reason.js';

/** Where the line of a reason is looked for: the first of the texts that the code has. */
interface Search {
  file: string;
  texts: readonly Sought[];
}

const string = ({ subject }: Reason): Sought[] => (subject === undefined ? [] : [['string', subject]]);
const program = ({ subject }: Reason): Sought[] => (subject === undefined ? [] : [['program', subject]]);

/**
 * What the code has on the line that a kind of reason is about. Missing: kinds whose rule knows the line, or that no line of code
 * gives, as in binary files.
 * @param child the last part of the name of the module that is kept
 */
const TEXTS: Readonly<Record<string, (reason: Reason, child: string) => Sought[]>> = {
  'python/attribute': ({ subject }, child) => [['attribute', `${subject}.${child}`]],
  'python/dynamic': ({ subject = '' }) => [['import', subject]],
  'python/lazy': (_, child) => [
    ['string', child],
    ['name', child],
  ],
  'python/string': string,
  'python/plugin': ({ group = '' }) => [['string', group]],
  'python/computed': () => [
    ['name', '__import__'],
    ['name', 'import_module'],
  ],
  'distribution/opened': string,
  'distribution/record': () => [
    ['string', 'RECORD'],
    ['name', 'packages_distributions'],
    ['name', 'files'],
  ],
  'named/program': program,
  'named/package-program': program,
  'named/shell': () => [
    ...['system', 'popen', 'getoutput', 'getstatusoutput', 'create_subprocess_shell', 'subprocess_shell'].map(
      (name): Sought => ['name', name],
    ),
    ['program', 'shell'],
  ],
  'named/library': ({ subject = '' }) => [['library', subject]],
  'named/find-library': () => [
    ['name', 'find_library'],
    ['name', 'CDLL'],
  ],
  'named/path': string,
  'named/inside': string,
  'named/system-path': string,
  'system/name': ({ subject = '' }) => [['name', subject]],
  'system/string': string,
};

/**
 * Gives reasons the line of the code that they are about, where their rule does not know it. It is done at the end, and only for what is
 * kept or told: few of the texts in the code lead to a reason.
 */
export async function addLines({ keep, costly, python }: Pick<KeepResult, 'keep' | 'costly' | 'python'>, locate: Locate): Promise<void> {
  if (!python) return;
  const importers = new Importers(python);
  const searches = new Map<Reason, Search>();
  for (const [path, reasons] of keep.reasons) {
    for (const reason of reasons) {
      const search = searchFor(reason, path, python, importers);
      if (search) searches.set(reason, search);
    }
  }
  for (const { path, reason } of costly) {
    const search = searchFor(reason, path, python, importers);
    if (search) searches.set(reason, search);
  }
  const wanted = new Map<string, Map<string, Sought>>();
  for (const { file, texts } of searches.values()) {
    const ofFile = wanted.get(file) ?? new Map<string, Sought>();
    wanted.set(file, ofFile);
    for (const text of texts) ofFile.set(keyOf(text), text);
  }
  const found = await locate(new Map([...wanted].map(([file, texts]) => [file, [...texts.values()]])));
  const lines = new Map<string, Map<string, number>>();
  for (const [file, texts] of wanted) {
    const known = [...texts.keys()].flatMap((key, index): [string, number][] => {
      const line = found.get(file)?.[index];
      return typeof line === 'number' ? [[key, line]] : [];
    });
    lines.set(file, new Map(known));
  }
  const located = (reason: Reason): Reason => {
    const direct = importers.lineOf(reason);
    if (direct !== undefined) return { ...reason, line: direct };
    const { file, texts } = searches.get(reason) ?? { file: '', texts: [] };
    const line = texts.map((text) => lines.get(file)?.get(keyOf(text))).find((one) => one !== undefined);
    return line === undefined ? reason : { ...reason, line };
  };
  for (const [path, reasons] of keep.reasons) keep.reasons.set(path, reasons.map(located));
  for (const one of costly) one.reason = located(one.reason);
}

function keyOf([kind, text]: Sought): string {
  return `${kind} ${text}`;
}

function searchFor(reason: Reason, path: string, python: PythonWorld, importers: Importers): Search | undefined {
  const [from] = reason.parents;
  const by = reason.file ?? from;
  if (by === undefined || reason.line !== undefined || importers.lineOf(reason) !== undefined) return undefined;
  // A package may be kept as a folder.
  const child = python.finder.at(path)?.name.split('.').at(-1) ?? baseName(path);
  const texts = importers.textsOf(reason) ?? TEXTS[`${reason.rule}/${reason.kind}`]?.(reason, child) ?? [];
  const file = codeOf(by, reason, python);
  return texts.length === 0 || file === undefined || file.endsWith('.so') ? undefined : { file, texts };
}

/** The file of the code: a kept one, or the member of a zip archive that has the module. */
function codeOf(path: string, { module }: Reason, python: PythonWorld): string | undefined {
  const code = python.codeIn(path);
  if (code.length <= 1) return code[0]?.file;
  const file = module === undefined ? undefined : python.finder.find(module)?.file;
  return file?.startsWith(`${path}/`) ? file : undefined;
}

/** Finds the code by which a file asks for a distribution: an import statement, or a text that names one of its modules. */
class Importers {
  /** File → distribution → the line of the first import statement, or what else names it. */
  private readonly known = new Map<string, Map<string, number | Sought>>();

  constructor(private readonly python: PythonWorld) {}

  /** The line of the import statement; undefined for other reasons than those of distributions, or where there is none. */
  lineOf(reason: Reason): number | undefined {
    const found = this.of(reason);
    return typeof found === 'number' ? found : undefined;
  }

  /** The text that names the distribution; undefined as for a line. */
  textsOf(reason: Reason): Sought[] | undefined {
    const found = this.of(reason);
    return found === undefined || typeof found === 'number' ? undefined : [found];
  }

  private of({ rule, kind, line, of, parents: [by] }: Reason): number | Sought | undefined {
    if (rule !== 'distribution' || line !== undefined || of === undefined || by === undefined) return undefined;
    if (kind === 'opened' || kind === 'record') return undefined;
    const known = this.known.get(by) ?? this.read(by);
    this.known.set(by, known);
    return known.get(of);
  }

  private read(path: string): Map<string, number | Sought> {
    const { finder, distributions } = this.python;
    const found = new Map<string, number | Sought>();
    for (const { file, summary } of this.python.codeIn(path)) {
      const at = finder.at(file);
      const kind = file.endsWith('.so') ? 'extension' : at ? 'source' : 'script';
      const own = distributions.ownerOf(path)?.name;
      for (const { module, how } of edgesOf(
        { name: at?.name ?? '', package: at?.package ?? false, kind, origin: 'own' },
        summary,
        finder,
      )) {
        const name = module.file === undefined ? undefined : distributions.ownerOf(module.file)?.name;
        if (name === undefined || name === own) continue;
        const child = module.name.split('.').at(-1) ?? '';
        const text = TEXTS[`python/${how.kind}`]?.({ rule: 'python', ...how, parents: [] }, child)[0];
        const before = found.get(name);
        if (how.line !== undefined) found.set(name, typeof before === 'number' ? Math.min(before, how.line) : how.line);
        else if (text !== undefined && before === undefined) found.set(name, text);
      }
      for (const group of summary.strings)
        for (const { distribution } of distributions.groups.get(group) ?? [])
          if (!found.has(distribution.name)) found.set(distribution.name, ['string', group]);
    }
    return found;
  }
}
