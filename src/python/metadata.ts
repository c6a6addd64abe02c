/** Parsers of what installers write beside a distribution. Each takes any text and passes over what it can't read. */

/** Names compare without case and with runs of `-`, `_` and `.` as one `-` (PEP 503). */
export function normalizeName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** Paths of a RECORD, relative to the folder that its .dist-info is in (CSV; "Recording installed projects"). */
export function parseRecord(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const match = /^"((?:[^"]|"")*)"|^([^,\r]*)/.exec(line);
    const path = match?.[1] !== undefined ? match[1].replaceAll('""', '"') : (match?.[2] ?? '');
    return path === '' || path.includes('\0') ? [] : [path];
  });
}

export interface Metadata {
  name?: string;
  version?: string;
  /** Normalized names of what it requires without an extra. */
  requires: string[];
}

/** Name, Version and Requires-Dist of a METADATA or PKG-INFO file (core metadata: headers as in an e-mail). */
export function parseMetadata(text: string): Metadata {
  const metadata: Metadata = { requires: [] };
  const headers = text.split(/\r?\n\r?\n/, 1)[0] as string;
  for (const line of headers.split(/\r?\n/)) {
    const [, key, value] = /^([A-Za-z-]+):\s*(.*)$/.exec(line) ?? [];
    if (key === 'Name' && value) metadata.name = value.trim();
    else if (key === 'Version' && value) metadata.version = value.trim();
    else if (key === 'Requires-Dist' && value && !/;.*\bextra\s*==/.test(value)) {
      const name = /^[A-Za-z0-9][\w.-]*/.exec(value)?.[0];
      if (name) metadata.requires.push(normalizeName(name));
    }
  }
  return metadata;
}

export interface EntryPoint {
  group: string;
  name: string;
  /** Dotted name of the module. */
  module: string;
}

/** entry_points.txt ("Entry points specification": INI with `name = module:attribute [extras]`). */
export function parseEntryPoints(text: string): EntryPoint[] {
  const found: EntryPoint[] = [];
  let group = '';
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.replace(/^\s*[#;].*/, '').trim();
    const section = /^\[(.+)\]$/.exec(line);
    if (section) group = (section[1] as string).trim();
    const [, name, module] = /^([^=]+?)\s*=\s*([\w.]+)/.exec(line) ?? [];
    if (group && name && module && !section) found.push({ group, name, module });
  }
  return found;
}
