import { baseName } from '../../rootfs.js';
import type { Addition } from '../keepset.js';
import type { Context } from '../rule.js';

/** The names under which a program or a first line finds the interpreter: python, python3, python3.13. */
export function interpreterNames({ fs, trace, environment }: Context): Addition[] {
  const real = fs.resolve(trace.python.executable)?.path;
  return (environment.PATH ?? '')
    .split(':')
    .flatMap((folder) => fs.list(fs.resolve(folder)?.path ?? ''))
    .filter((path) => /^python[\d.]*$/.test(baseName(path)) && fs.resolve(path)?.path === real)
    .map((path) => ({ path, rule: 'python', parents: [trace.python.executable], detail: 'another name of the interpreter' }));
}

/** Dotted names on command lines (`app:app`, `-m flask`) and in values of environment variables (DJANGO_SETTINGS_MODULE). */
export function namedByConfiguration(
  commands: readonly (readonly string[])[],
  environment: Readonly<Record<string, string>>,
): [what: 'command' | 'environment', name: string][] {
  const dotted = (text: string) => /^[A-Za-z_][\w.]*(?=$|:)/.exec(text)?.[0];
  const found: ['command' | 'environment', string][] = [];
  for (const command of commands) {
    command.forEach((word, index) => {
      const name = dotted(word);
      if (name !== undefined && (command[index - 1] === '-m' || /[.:]/.test(word))) found.push(['command', name]);
    });
  }
  for (const value of Object.values(environment)) {
    const name = dotted(value);
    if (name !== undefined && name.length > 1) found.push(['environment', name]);
  }
  return found;
}
