import { baseName, type Entry } from '../rootfs.js';
import { COMMAND_LINES } from './data/configurations.js';
import { anyPath } from './evidence.js';
import { isInstalled } from './purpose.js';
import type { Addition, ReasonOf } from './reason.js';
import type { Context, Rule } from './rule.js';
import { findProgram } from './scripts.js';
import { namesInScript } from './shellnames.js';

/** Bytes. Longer texts are data. */
const LONGEST = 256 << 10;
/** Code, whose names other rules follow. */
const CODE = /\.(pyc?|ipynb|so(\.[\w.]+)?|a|js|mjs|map)$/;
/** An absolute path; not a part of an address or of a longer path. */
const PATH = /(?<![\w.:~/}*-])\/[\w@+][\w.@+/-]*/g;

/** The line of a configuration that names something. */
type Source = Pick<ReasonOf<'configured'>, 'rule' | 'line' | 'parents'>;

/**
 * What the configurations name that the app's author wrote and that some run opened (from the level `reachable` on): folders that a
 * web server serves, pages for errors, programs that a supervisor starts later.
 */
export class ConfiguredRule implements Rule {
  readonly name = 'configured';
  private opened: ReadonlySet<string> = new Set();

  begin({ fs, trace }: Context): Addition[] {
    const read = trace.observations.filter(({ kind }) => kind === 'open');
    this.opened = new Set(read.flatMap(({ path }) => fs.resolve(path)?.path ?? []));
    return [];
  }

  async visit(entry: Entry, context: Context): Promise<Addition[]> {
    const { path, type, size } = entry;
    const { python, fs, programs } = context;
    if (!python || type !== 'f' || size > LONGEST || CODE.test(path) || !this.opened.has(path) || programs.has(path)) return [];
    if ((await isInstalled(path, context)) && !(await python.packages.isChanged(path))) return [];
    const bytes = Buffer.from(await fs.read(path, 0, size));
    if (bytes.includes(0)) return [];
    const readers = COMMAND_LINES.filter(({ program }) => [...programs].some((one) => program.test(baseName(one))));
    const additions: Addition[] = [];
    for (const [index, text] of bytes.toString('utf8').split('\n').entries()) {
      const because: Source = { rule: 'configured', line: index + 1, parents: [path] };
      for (const [subject] of text.replace(/^\s*[#;].*/, '').matchAll(PATH))
        for (const { paths } of anyPath(subject, python)) additions.push(...paths.map((one): Addition => ({ ...one, ...because })));
      for (const { line } of readers) additions.push(...programsOf(line.exec(text)?.[1] ?? '', because, context));
    }
    return additions;
  }
}

function programsOf(line: string, because: Source, context: Context): Addition[] {
  return [...namesInScript(line).programs.keys()].flatMap((subject): Addition[] => {
    const path = findProgram(subject, context);
    return path === undefined ? [] : [{ path, kind: 'program', subject, ...because }];
  });
}
