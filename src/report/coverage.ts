import { baseName, parentOf } from '../rootfs.js';
import type { Trace } from '../trace/schema.js';
import type { Contents } from './contents.js';
import type { Coverage } from './model.js';

/** The app's own modules, and which of them the exercise ran. Functions are not measured. */
export function coverageOf(trace: Trace, contents: Contents | undefined): Coverage {
  const real = (path: string) => contents?.tree.resolve(path)?.path ?? path;
  const names = new Map<string, string>();
  for (const [name, file] of Object.entries(trace.modules)) if (file?.endsWith('.py')) names.set(real(file), name);
  const used = new Set(names.keys());
  for (const { kind, path } of trace.observations) if (kind === 'open' || kind === 'exec') used.add(real(sourceOf(path)));
  const own = (contents?.items ?? [])
    .filter(({ path, kind, isFile }) => kind === 'app' && isFile && path.endsWith('.py'))
    .map(({ path }) => ({ name: names.get(path) ?? path, path, ran: used.has(path), functions: null }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return { modules: { all: own.length, ran: own.filter(({ ran }) => ran).length }, functions: null, own };
}

/** The source of bytecode (PEP 3147): `/app/__pycache__/a.cpython-313.pyc` is of `/app/a.py`. Other paths stay as they are. */
function sourceOf(path: string): string {
  if (!path.endsWith('.pyc') || baseName(parentOf(path)) !== '__pycache__') return path;
  return `${parentOf(parentOf(path))}/${baseName(path).replace(/\.[^.]+\.pyc$|(\.[^.]+)?\.opt-\d\.pyc$/, '')}.py`;
}
