import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { print } from '../src/commands/print.js';
import { printable, printableJson, printableLines } from '../src/printable.js';
import { createProgress } from '../src/ui/progress.js';

const ESC = String.fromCharCode(27);
/** What a hostile image may be called, or print: it clears the screen, forges a line, and reverses text. */
const HOSTILE = `a${ESC}[2J\r\npyshrink: all equal\u202egpj.exe\u009b31m\u2028\x7f\udcff`;
/** Anything that a terminal could obey. */
const RANGES = [
  [0, 9],
  [0x0b, 0x1f],
  [0x7f, 0x9f],
  [0x200e, 0x200f],
  [0x2028, 0x202e],
  [0x2066, 0x2069],
  [0xd800, 0xdfff],
] as const;
const OBEYED = {
  /** Whether a text has such a character. One outside the basic plane is one code point here, so a surrogate stands alone. */
  in: (text: string) =>
    [...text].some((one) => RANGES.some(([from, to]) => (one.codePointAt(0) ?? 0) >= from && (one.codePointAt(0) ?? 0) <= to)),
};

describe('printable', () => {
  it('writes escapes for what a terminal would obey', () => {
    expect(printable(HOSTILE)).toBe(String.raw`a\x1b[2J\r\npyshrink: all equal\u202egpj.exe\x9b31m\u2028\x7f\xff`);
  });

  it('leaves all other text as it is', () => {
    for (const text of ['/usr/lib/python3.12/ünïcode 漢字 😀.py', '', 'a\\nb']) expect(printable(text)).toBe(text);
  });

  it('gives one line, and JSON of the same meaning, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(OBEYED.in(printable(text))).toBe(false);
        expect(printable(text)).not.toContain('\n');
        const json = printableJson({ [text]: [text] });
        expect(OBEYED.in(json)).toBe(false);
        expect(JSON.parse(json)).toEqual({ [text]: [text] });
      }),
    );
  });

  it('marks the further lines of a text', () => {
    expect(printableLines(`The app ended. Last output:\npyshrink: all is well\n${ESC}c`)).toBe(
      'The app ended. Last output:\n  | pyshrink: all is well\n  | \\x1bc',
    );
  });
});

describe('everything that is printed', () => {
  afterEach(() => vi.restoreAllMocks());

  it.each([true, undefined] as const)('by a command, with --json %s', (json) => {
    const parts: string[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => parts.push(String(text)) > 0);
    print(json, { path: HOSTILE }, ['first', HOSTILE]);
    const text = parts.join('');
    expect(OBEYED.in(text)).toBe(false);
    if (json) expect(JSON.parse(text)).toEqual({ path: HOSTILE });
    else expect(text.trimEnd().split('\n')).toHaveLength(2);
  });

  it('by progress', async () => {
    const output = new PassThrough();
    const parts: string[] = [];
    output.on('data', (part: Buffer) => parts.push(part.toString()));
    const progress = createProgress({}, output);
    await progress.task(HOSTILE, async (say) => say(HOSTILE));
    progress.note(HOSTILE);
    expect(OBEYED.in(parts.join(''))).toBe(false);
    expect(parts.join('').trimEnd().split('\n')).toHaveLength(4);
  });

  it('by docker compose, whose services may be images of others', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
    writeFileSync(join(folder, 'compose.yaml'), 'services: { app: { image: a } }\n');
    const says = JSON.stringify({
      name: 'p',
      services: { [HOSTILE]: { image: HOSTILE, networks: [] } },
      networks: { [HOSTILE]: { external: true } },
    });
    writeFileSync(join(folder, 'says'), says);
    writeFileSync(join(folder, 'complains'), `time="x" level=warning msg="${HOSTILE}"\n${HOSTILE}\nvalidating: ${HOSTILE}\n`);
    const run = (status: number) => {
      writeFileSync(join(folder, 'docker'), `#!/bin/sh\ncat "${folder}/complains" >&2; cat "${folder}/says"; exit ${status}\n`, {
        mode: 0o755,
      });
      const { stdout, stderr } = spawnSync(
        process.execPath,
        ['--import', 'tsx', 'src/cli.ts', 'shrink', '--debug', '--engine', 'docker', '--compose', join(folder, 'compose.yaml')],
        {
          cwd: new URL('..', import.meta.url),
          encoding: 'utf8',
          env: { ...process.env, DEBUG_COLORS: '0', PATH: `${folder}:${process.env.PATH}` },
        },
      );
      return stdout + stderr;
    };
    for (const text of [run(0), run(1)]) {
      expect(text).toContain('pyshrink: ');
      expect(text).toContain('\\u202egpj.exe');
      expect(OBEYED.in(text)).toBe(false);
      expect(text).not.toMatch(/^pyshrink: all equal/m);
    }
  });

  it('by an error, and by --debug', () => {
    const script = `
      import { debug, enableDebug } from './src/debug.ts';
      enableDebug();
      debug.engine('%s and %o', ${JSON.stringify(HOSTILE)}, ${JSON.stringify(HOSTILE)});`;
    const options = { cwd: new URL('..', import.meta.url), env: { ...process.env, DEBUG_COLORS: '0' }, encoding: 'utf8' as const };
    const debugged = execFileSync('sh', ['-c', 'exec node --import tsx --input-type=module -e "$0" 2>&1', script], options);
    expect(OBEYED.in(debugged)).toBe(false);
    expect(debugged.trim().split('\n')).toHaveLength(1);
    const failed = execFileSync(
      'sh',
      ['-c', 'node --import tsx src/cli.ts smoke "$0" --engine local 2>&1 || true', `rootfs:/no${HOSTILE}`],
      options,
    );
    expect(failed).toContain('pyshrink: ');
    expect(OBEYED.in(failed)).toBe(false);
    expect(failed).not.toMatch(/^pyshrink: all equal/m);
  });
});
