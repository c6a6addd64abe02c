import { baseName, parentOf } from '../rootfs.js';
import type { Trace } from './schema.js';

/**
 * The files that were imported or executed, among them the source of each bytecode file that was read.
 * @param real the path of a file without links
 */
export function filesThatRan(
  { modules, observations }: Pick<Trace, 'modules' | 'observations'>,
  real: (path: string) => string,
): Set<string> {
  const ran = new Set<string>();
  for (const file of Object.values(modules)) if (file?.endsWith('.py')) ran.add(real(file));
  for (const { kind, path } of observations) if (kind === 'open' || kind === 'exec') ran.add(real(sourceOf(path)));
  return ran;
}

/** The source of bytecode (PEP 3147): `/app/__pycache__/a.cpython-313.pyc` is of `/app/a.py`. Other paths stay as they are. */
export function sourceOf(path: string): string {
  if (!path.endsWith('.pyc') || baseName(parentOf(path)) !== '__pycache__') return path;
  return `${parentOf(parentOf(path))}/${baseName(path).replace(/\.[^.]+\.pyc$|(\.[^.]+)?\.opt-\d\.pyc$/, '')}.py`;
}
