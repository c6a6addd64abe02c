import type { Command } from '@commander-js/extra-typings';
import { ExitCode, usageError } from '../errors.js';
import { ModuleFinder } from '../python/finder.js';
import { normalizeName } from '../python/metadata.js';
import { chainLines, chainOf } from '../report/why.js';
import { type Entry, parentOf, RootFs } from '../rootfs.js';
import type { Trace } from '../trace/schema.js';
import { readTrace } from '../workspace/folder.js';
import { newestResult, newestTrace } from '../workspace/newest.js';
import type { KeepReport } from '../workspace/result.js';
import { print } from './print.js';

/** `pyshrink why PATH|MODULE|PACKAGE` */
export function defineWhy(command: Command<[], { json?: true }>, finish: (code: number) => void): void {
  command
    .argument('[PATH|MODULE|PACKAGE]')
    .option('--unsound', 'list the places in the code that compute what they import or execute')
    .action(async (subject, flags) => finish(await why(subject, flags)));
}

/** Files of a distribution or left-out paths below a folder that are shown one by one. */
const SHOWN = 10;

/** The reasons of the newest assembly. */
async function why(subject: string | undefined, flags: { json?: true; unsound?: true }): Promise<number> {
  if (flags.unsound) {
    const { trace } = await readTrace(await newestTrace());
    print(flags.json, trace.unsound, unsoundLines(trace));
    return ExitCode.done;
  }
  if (subject === undefined) throw usageError('why needs a path, a module or a distribution', 'For instance `pyshrink why sqlite3`.');
  const folder = await newestResult();
  const [report, { traces }] = [await folder.keep(), await folder.result()];
  const { trace } = await readTrace(traces[0] as string);
  const answer = answerFor(subject, report, trace);
  if (!answer)
    throw usageError(
      `${subject} is no path, module or distribution of ${trace.image.reference}.`,
      'Give an absolute path of the original image, a dotted module name, or the name of an installed distribution.',
    );
  print(flags.json, answer, answer.lines);
  return ExitCode.done;
}

interface Answer {
  subject: string;
  kept: boolean;
  lines: string[];
}

function answerFor(subject: string, report: KeepReport, trace: Trace): Answer | undefined {
  const tree = treeOf(report);
  if (subject.startsWith('/')) {
    const path = subject.replace(/(.)\/+$/, '$1');
    return ofPath(tree.resolve(path, false)?.path ?? path, report);
  }
  const distribution = report.distributions.find(({ name }) => name === normalizeName(subject));
  const module = /^[\w.]+$/.test(subject) ? new ModuleFinder(tree, trace.python).find(subject) : undefined;
  const lines = [
    ...(distribution
      ? [
          `${distribution.name} ${distribution.version}: ${distribution.kept} of its ${distribution.files} files are kept: ${GRADES[distribution.grade ?? 'none']}`,
        ]
      : []),
  ];
  const path = module?.file ?? module?.search?.[0] ?? distribution?.by ?? distribution?.metadata;
  const found = path === undefined ? undefined : ofPath(path, report);
  if (!found && lines.length === 0) return undefined;
  return { subject, kept: found?.kept ?? false, lines: [...lines, ...(found?.lines ?? [])] };
}

function ofPath(path: string, report: KeepReport): Answer | undefined {
  const chain = chainOf(report.kept, path);
  if (chain) return { subject: path, kept: true, lines: chainLines(chain) };
  const sentence = report.omitted[path];
  if (sentence !== undefined) return { subject: path, kept: false, lines: [path, `  left out: ${report.sentences[sentence]}`] };
  const below = Object.keys(report.omitted).filter((other) => other.startsWith(`${path}/`));
  if (below.length === 0) return undefined;
  const sentences = new Map<string, number>();
  for (const other of below) {
    const text = report.sentences[report.omitted[other] as number] as string;
    sentences.set(text, (sentences.get(text) ?? 0) + 1);
  }
  const lines = [...sentences]
    .sort((a, b) => b[1] - a[1])
    .slice(0, SHOWN)
    .map(([text, count]) => `  ${count} files: ${text}`);
  return { subject: path, kept: false, lines: [`${path}: all ${below.length} files below it are left out`, ...lines] };
}

/** A tree of the original's paths: files, folders and links, as far as a search for a module or a path needs them. */
function treeOf({ kept, omitted, links }: KeepReport): RootFs {
  const entries = new Map<string, Entry>();
  const add = (path: string, type: 'f' | 'd') => {
    if (entries.get(path)?.type === 'd') return;
    entries.set(path, { path, type, mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0 });
  };
  for (const path of [...Object.keys(kept), ...Object.keys(omitted)]) {
    for (let at = parentOf(path); !entries.has(at) || entries.get(at)?.type === 'f'; at = parentOf(at)) {
      add(at, 'd');
      if (at === '/') break;
    }
    add(path, 'f');
  }
  for (const [path, target] of Object.entries(links)) entries.set(path, { ...(entries.get(path) as Entry), type: 'l', target });
  return new RootFs(entries, async () => new Uint8Array());
}

const GRADES = {
  app: 'the app imports it, so all its public modules are',
  pulled: 'kept code imports it, so its Python and data are',
  touched: 'only what is reached of it is',
  none: 'no kept code imports it',
} as const;

const KINDS = {
  import: 'imports a module whose name is computed',
  exec: 'executes code that is computed',
  scan: 'looks for modules at run time',
} as const;

function unsoundLines({ unsound, image }: Trace): string[] {
  if (unsound.length === 0) return [`Nothing in the code of ${image.reference} that ran computes what it imports or executes.`];
  return unsound.map(({ file, line, kind }) => `${file}:${line ?? '?'}: ${KINDS[kind]}`);
}
