#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { Command, CommanderError } from '@commander-js/extra-typings';
import { ExitCode, UserError } from './errors.js';
import { VERSION } from './package.js';
import { printableLines } from './printable.js';

// The keep set of a large image is made of millions of small objects that stay. By default, V8 lets the heap become much larger than they
// are before it collects garbage. This saves a tenth of the memory, and costs no time that can be measured.
setFlagsFromString('--heap-growing-percent=40');

/** A command is loaded when it is called: `--version` and `--help` need none of them. */
const COMMANDS = {
  trace: {
    text: 'run an image, watch it, write a trace',
    load: async () => (await import('./commands/trace.js')).defineTrace,
  },
  assemble: {
    text: 'build the image from traces of one image (default: the newest)',
    load: async () => (await import('./commands/assemble.js')).defineAssemble,
  },
  smoke: {
    text: 'compare a shrunk image (default: the newest) with its original',
    load: async () => (await import('./commands/smoke.js')).defineSmoke,
  },
  shrink: {
    text: 'trace, assemble and smoke, and repair until it passes',
    load: async () => (await import('./commands/shrink.js')).defineShrink,
  },
  init: {
    text: 'write a commented pyshrink.yaml for an image, by looking at it',
    load: async () => (await import('./commands/init.js')).defineInit,
  },
  why: {
    text: 'say why a path, module or distribution is kept, or what would bring it in',
    load: async () => (await import('./commands/why.js')).defineWhy,
  },
  report: {
    text: 'say what is in the shrunk image, what was left out, and why',
    load: async () => (await import('./commands/report.js')).defineReport,
  },
  diff: {
    text: 'say what came and what went between two shrunk images',
    load: async () => (await import('./commands/diff.js')).defineDiff,
  },
  doctor: {
    text: 'say what this computer can do, and what to do about what it cannot',
    load: async () => (await import('./commands/doctor.js')).defineDoctor,
  },
} as const;

const program = new Command('pyshrink')
  .description('Shrinks the container image of a Python app to what the app uses, and proves that it still behaves the same.')
  .version(VERSION)
  .showHelpAfterError('(pyshrink COMMAND --help lists the options)')
  .exitOverride();

const finish = (code: number) => {
  process.exitCode = code;
};
/** `pyshrink COMMAND` and `pyshrink help COMMAND`. */
const called = process.argv.slice(2, 4);
for (const [name, { text, load }] of Object.entries(COMMANDS)) {
  const command = program.command(name).description(text).exitOverride();
  if (!called.includes(name)) continue;
  command
    .option('--json', 'print one JSON document on stdout')
    .option('--debug', 'print what happens, how long it takes, and stack traces');
  (await load())(command, finish);
}

const outputs = [process.stdout, process.stderr];
// A reader that has seen enough, such as `head`, closes the pipe; the work goes on all the same.
for (const output of outputs) output.on('error', () => {});
// What comes after `--` belongs to the app.
const end = process.argv.indexOf('--');
const isDebug = process.argv.slice(2, end < 0 ? undefined : end).includes('--debug');
if (isDebug) (await import('./debug.js')).enableDebug();
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) finish(error.exitCode === 0 ? ExitCode.done : ExitCode.usage);
  else finish(reportError(error));
}
// Everything is closed by now. A connection that somebody else keeps open must not keep this process once its output is written.
for (const output of outputs) await new Promise((written) => output.write('', written));
process.exit();

/** Prints an error and returns the exit code that goes with it. */
function reportError(error: unknown): number {
  const stack = error instanceof Error && isDebug ? `${printableLines(error.stack ?? '')}\n` : '';
  if (error instanceof UserError) {
    if (error.exitCode !== ExitCode.interrupted)
      process.stderr.write(`pyshrink: ${printableLines(error.message)}\n  ${printableLines(error.remedy)}\n${stack}`);
    return error.exitCode;
  }
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    `pyshrink: unexpected: ${printableLines(text)}\n${stack || '  Run it again with --debug and report what it prints.\n'}`,
  );
  return ExitCode.failed;
}
