import { resolve } from 'node:path';
import { usageError } from '../errors.js';

/** What `-v`, `--mount` and `--tmpfs` ask for. */
export interface Mount {
  type: 'bind' | 'volume' | 'tmpfs';
  /** Path on the machine, or name of a volume; undefined for a volume without a name, and for tmpfs. */
  source?: string;
  target: string;
  readOnly: boolean;
  /** Of a bind: its propagation and labels; of a tmpfs: options of mount(8). */
  options: string[];
}

/** All that is mounted, of the run options that say so. @throws UserError for what `docker run` would refuse */
export function mountsOf(run: { volume: readonly string[]; mount: readonly string[]; tmpfs: readonly string[] }): Mount[] {
  return [...run.volume.map(parseVolume), ...run.mount.map(parseMount), ...run.tmpfs.map(parseTmpfs)];
}

/** `[SOURCE:]TARGET[:OPTIONS]`, as `docker run -v` takes it. */
function parseVolume(text: string): Mount {
  const parts = text.split(':');
  const [source, target, options = ''] = parts.length === 1 ? [undefined, parts[0] as string] : (parts as [string, string, string?]);
  if (parts.length > 3 || !target.startsWith('/'))
    throw usageError(`-v ${text} is no mount`, 'Write SOURCE:DIR[:ro], with an absolute path in the container.');
  const words = options.split(',').filter(Boolean);
  const common = { target, readOnly: words.includes('ro'), options: words.filter((word) => word !== 'ro' && word !== 'rw') };
  if (source === undefined) return { type: 'volume', ...common };
  if (/^[./~]/.test(source)) return { type: 'bind', source: resolve(source), ...common };
  return { type: 'volume', source, ...common };
}

/** `type=TYPE,source=...,target=...[,readonly]`, as `docker run --mount` takes it. */
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
    throw usageError(`--mount ${text}: there is no mount of type ${type}`, 'Types are bind, volume and tmpfs.');
  if (target === undefined || !target.startsWith('/') || fields.size > 0 || (type === 'bind' && source === undefined))
    throw usageError(
      `--mount ${text} is no mount${fields.size > 0 ? `: ${[...fields.keys()].join(', ')} is not known` : ''}`,
      'Write type=bind,source=PATH,target=DIR[,readonly], type=volume,source=NAME,target=DIR or type=tmpfs,target=DIR[,tmpfs-size=BYTES].',
    );
  const options = type === 'tmpfs' ? [...(size ? [`size=${size}`] : []), ...(mode ? [`mode=${mode}`] : [])] : [];
  return { type, target, readOnly, options, ...(source !== undefined && { source: type === 'bind' ? resolve(source) : source }) };
}

/** `DIR[:OPTIONS]`, as `docker run --tmpfs` takes it. */
function parseTmpfs(text: string): Mount {
  const colon = text.indexOf(':');
  const [target, options] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  return { type: 'tmpfs', target, readOnly: false, options: options.split(',').filter(Boolean) };
}
