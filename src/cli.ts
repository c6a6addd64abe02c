#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { assembleCommand } from './commands/assemble.js';
import { reportError } from './commands/context.js';
import { doctorCommand } from './commands/doctor.js';
import {
  addAssembleOptions,
  addEngineOption,
  addEnvironmentOptions,
  addExerciseOptions,
  addLimitOptions,
  addRunOptions,
} from './commands/options.js';
import { shrinkCommand } from './commands/shrink.js';
import { smokeCommand } from './commands/smoke.js';
import { traceCommand } from './commands/trace.js';
import { whyCommand } from './commands/why.js';
import { ExitCode } from './errors.js';
import { VERSION } from './version.js';

const program = new Command('pyshrink')
  .description('Shrinks the container image of a Python app to what the app uses, and proves that it still behaves the same.')
  .version(VERSION)
  .showHelpAfterError('(pyshrink COMMAND --help lists the options)')
  .exitOverride();

const define = (name: string, text: string) =>
  program
    .command(name)
    .description(text)
    .option('--json', 'print one JSON document on stdout')
    .option('--debug', 'print stack traces')
    .exitOverride();

/** A command that runs containers. */
const running = (name: string, text: string) => addEngineOption(define(name, text));

addExerciseOptions(
  addRunOptions(
    running('trace', 'run an image, watch it, write a trace').argument('<IMAGE>').argument('[CMD...]', 'after --: instead of CMD'),
  ),
)
  .option('--append', 'join it to the trace of this image that is there already')
  .action(async (image, args, flags) => finish(await traceCommand(image, args, flags)));
addEnvironmentOptions(
  addAssembleOptions(running('assemble', 'build the image from traces of one image (default: the newest)').argument('[TRACE...]')),
).action(async (traces, flags) => finish(await assembleCommand(traces, flags)));
addLimitOptions(
  addEnvironmentOptions(running('smoke', 'compare a shrunk image (default: the newest) with its original').argument('[SHRUNK]')),
).action(async (shrunk, flags) => finish(await smokeCommand(shrunk, flags)));
addAssembleOptions(
  addExerciseOptions(
    addRunOptions(
      running('shrink', 'trace, assemble and smoke, and repair until it passes')
        .argument('<IMAGE>')
        .argument('[CMD...]', 'after --: instead of CMD'),
    ),
  ),
).action(async (image, args, flags) => finish(await shrinkCommand(image, args, flags)));
define('why', 'say why a path, module or distribution is kept, or what would bring it in')
  .argument('[PATH|MODULE|PACKAGE]')
  .option('--unsound', 'list the places in the code that compute what they import or execute')
  .action(async (subject, flags) => finish(await whyCommand(subject, flags)));
define('doctor', 'say what this machine can do, and what to do about what it cannot')
  .option('--clean', 'remove what dead runs have left')
  .action(async (flags) => finish(await doctorCommand(flags)));

function finish(code: number): void {
  process.exitCode = code;
}

const outputs = [process.stdout, process.stderr];
// A reader that has seen enough, as `head`, is no reason to leave the work half done.
for (const output of outputs) output.on('error', () => {});
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) finish(error.exitCode === 0 ? ExitCode.done : ExitCode.usage);
  else finish(reportError(error, process.argv.includes('--debug')));
}
// All is closed by now: what somebody else keeps open must not keep this process, once its output has been taken.
for (const output of outputs) await new Promise((taken) => output.write('', taken));
process.exit();
