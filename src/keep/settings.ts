import type { Entry } from '../rootfs.js';
import { SHELL_WORDS } from './data/shells.js';
import { TOOL_VARIABLES } from './data/variables.js';
import { anyPath, commandsRun, offered } from './evidence.js';
import { pathsIn, zonesOf } from './pathwords.js';
import { isAppCode } from './purpose.js';
import type { PythonWorld } from './python/world.js';
import type { Addition } from './reason.js';
import type { Context, Finding, Rule } from './rule.js';
import { shellText } from './shellfiles.js';
import { namesInCommand, namesInScript } from './shellnames.js';

/**
 * The paths in the image's commands and environment (from the level `reachable` on): `--config /etc/app.yaml`, `MODEL_DIR=/models`. A
 * variable counts once kept code has its name. Its value counts as a command line where that is run: `CHECKSUM=sha256sum`.
 */
export class SettingsRule implements Rule {
  readonly name = 'configured';
  /** Variable → paths in its value. */
  private readonly waiting = new Map<string, readonly string[]>();
  /** Variables whose value may be a command line. */
  private readonly commands = new Map<string, string>();

  begin({ commands, environment, python }: Context): Addition[] {
    if (!python) return [];
    for (const [name, value] of Object.entries(environment)) {
      const paths = TOOL_VARIABLES.test(name) ? [] : pathsIn(value);
      if (paths.length > 0) this.waiting.set(name, paths);
      if (!TOOL_VARIABLES.test(name) && /^[\w./]/.test(value) && !SHELL_WORDS.has(value)) this.commands.set(name, value);
    }
    const named = commands.flatMap((command) => [...namesInCommand(command).paths.keys()]);
    return [
      ...named.flatMap((subject) => additionsFor(subject, undefined, [], python)),
      // Every program's C library reads it.
      ...zonesOf(environment.TZ ?? '').flatMap((subject) => additionsFor(subject, 'TZ', [], python)),
    ];
  }

  async visit(entry: Entry, context: Context): Promise<Finding[]> {
    const { python } = context;
    const { path } = entry;
    if (!python || this.waiting.size + this.commands.size === 0 || entry.type !== 'f') return [];
    const own = isAppCode(path, context);
    const found = new Set(python.codeIn(path).flatMap(({ summary }) => this.namedIn(summary.strings, own)));
    const script = await shellText(entry, context, context.given);
    if (script !== undefined) for (const name of this.namedIn(script.match(/\w+/g) ?? [], false)) found.add(name);
    const additions = [...found].flatMap((name) => {
      const paths = this.waiting.get(name) ?? [];
      this.waiting.delete(name);
      return paths.flatMap((subject) => additionsFor(subject, name, [path], python));
    });
    const maybe = own ? python.codeIn(path).flatMap(({ summary }) => summary.maybe) : [];
    const run = [...maybe, ...(script === undefined ? [] : namesInScript(script).run)];
    return [...additions, ...(await this.programs(run, path, context))];
  }

  /** Programs in the values of variables that a script runs, or that code names where it runs programs. */
  private async programs(variables: readonly string[], path: string, context: Context): Promise<Finding[]> {
    const findings: Finding[] = [];
    for (const name of variables) {
      const value = this.commands.get(name);
      if (value === undefined) continue;
      this.commands.delete(name);
      for (const { paths, offer } of await commandsRun([[0, '', value]], false, context)) {
        const named = paths.map(
          ({ line: _, ...one }): Addition => ({ ...one, rule: 'configured', kind: 'program', of: name, parents: [path] }),
        );
        findings.push(...offered(named, offer));
      }
    }
    return findings;
  }

  /** @param own whether the words are the app's own: its fields of settings may have names in small letters, without a prefix */
  private namedIn(words: readonly string[], own: boolean): string[] {
    return words.flatMap((word) => {
      if (this.waiting.has(word)) return [word];
      if (!own || !/^\w+$/.test(word)) return [];
      const field = word.toUpperCase();
      // One word alone is the end of too many names: `home`, `path`.
      return [...this.waiting.keys()].filter((name) => name === field || (word.includes('_') && name.endsWith(`_${field}`)));
    });
  }
}

function additionsFor(subject: string, of: string | undefined, parents: string[], python: PythonWorld): Addition[] {
  const because = { rule: 'configured', ...(of !== undefined && { of }), parents } as const;
  return anyPath(subject, python).flatMap(({ paths }) => paths.map((one): Addition => ({ ...one, ...because })));
}
