import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { excluded } from '../../src/keep/user.js';
import { Folding } from '../../src/report/options.js';
import { Seeded } from '../support/madeup.js';

it('names paths by folders that hold nothing else', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const seeded = new Seeded(seed);
    const random = (below: number) => seeded.whole(0, below - 1);
    const all = [
      ...new Set(
        Array.from(
          { length: 1 + random(30) },
          () => `${Array.from({ length: 1 + random(4) }, () => `/${'abc'[random(3)]}`).join('')}/f${random(5)}`,
        ),
      ),
    ];
    const meant = all.filter(() => random(2) === 0);
    const folded = new Folding(all).fold(meant);
    const named = all.filter((path) => folded.some((one) => path === one || path.startsWith(`${one}/`)));
    expect([seed, named]).toEqual([seed, meant]);
    // None of them could be left out, and none lies below another.
    for (const one of folded) expect(folded.some((other) => other !== one && one.startsWith(`${other}/`))).toBe(false);
  }
});

it('quotes names for the shell and for globs', () => {
  const paths = ["/a b/it's", '/x/[', '/y/*.txt', '/z/plain-1.2_3+4@5'];
  const folding = new Folding([...paths, '/a b/c', '/x/1', '/y/1', '/z/1']);
  expect(folding.options('--exclude', sized(paths)).text).toBe(
    String.raw`--exclude '/a b/it'\''s' --exclude '/x/\[' --exclude '/y/\*.txt' --exclude '/z/plain-1.2_3\+4\@5'`,
  );
});

it('gives paths that differ in one part an option together', () => {
  const programs = ['/usr/bin/base,name', '/usr/bin/cat', '/usr/bin/['];
  const messages = ['de', 'fr', 'x..z'].map((language) => `/usr/share/locale/${language}/LC_MESSAGES/tar.mo`);
  const all = [...programs, ...messages, '/usr/bin/other', ...messages.map((path) => path.replace('tar', 'git'))];
  expect(new Folding(all).options('--include', sized([...programs, ...messages])).text).toBe(
    String.raw`--include '/usr/bin/{\[,base\,name,cat}' --include /usr/share/locale/x..z/LC_MESSAGES/tar.mo --include '/usr/share/locale/{de,fr}/LC_MESSAGES/tar.mo'`,
  );
});

it('gives options for the largest paths where all would be too long, and for those first that are meant first', () => {
  const paths = Array.from({ length: 500 }, (_, index) => ({ path: `/usr/bin/program-${index}/x`, size: 10_000 + index, isFile: true }));
  const more = paths.map(({ path }) => path.replace(/x$/, 'y'));
  const folding = new Folding([...paths.map(({ path }) => path), ...more]);
  const options = folding.options('--exclude', paths);
  expect(options.text.length).toBeLessThanOrEqual(600);
  expect(options.paths).toContain('/usr/bin/program-499/x');
  expect(options.paths.length).toBeGreaterThan(30);
  const sizes = (found: readonly string[]) => paths.filter(({ path }) => found.includes(path)).map(({ size }) => size);
  expect(Math.min(...sizes(options.paths))).toBe(10_500 - options.paths.length);
  expect(folding.options('--exclude', paths, (path) => path === '/usr/bin/program-3/x').paths).toContain('/usr/bin/program-3/x');
});

it('has no option for what is very small beside the rest, but one for each link, and for what is meant first', () => {
  const meant = [
    { path: '/lib/large.so.1', size: 1_000_000, isFile: true },
    { path: '/lib/large.so', size: 0, isFile: false },
    { path: '/etc/small', size: 10, isFile: true },
    { path: '/app/own', size: 10, isFile: true },
  ];
  const folding = new Folding([...meant.map(({ path }) => path), '/lib/other', '/etc/other', '/app/other']);
  const options = folding.options('--exclude', meant, (path) => path === '/app/own');
  expect(options.paths.sort()).toEqual(['/app/own', '/lib/large.so', '/lib/large.so.1']);
});

it('has options for many paths of the same size', () => {
  const meant = Array.from({ length: 600 }, (_, index) => ({ path: `/usr/bin/${index}`, size: 1000, isFile: true }));
  const folding = new Folding([...meant.map(({ path }) => path), '/usr/bin/other']);
  expect(folding.options('--include', meant).paths.length).toBeGreaterThan(100);
});

it('means just the paths that it says, as a shell and the options of pyshrink read them', () => {
  const random = new Seeded(11);
  const parts = [
    'a',
    'b',
    '{c',
    'd}',
    'e,f',
    'g..h',
    "i'j",
    'k l',
    '*',
    '!m',
    '[n]',
    'o\\p',
    '(q)',
    '+r',
    '@s',
    '?',
    '.t',
    'u|v',
    '-w',
    '1',
    '$x',
  ];
  const words: string[] = [];
  const cases = Array.from({ length: 300 }, () => {
    const some = () => parts[random.whole(0, parts.length - 1)] as string;
    const all = [...new Set(Array.from({ length: random.whole(1, 40) }, () => `/${some()}/${some()}/${some()}`))];
    const meant = all.filter(() => random.next() < 0.5).map((path) => ({ path, size: random.whole(0, 9), isFile: true }));
    const { text, paths } = new Folding(all).options('--exclude', meant);
    words.push(text);
    return { all, paths };
  });
  const quoted = words.map((text) => `printf '%s\\0' ${text}; printf '\\n'`).join('\n');
  const read = execFileSync('sh', ['-c', quoted], { encoding: 'utf8' }).split('\n');
  for (const [index, { all, paths }] of cases.entries()) {
    const globs = (read[index] ?? '').split('\0').filter((word) => word !== '' && word !== '--exclude');
    expect([words[index], excluded(all, { include: [], exclude: globs }).sort()]).toEqual([words[index], [...paths].sort()]);
  }
});

function sized(paths: readonly string[]): { path: string; size: number; isFile: boolean }[] {
  return paths.map((path) => ({ path, size: 1, isFile: true }));
}
