import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

const FIXTURES = new URL('../../fixtures/', import.meta.url).pathname;
const ZOO = join(FIXTURES, 'entrypoint-zoo');

/** One way to run an app: fixtures/NAME/way.yaml, or a case of the entrypoint zoo. */
export interface Way {
  name: string;
  /** Options of `docker run` before the image's name; `args` are the arguments after it. */
  options?: string[];
  args?: string[];
  /** `steps` and `reset` have the format of an exercise file. */
  steps?: unknown[];
  reset?: string[];
  /** Exit status that the app ends with. Default: 0, where it ends by itself. */
  expectExit?: number;
  /** Standard input of the app. */
  input?: string;
  /** Each text must be part of a warning. Default: there must be no warnings. */
  warns?: string[];
  /** Reason why warnings are allowed but not required. */
  mayWarn?: string;
  /** Each text must be part of the notes on the keep set. */
  notes?: string[];
  /** Reason why this way can't be compared with strace. */
  withoutStrace?: string;
  /** Reason why a repair is needed. Default: there must be no repair. */
  repaired?: string;
  /** Level to shrink at. Default: `observed`. */
  level?: string;
  /** Largest allowed size of the shrunk image, in MB. */
  most?: number;
  /** Whether the health check must pass in the shrunk image. */
  healthy?: boolean;
  /** Path → mode of programs in the shrunk image. The decimal digits read as an octal mode, e.g. 4755. */
  keeps?: Record<string, number>;
}

/** A case of fixtures/entrypoint-zoo/cases.yaml. */
export interface ZooCase extends Way {
  /** Base image. Default: the image of fixtures/entrypoint-zoo/Dockerfile. */
  from?: string;
  dockerfile: string;
}

/** Writes what `docker build` needs for a case into a folder. */
export function writeZooCase({ from = 'pyshrink-fixture/entrypoint-zoo', dockerfile }: Omit<ZooCase, 'name'>, folder: string): void {
  cpSync(join(ZOO, 'files'), join(folder, 'files'), { recursive: true });
  writeFileSync(join(folder, 'Dockerfile'), `FROM ${from}\n${dockerfile}`);
}

/** Options of a case. Its paths are relative to the folder of cases.yaml. */
export function optionsOf({ options = [] }: Pick<Way, 'options'>): string[] {
  return options.map((option) => option.replace('=files/', `=${ZOO}/files/`));
}

/** A YAML file of a fixture. */
export function fixtureFile(name: string, file: string) {
  return parse(readFileSync(join(FIXTURES, name, file), 'utf8'));
}

/** Cases in which the engine does something: users, rights, files, streams, signals, commands beside the app. */
const ENGINES_PART = [
  'CMD in shell form',
  'tini and orphans',
  'docker run --init',
  'gunicorn as another user on a read-only root',
  'gunicorn on a Unix socket',
  'a process that an exec step leaves running',
  'setpriv in an entrypoint',
  'chroot on a read-only root with an init',
  'a volume that keeps data between runs',
  'standard input',
  'output to a terminal',
  'signals that the app catches',
];

export function zooCases(): ZooCase[] {
  return fixtureFile('entrypoint-zoo', 'cases.yaml');
}

/** Those cases of the zoo, and the cases with these names. */
export function casesOfEngines(...more: string[]): ZooCase[] {
  return [...ENGINES_PART, ...more].map((name) => {
    const found = zooCases().find((one) => one.name === name);
    if (!found) throw new Error(`fixtures/entrypoint-zoo/cases.yaml has no case ${name}`);
    return found;
  });
}

/**
 * Arguments of pyshrink that shrink an image the way a case says. Each image does the exercise once.
 * @param folder where the exercise file is written
 */
export function shrinkWords(image: string, way: Omit<Way, 'name'>, tag: string, folder: string): string[] {
  const { args = [], steps, expectExit, level = 'observed' } = way;
  const file = join(folder, 'exercise.yaml');
  writeFileSync(file, stringify({ steps: steps ?? ['until-exit'] }));
  return [
    ...['shrink', image, '--json', '--runs', '1', '--level', level, '--tag', tag],
    ...optionsOf(way),
    ...(steps === undefined && way.healthy ? [] : ['--exercise', file]),
    ...(expectExit === undefined ? [] : ['--expect-exit', String(expectExit)]),
    ...(args.length > 0 ? ['--', ...args] : []),
  ];
}
