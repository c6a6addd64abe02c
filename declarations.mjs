/** Removes the declarations in dist/ that dist/index.d.ts does not lead to. tsc makes one for each source file. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const out = join(import.meta.dirname, 'dist');
const needed = new Set();

/** Takes in a file and what it imports. */
function take(file) {
  if (needed.has(file)) return;
  needed.add(file);
  for (const [, path] of readFileSync(file, 'utf8').matchAll(/(?:from|import|import\()\s*['"](\.[^'"]+)\.js['"]/g))
    take(join(dirname(file), `${path}.d.ts`));
}

take(join(out, 'index.d.ts'));
for (const name of readdirSync(out, { recursive: true })) {
  const file = join(out, name);
  if (file.endsWith('.d.ts') && !needed.has(file)) rmSync(file);
}
