import type { Entry } from '../rootfs.js';
import { TOOL_VARIABLES } from './data/variables.js';
import { anyPath } from './evidence.js';
import { pathsIn, zonesOf } from './pathwords.js';
import { isAppCode } from './purpose.js';
import type { PythonWorld } from './python/world.js';
import type { Addition } from './reason.js';
import type { Context, Rule } from './rule.js';
import { shellText } from './shellfiles.js';
import { namesInCommand } from './shellnames.js';

/**
 * The paths in the image's commands and environment (from the level `reachable` on): `--config /etc/app.yaml`, `MODEL_DIR=/models`. A
 * variable counts once kept code has its name.
 */
export class SettingsRule implements Rule {
  readonly name = 'configured';
  /** Variable → paths in its value. */
  private readonly waiting = new Map<string, readonly string[]>();

  begin({ commands, environment, python }: Context): Addition[] {
    if (!python) return [];
    for (const [name, value] of Object.entries(environment)) {
      const paths = TOOL_VARIABLES.test(name) ? [] : pathsIn(value);
      if (paths.length > 0) this.waiting.set(name, paths);
    }
    const named = commands.flatMap((command) => [...namesInCommand(command).paths.keys()]);
    return [
      ...named.flatMap((subject) => additionsFor(subject, undefined, [], python)),
      // Every program's C library reads it.
      ...zonesOf(environment.TZ ?? '').flatMap((subject) => additionsFor(subject, 'TZ', [], python)),
    ];
  }

  async visit(entry: Entry, context: Context): Promise<Addition[]> {
    const { python } = context;
    const { path } = entry;
    if (!python || this.waiting.size === 0 || entry.type !== 'f') return [];
    const own = isAppCode(path, context);
    const found = new Set(python.codeIn(path).flatMap(({ summary }) => this.namedIn(summary.strings, own)));
    const script = await shellText(entry, context, context.given);
    if (script !== undefined) for (const name of this.namedIn(script.match(/\w+/g) ?? [], false)) found.add(name);
    return [...found].flatMap((name) => {
      const paths = this.waiting.get(name) ?? [];
      this.waiting.delete(name);
      return paths.flatMap((subject) => additionsFor(subject, name, [path], python));
    });
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
