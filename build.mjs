/**
 * Makes dist/: the command line program, the library, and all that they import from packages, in a few files.
 * Node loads them in a third of the time that it takes to load each package's files, and an installation needs no packages.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundlePage } from './src/report/page/bundle.mjs';

const root = import.meta.dirname;
const out = join(root, 'dist');
const unused = join(root, 'src/engines/docker/unused.cts');

rmSync(out, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['src/cli.ts', 'src/index.ts'],
  outdir: out,
  bundle: true,
  // What several commands share is in files of its own, and each command loads only what it needs.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // All files are directly in dist/: src/package.ts finds the package's other files from there, as it does from src/.
  chunkNames: '[name]-[hash]',
  // A stack trace of --debug shows the names of the source.
  keepNames: true,
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none', // licenses() writes whole licenses
  // What CommonJS packages expect to find. Each file of dist/ gets it.
  banner: {
    js: `import { createRequire as nodeRequire } from 'node:module'; import { fileURLToPath as nodePath } from 'node:url';
const require = nodeRequire(import.meta.url), __filename = nodePath(import.meta.url);`,
  },
  alias: { ssh2: unused, '@grpc/grpc-js': unused, '@grpc/proto-loader': unused },
  metafile: true,
  logLevel: 'warning',
});
mkdirSync(out, { recursive: true });
// The page of a report without its data: src/report/html.ts puts that in.
const page = await bundlePage();
writeFileSync(join(out, 'page.html'), page.html);
writeFileSync(join(out, 'LICENSES.txt'), licenses([...Object.keys(metafile.inputs), ...Object.keys(page.metafile.inputs)]));

/** The licenses of the packages that the given files belong to. Most of them ask for a copy beside the program. */
function licenses(files) {
  const folders = new Set(files.flatMap((file) => file.match(/^.*node_modules\/(@[^/]+\/)?[^/]+/)?.[0] ?? []));
  return [...folders]
    .sort()
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file !== undefined && existsSync(join(root, folder, file)) ? readFileSync(join(root, folder, file), 'utf8').trim() : '';
      return `${name} ${version} (${license})\n\n${text}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}
