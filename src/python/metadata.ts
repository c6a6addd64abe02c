/** Parsers of the files that installers write for a distribution. Each takes any text and ignores what it cannot read. */

/** The normalized form of a name: lower case, with one `-` for each run of `-`, `_` and `.` (PEP 503). */
export function normalizeName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** Paths of a RECORD, relative to the folder of its .dist-info (CSV; PyPA specification "Recording installed projects"). */
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
  /** Normalized names of the distributions that it requires without an extra. */
  requires: string[];
}

/** Name, Version and Requires-Dist of a METADATA or PKG-INFO file (PyPA core metadata specification: e-mail headers). */
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
  /** Dotted name of the object in the module; '' for the module itself. */
  attribute: string;
  /** Its line, from 1. */
  line: number;
}

/** Entry points of an entry_points.txt (PyPA entry points specification: INI with `name = module:attribute [extras]`). */
export function parseEntryPoints(text: string): EntryPoint[] {
  const found: EntryPoint[] = [];
  let group = '';
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.replace(/^\s*[#;].*/, '').trim();
    const section = /^\[(.+)\]$/.exec(line);
    if (section) group = (section[1] as string).trim();
    const [, name, module, attribute = ''] = /^([^=]+)=\s*([\w.]+)(?:\s*:\s*([\w.]+))?/.exec(line) ?? [];
    if (group && name?.trim() && module && !section) found.push({ group, name: name.trim(), module, attribute, line: index + 1 });
  }
  return found;
}
