import { dirname, resolve } from 'node:path';
import { PLAIN_RUN, type RunOptions } from '../engines/runoptions.js';
import { envFileEntries, type Shell, withValues } from '../exercise/environment.js';
import type { Limits } from '../exercise/exercise.js';
import type { Field, Located } from '../exercise/located.js';
import { own } from '../records.js';
import type { Surroundings } from './file.js';

/** How a container of a run is started. */
export interface Settings extends Omit<RunOptions, 'env'> {
  /** `NAME=VALUE` entries of env files. */
  fromFiles: string[];
  /** Variables that are named, and where. */
  named: { name: string; at: Located }[];
  limits: Partial<Limits>;
}

const { env: _env, ...PLAIN } = PLAIN_RUN;
export const NO_SETTINGS: Settings = { ...PLAIN, fromFiles: [], named: [], limits: {} };

/** Settings of which some are for all runs, and the later ones for one run: values replace, lists are added. */
export function joinSettings(one: Settings, other: Partial<Settings>): Settings {
  const joined: Record<string, unknown> = { ...one };
  for (const [name, value] of Object.entries(other)) {
    const before = joined[name];
    joined[name] = Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value;
  }
  return { ...(joined as unknown as Settings), limits: { ...one.limits, ...other.limits } };
}

const LISTS = ['volume', 'mount', 'tmpfs', 'addHost', 'capAdd', 'capDrop', 'securityOpt', 'groupAdd'] as const;
const LIMITS: Readonly<Record<string, keyof Limits>> = { startTimeout: 'start', stepTimeout: 'step', exitTimeout: 'exit' };
const TEXTS_FORM = 'Write a text, or a list of texts.';
const NAMES_FORM = 'Write names of variables only. Their values come from the shell, or from a file that `envFile` names.';
const ENV_FILE_FORM = 'Name a file with NAME=VALUE lines, relative to the folder of this file.';

/**
 * The settings of one key.
 * @param path of the file that the key is in
 * @throws UserError that names line and column
 */
export function settingOf({ name, value }: Field, path: string, around: Surroundings): Partial<Settings> {
  const limit = own(LIMITS, name);
  if (limit !== undefined) return { limits: { [limit]: value.number('Write a number of seconds.', { least: 0 }) } };
  if (name === 'environment') return { named: value.oneOrMore(NAMES_FORM).map(variableOf) };
  if (name === 'envFile') return { fromFiles: value.oneOrMore(ENV_FILE_FORM).flatMap((one) => entriesOf(one, path, around)) };
  if (name === 'readOnly') return { readOnly: value.flag('Write true or false.') };
  if ((LISTS as readonly string[]).includes(name)) return { [name]: value.oneOrMore(TEXTS_FORM).map((one) => one.filled(TEXTS_FORM)) };
  if (name === 'user' || name === 'gpus') return { [name]: given(value).written(SCALAR_FORM) };
  return { [name]: name === 'entrypoint' ? value.text('Write a text.') : value.filled('Write a text.') };
}

const SCALAR_FORM = 'Write a text or a number.';

/** A value that is there: `user:` alone says nothing. */
function given(value: Located): Located {
  if (value.kind === 'null') throw value.error('There is no value here', SCALAR_FORM);
  return value;
}

function variableOf(one: Located): Settings['named'][number] {
  const name = one.filled(NAMES_FORM);
  if (name.includes('='))
    throw one.error(`\`${name.replace(/=.*$/s, '=...')}\` has a value, and values are not written into this file`, NAMES_FORM);
  if (!/^[^\s=]+$/.test(name)) throw one.error(`\`${one.brief()}\` is no name of a variable`, NAMES_FORM);
  return { name, at: one };
}

/**
 * The variables of a run, each once, as `NAME=VALUE`. A variable that is named gets its value from the shell, or else from a file.
 * @throws UserError where it has none
 */
export function environmentOf({ fromFiles, named }: Settings, shell: Shell): string[] {
  const values = new Map(fromFiles.map((entry) => splitEntry(entry)));
  for (const { name, at } of named) {
    const value = own(shell, name) ?? values.get(name);
    if (value === undefined)
      throw at.error(
        `The variable \`${name}\` has no value`,
        `Set it in this shell, for instance with \`export ${name}=...\`, give it with -e ${name}=..., or name a file that sets it with \`envFile\`.`,
      );
    values.set(name, value);
  }
  return [...values].map(([name, value]) => `${name}=${value}`);
}

function splitEntry(entry: string): [name: string, value: string] {
  const at = entry.indexOf('=');
  return [entry.slice(0, at), entry.slice(at + 1)];
}

function entriesOf(one: Located, path: string, { read, shell }: Surroundings): string[] {
  const at = resolve(dirname(path), one.filled(ENV_FILE_FORM));
  try {
    return withValues(envFileEntries(read(at).toString('utf8')), shell);
  } catch (error) {
    throw one.error(`The file ${at} can't be read: ${(error as Error).message}`, ENV_FILE_FORM);
  }
}
