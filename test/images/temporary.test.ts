import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

it('a temporary name is new also where another process has the same id, as in another PID namespace', () => {
  const script = `const names = [];
    for (const copy of ['?one', '?two']) names.push((await import('./src/images/temporary.ts' + copy)).temporaryPath('/a/b.tar'));
    console.log(JSON.stringify(names));`;
  const options = { cwd: new URL('../..', import.meta.url), encoding: 'utf8' as const };
  const names = JSON.parse(execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], options)) as string[];
  expect(new Set(names).size).toBe(2);
  for (const name of names) expect(name).toMatch(/^\/a\/\.b\.tar\..*\.new$/);
});
