import { dirname, resolve } from 'node:path';
import { execa } from 'execa';
import { debug } from '../debug.js';
import { UserError, usageError } from '../errors.js';
import { parseModel } from './model.js';

/** Where docker compose v2 comes from. https://docs.docker.com/compose/install/linux/ */
const PACKAGES =
  "Install the package docker-compose-plugin (Docker's own packages), docker-compose-v2 (Ubuntu) or docker-compose (Debian 13), and check it with `docker compose version`.";

export interface Ran {
  failed: boolean;
  stdout: string;
  stderr: string;
}

export interface RunWishes {
  /** Variables beside those of this process, e.g. DOCKER_HOST. */
  environment?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
  /** Its standard input. */
  input?: string;
}

/** Runs `docker compose ARGUMENTS`. @throws UserError where there is no docker compose v2 */
export async function runCompose(args: readonly string[], { environment = {}, signal, input }: RunWishes = {}): Promise<Ran> {
  await requireCompose();
  const started = performance.now();
  const result = await execa('docker', ['compose', '--ansi', 'never', '--progress', 'plain', ...args], {
    reject: false,
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    env: environment,
    ...(signal && { cancelSignal: signal }),
  });
  debug.engine('docker compose %s: status %s in %d ms', args.join(' '), result.exitCode, Math.round(performance.now() - started));
  return { failed: result.failed, stdout: result.stdout, stderr: result.stderr };
}

let found: Promise<void> | undefined;

/** @throws UserError that names the package to install */
function requireCompose(): Promise<void> {
  found ??= execa('docker', ['compose', 'version', '--short'], { reject: false, stdin: 'ignore' }).then(({ failed, stdout, stderr }) => {
    // The client takes an unknown command for one of its own, and prints its help.
    if (failed || !/^v?\d+\.\d+/.test(stdout.trim())) {
      debug.engine('docker compose version: %s', stderr);
      throw new UserError('docker compose (version 2 or newer) is not installed here.', PACKAGES);
    }
    debug.engine('docker compose %s', stdout.trim());
  });
  return found;
}

/**
 * What `docker compose config` prints about a compose file.
 * @throws UserError with compose's own words where it refuses the file
 */
export async function composeConfig(path: string): Promise<{ printed: string; warnings: string[] }> {
  const { failed, stdout, stderr } = await runCompose(['-f', path, 'config', '--format', 'json']);
  const { errors, warnings } = messagesOf(stderr);
  if (failed)
    throw usageError(
      `docker compose refuses ${path}: ${errors.join(' ') || 'it says nothing about why'}`,
      `Correct the file; \`docker compose -f ${path} config\` checks it.`,
    );
  return { printed: stdout, warnings };
}

/**
 * Values that variables have where docker compose reads a file: those of this process, and of `.env` beside the file. Compose prints
 * them as the variables of a service: `config --environment` prints lines, and a value may have several.
 * @returns only those that are set
 * @throws UserError with compose's own words where it does not say them
 */
export async function valuesOfVariables(path: string, names: readonly string[]): Promise<Record<string, string>> {
  const service = { image: 'none', environment: names };
  const input = JSON.stringify({ services: { variables: service } });
  const args = ['--project-directory', dirname(resolve(path)), '-f', '-', 'config', '--format', 'json'];
  const { failed, stdout, stderr } = await runCompose(args, { input });
  if (failed)
    throw new UserError(
      `docker compose does not say what the variables of ${path} are: ${messagesOf(stderr).errors.join(' ')}`,
      `\`docker compose -f ${path} config --environment\` shows them.`,
    );
  const { environment } = parseModel(path, stdout).services?.variables ?? {};
  return Object.fromEntries(Object.entries(environment ?? {}).flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]])));
}

/** Builds the images of services. @throws UserError with the end of the builder's output */
export async function composeBuild(path: string, services: readonly string[]): Promise<void> {
  const { failed, stdout, stderr } = await runCompose(['-f', path, 'build', ...services]);
  if (failed)
    throw new UserError(
      `docker compose could not build the images of ${path}: ${lastLines(`${stdout}\n${stderr}`)}`,
      `Try \`docker compose -f ${path} build\`.`,
    );
}

/** Lines that compose prints on standard error: its warnings are log lines (logrus, TextFormatter), its errors plain text. */
export function messagesOf(stderr: string): { errors: string[]; warnings: string[] } {
  const errors: string[] = [];
  const warnings: string[] = [];
  for (const line of stderr.split('\n')) {
    const [, level, text] = /^time="[^"]*" level=(\w+) msg="((?:[^"\\]|\\.)*)"/.exec(line) ?? [];
    if (level === undefined || text === undefined) {
      if (line.trim() !== '') errors.push(line.trim());
    } else if (level === 'warning') warnings.push(text.replace(/\\(.)/g, '$1'));
    else if (level !== 'info' && level !== 'debug') errors.push(text.replace(/\\(.)/g, '$1'));
  }
  return { errors, warnings };
}

/** The last lines of an output, as one text. */
export function lastLines(text: string, count = 10): string {
  return text.trim().split('\n').slice(-count).join('\n').slice(-2000);
}
