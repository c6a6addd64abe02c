import { resolve } from 'node:path';
import { usageError } from '../errors.js';

/** One mount from `-v`, `--mount` or `--tmpfs`. */
export interface Mount {
  type: 'bind' | 'volume' | 'tmpfs';
  /** Path on the engine's computer, or name of a volume. Undefined for a volume without a name and for tmpfs. */
  source?: string;
  target: string;
  readOnly: boolean;
  /** For a bind: propagation and SELinux labels. For tmpfs: options of mount(8). */
  options: string[];
}

/** Parses the run options that mount something. @throws UserError (usage) for what `docker run` would refuse */
export function mountsOf(run: { volume: readonly string[]; mount: readonly string[]; tmpfs: readonly string[] }): Mount[] {
  return [...run.volume.map(parseVolume), ...run.mount.map(parseMount), ...run.tmpfs.map(parseTmpfs)];
}

/** Parses `[SOURCE:]TARGET[:OPTIONS]` of `docker run -v`. */
function parseVolume(text: string): Mount {
  const parts = text.split(':');
  const [source, target, options = ''] = parts.length === 1 ? [undefined, parts[0] as string] : (parts as [string, string, string?]);
  if (parts.length > 3 || !target.startsWith('/'))
    throw usageError(`-v ${text} is not a mount`, 'Write SOURCE:DIR[:ro], with an absolute path in the container.');
  const words = options.split(',').filter(Boolean);
  const common = { target, readOnly: words.includes('ro'), options: words.filter((word) => word !== 'ro' && word !== 'rw') };
  if (source === undefined) return { type: 'volume', ...common };
  if (/^[./~]/.test(source)) return { type: 'bind', source: resolve(source), ...common };
  return { type: 'volume', source, ...common };
}

/** Parses `type=TYPE,source=...,target=...[,readonly]` of `docker run --mount`. */
function parseMount(text: string): Mount {
  const fields = new Map(
    text.split(',').map((field) => {
      const sign = field.indexOf('=');
      return sign < 0 ? [field, 'true'] : [field.slice(0, sign), field.slice(sign + 1)];
    }),
  );
  const take = (...names: string[]) => {
    const name = names.find((one) => fields.has(one));
    const value = name === undefined ? undefined : fields.get(name);
    for (const one of names) fields.delete(one);
    return value;
  };
  const type = take('type') ?? 'volume';
  const source = take('source', 'src');
  const target = take('target', 'destination', 'dst');
  const readOnly = ['true', '1'].includes(take('readonly', 'ro') ?? 'false');
  const size = take('tmpfs-size');
  const mode = take('tmpfs-mode');
  if (type !== 'bind' && type !== 'volume' && type !== 'tmpfs')
    throw usageError(`--mount ${text}: unknown type ${type}`, 'Types are bind, volume and tmpfs.');
  if (target === undefined || !target.startsWith('/') || fields.size > 0 || (type === 'bind' && source === undefined))
    throw usageError(
      `--mount ${text} is not a mount${fields.size > 0 ? `: unknown field ${[...fields.keys()].join(', ')}` : ''}`,
      'Write type=bind,source=PATH,target=DIR[,readonly], type=volume,source=NAME,target=DIR or type=tmpfs,target=DIR[,tmpfs-size=BYTES].',
    );
  const options = type === 'tmpfs' ? [...(size ? [`size=${size}`] : []), ...(mode ? [`mode=${mode}`] : [])] : [];
  return { type, target, readOnly, options, ...(source !== undefined && { source: type === 'bind' ? resolve(source) : source }) };
}

/** Parses `DIR[:OPTIONS]` of `docker run --tmpfs`. */
function parseTmpfs(text: string): Mount {
  const colon = text.indexOf(':');
  const [target, options] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  return { type: 'tmpfs', target, readOnly: false, options: options.split(',').filter(Boolean) };
}
