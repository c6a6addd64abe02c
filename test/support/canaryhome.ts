import { mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { execa, type Options } from 'execa';
import { expect } from 'vitest';
import { filesBelow, finder, Onlooker } from './canary.js';
import { CLI, workdir } from './engine.js';

/** What the run record may hold: it has all answers. */
export const RECORDS = /^(run-record-.*|check)\.json$/;
/** The user has typed these as arguments of a command, which every user can see already. */
const TYPED = /^(argument|command) in the command line /;

/** A home, a cache and a temporary folder for runs that get secrets. */
export class CanaryHome {
  readonly path = workdir();
  readonly find: (text: string | Buffer) => string[];

  /** @param environment of every run */
  constructor(
    secrets: Record<string, string>,
    private readonly environment: Record<string, string>,
  ) {
    this.find = finder(secrets);
  }

  /**
   * Runs a command, and checks that others can't see a secret: in a command line, in a file that all can read, in the output.
   * @param options with `everyProgram`, strace(1) sees each program that pyshrink starts, however short it runs
   */
  async run(
    args: string[],
    { everyProgram = false, ...options }: Options & { everyProgram?: boolean } = {},
  ): Promise<{ exitCode: number | undefined; output: string }> {
    for (const name of ['cache', 'state', 'tmp', 'home', 'work']) mkdirSync(join(this.path, name), { recursive: true });
    const onlooker = new Onlooker(this.find, this.path);
    const log = join(workdir(), 'programs');
    const strace = ['strace', '-f', '-qq', '-v', '--seccomp-bpf', '-e', 'trace=execve', '-s', '100000', '-o', log];
    const [file = '', ...words] = [...(everyProgram ? strace : []), process.execPath, CLI, ...args];
    const { exitCode, stdout, stderr } = await execa(file, words, {
      reject: false,
      cwd: join(this.path, 'work'),
      ...options,
      env: {
        HOME: join(this.path, 'home'),
        PYSHRINK_CACHE: join(this.path, 'cache'),
        XDG_STATE_HOME: join(this.path, 'state'),
        TMPDIR: join(this.path, 'tmp'),
        ...this.environment,
        ...options.env,
      },
    });
    onlooker.stop();
    expect([...onlooker.seen].filter((text) => !TYPED.test(text))).toEqual([]);
    expect(onlooker.rounds).toBeGreaterThan(3);
    if (everyProgram) {
      // execve("PROGRAM", [ARGUMENTS], [VARIABLES]). The first one is pyshrink, as the user has typed it.
      const [own = '', ...programs] = readFileSync(log, 'utf8').match(/execve\(.*?\], \[/g) ?? [];
      expect(own).toContain(CLI);
      expect(programs.filter((line) => this.find(line).length > 0)).toEqual([]);
    }
    const lines = `${stdout}\n${stderr}`.split('\n');
    expect(lines.filter((line) => this.find(line).length > 0)).toEqual([]);
    return { exitCode, output: lines.slice(-30).join('\n') };
  }

  /** Checks every file that the commands have written. @param isUsers whether the user has made a file or asked for its secrets */
  checkFiles(isUsers: (path: string) => boolean): void {
    const wrong = filesBelow(this.path).flatMap(({ path, mode }) => {
      if (isUsers(path)) return [];
      const bytes = readFileSync(path);
      // A page holds its data compressed.
      const packed = path.endsWith('.html') ? (bytes.toString('latin1').match(/H4sI[A-Za-z0-9+/=]{100,}/g) ?? []) : [];
      if (path.endsWith('.html')) expect(packed.length, `${path} has data`).toBe(1);
      const texts = [bytes, ...packed.map((data) => gunzipSync(Buffer.from(data, 'base64')))];
      const found = texts.flatMap(this.find);
      if (found.length === 0 || (RECORDS.test(basename(path)) && mode === 0o600)) return [];
      return [`${path} (mode ${mode.toString(8)}) holds: ${[...new Set(found)].join(', ')}`];
    });
    expect(wrong).toEqual([]);
  }

  /** The places whose secrets are in the run records, where they may be. */
  recorded(): string[] {
    return filesBelow(this.path)
      .filter(({ path }) => RECORDS.test(basename(path)))
      .flatMap(({ path }) => this.find(readFileSync(path)));
  }
}
