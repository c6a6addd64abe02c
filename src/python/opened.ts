/**
 * The modules that a run imported, judged by the files that it opened. For runs without an import probe.
 * @param opened paths of files
 * @param searchPath sys.path
 * @param suffixes suffixes of extension modules
 * @returns module → file
 */
export function openedModules(opened: Iterable<string>, searchPath: readonly string[], suffixes: readonly string[]): Map<string, string> {
  const folders = [...new Set(searchPath)].sort((a, b) => b.length - a.length);
  const modules = new Map<string, string>();
  for (const path of opened) {
    const folder = folders.find((one) => path.startsWith(`${one}/`));
    if (folder === undefined) continue;
    const source = path.replace(/\/__pycache__\/([^/.]+)\.[\w-]+(\.opt-\w+)?\.pyc$/, '/$1.py');
    const suffix = ['.py', '.pyc', ...suffixes].filter((one) => source.endsWith(one)).sort((a, b) => b.length - a.length)[0];
    if (suffix === undefined) continue;
    const name = source
      .slice(folder.length + 1, -suffix.length)
      .replace(/(^|\/)__init__$/, '')
      .replaceAll('/', '.');
    if (/^[\p{L}_][\p{L}\p{N}_]*(\.[\p{L}_][\p{L}\p{N}_]*)*$/u.test(name)) modules.set(name, source);
  }
  return modules;
}
