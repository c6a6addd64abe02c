/** Makes the template of the page: HTML with its style and its script in it, and a place for the data. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const folder = import.meta.dirname;

/** The template, and esbuild's list of the files that are in it. */
export async function bundlePage() {
  const { outputFiles, metafile } = await build({
    absWorkingDir: join(folder, '../../..'),
    entryPoints: [join(folder, 'main.ts'), join(folder, 'style.css')],
    outdir: 'dist',
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    // The first browsers that have all that the page uses, DecompressionStream above all.
    target: ['chrome105', 'firefox121', 'safari16.4'],
    minify: true,
    charset: 'ascii',
    legalComments: 'none', // dist/LICENSES.txt has the whole licenses
    metafile: true,
    logLevel: 'warning',
  });
  const text = (end) => outputFiles.find(({ path }) => path.endsWith(end)).text.trim();
  const [script, style] = [text('.js'), text('.css')];
  if (/<\/script|<!--/i.test(script) || /<\/style/i.test(style)) throw new Error('the script or style would end its element');
  const hash = (content) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
  // No network, no other script or style, and no HTML made of text, not even by a mistake of the script.
  const csp = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
  const parts = {
    '@CSP@': csp,
    '<!--STYLE-->': `<style>${style}</style>`,
    // The data before the script that reads it.
    '<!--SCRIPT-->': `<script type="text/plain" id="data">@DATA@</script><script>${script}</script>`,
  };
  const html = readFileSync(join(folder, 'page.html'), 'utf8').replace(/@CSP@|<!--(STYLE|SCRIPT)-->/g, (part) => parts[part]);
  return { html, metafile };
}
