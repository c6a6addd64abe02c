import { access, constants, open, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { execa } from 'execa';
import { UserError, usageError } from '../../errors.js';
import { sha256 } from '../../images/digest.js';
import { ownPlatform } from '../../images/platform.js';
import { FIRST_LINE, parseShebang } from '../../os/shebang.js';
import type { ImageInfo } from '../engine.js';

/** Variables that choose language and time zone: the image always gets them. */
const LOCALE = /^(LANG|LANGUAGE|LC_[A-Z]+|TZ)$/;

/**
 * This computer as an image: a command, its working directory, its user, and of the environment only PATH, language and
 * time zone. The user must name any other variable, so that no secret gets into an image by accident.
 * @param environment variables that the user named, as `NAME=VALUE`
 * @throws UserError where there is no such command, or no Python runs it
 */
export async function hostImage(command: readonly string[], environment: readonly string[]): Promise<ImageInfo> {
  const [first, ...rest] = command;
  if (first === undefined)
    throw usageError('host: needs a command to trace.', 'Give it after `--`, for instance `pyshrink shrink host: -- python3 app.py`.');
  const program = await find(first);
  if (program === undefined) throw usageError(`There is no ${first} on this computer.`, 'Name a program on PATH, or a path.');
  const isPython = /(^|\/)python[\d.]*$/.test(first);
  const python = isPython ? await realPython(program) : await interpreterOf(program);
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const locale = Object.entries(process.env).filter(([name]) => LOCALE.test(name));
  return {
    id: sha256(`host:${hostname()}`),
    reference: 'host:',
    digests: [],
    platform: ownPlatform(),
    size: 0,
    created: new Date().toISOString(),
    layers: [],
    separateRoot: false,
    python,
    config: {
      // `python3` on PATH may be a script that looks for the real interpreter, as pyenv's is.
      Cmd: [isPython ? python : program, ...rest],
      WorkingDir: process.cwd(),
      Env: [`PATH=${process.env.PATH ?? ''}`, ...locale.map(([name, value]) => `${name}=${value}`), ...environment],
      ...(uid !== 0 && { User: `${uid}:${gid}` }),
    },
  };
}

/** Absolute path of a program, found as a shell finds it. */
async function find(program: string): Promise<string | undefined> {
  const places = program.includes('/') ? [program] : (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, program));
  for (const path of places.map((place) => resolve(place))) {
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs && (await stat(path)).isFile()) return path;
  }
  return undefined;
}

/** Path of the interpreter that a command starts. @throws UserError where it does not run */
async function realPython(program: string): Promise<string> {
  const run = await execa(program, ['-c', 'import sys; print(sys.executable)'], { reject: false });
  if (run.failed) throw new UserError(`${program} does not run: ${run.stderr.trim()}`, 'Name the Python that runs the app.');
  return run.stdout.trim();
}

/** The Python of a script: that of its first line, else the `python3` on PATH. */
async function interpreterOf(program: string): Promise<string> {
  const head = Buffer.alloc(FIRST_LINE);
  const file = await open(program);
  await file.read(head, 0, FIRST_LINE, 0).finally(() => file.close());
  const interpreter = parseShebang(head)?.interpreter;
  return interpreter !== undefined && /python[\d.]*$/.test(interpreter) ? interpreter : realPython((await find('python3')) ?? program);
}
