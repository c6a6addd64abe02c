import type { Command } from '@commander-js/extra-typings';
import { ExitCode } from '../errors.js';
import { type Diagnosis, diagnose } from '../index.js';
import { print } from './print.js';

const MARKS = { true: 'ok  ', false: 'FAIL', null: '?   ' };

/** `pyshrink doctor` */
export function defineDoctor(command: Command<[], { json?: true }>, finish: (code: number) => void): void {
  command.option('--clean', 'remove what dead runs have left').action(async ({ json, clean }) => {
    const diagnosis = await diagnose({ clean });
    print(json, diagnosis, lines(diagnosis, clean));
    finish(diagnosis.checks.some(({ ok }) => ok === false) ? ExitCode.failed : ExitCode.done);
  });
}

function lines({ checks, removed }: Diagnosis, clean: true | undefined): string[] {
  return [
    ...checks.flatMap(({ name, ok, detail, remedy }) => [
      `${MARKS[`${ok}`]} ${name}: ${detail}`,
      ...(remedy === undefined ? [] : [`       ${remedy}`]),
    ]),
    ...removed.map((name) => `removed ${name}`),
    ...(clean && removed.length === 0 ? ['nothing was left behind by dead runs'] : []),
  ];
}
