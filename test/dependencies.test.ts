import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { hasInstallScript?: true; dev?: true }> };

it('only packages for development have scripts that run at their installation', () => {
  const scripted = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript);
  // Users get none of them: the published package holds the code that it needs.
  expect(scripted.filter(([, { dev }]) => !dev).map(([path]) => path)).toEqual([]);
});

it('the installation for development runs no script of a package', () => {
  for (const line of read('test/install.sh')
    .split('\n')
    .filter((text) => /^\s*npm (ci|install)/.test(text)))
    expect(line).toContain('--ignore-scripts');
  expect(read('CONTRIBUTING.md')).not.toMatch(/^npm ci$/m);
});
