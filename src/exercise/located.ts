import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { type UserError, usageError } from '../errors.js';
import { nearest } from '../nearest.js';

/** Characters of a value that a message shows. */
const BRIEF = 60;

/** An entry of a mapping. `key` and `value` each have their own place. */
export interface Field {
  name: string;
  key: Located;
  value: Located;
}

/** What {@link Located} values of one file share. */
interface Source {
  path: string;
  document: Document;
  lines: LineCounter;
}

/**
 * A value in a YAML file that knows where it stands, so that each error names file, line and column.
 * All methods that return a value throw a UserError where the value has another form.
 */
export class Located {
  private constructor(
    private readonly source: Source,
    private readonly node: Node | undefined,
    /** Where it begins in the file, in UTF-16 code units. */
    private readonly offset: number,
  ) {}

  /**
   * Reads the text of a file.
   * @param path name of the file in messages
   * @param remedy what to do where it is not YAML
   * @throws UserError where it is not YAML
   */
  static parse(path: string, text: string, remedy: string): Located {
    const lines = new LineCounter();
    // With `prettyErrors`, messages would hold the place once more, in another form.
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const root = new Located({ path, document, lines }, document.contents ?? undefined, 0);
    // A warning is a tag that nobody knows, such as `!include`: its value would be taken as it stands.
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem) throw root.moved(undefined, problem.pos[0]).error(`This is not YAML: ${problem.message.replace(/\.?$/, '')}`, remedy);
    return root;
  }

  /** What kind of value it is. `null` stands for no value at all, and `scalar` also for numbers and booleans. */
  get kind(): 'mapping' | 'list' | 'scalar' | 'null' {
    if (isMap(this.node)) return 'mapping';
    if (isSeq(this.node)) return 'list';
    return isScalar(this.node) && this.node.value !== null ? 'scalar' : 'null';
  }

  /** A mistake at this place. A question, such as "did you mean ...?", ends with its question mark. */
  error(what: string, remedy: string): UserError {
    const { line, col } = this.source.lines.linePos(this.offset);
    const place = `(${this.source.path}, line ${Math.max(line, 1)}, column ${Math.max(col, 1)})`;
    return usageError(what.endsWith('?') ? `${what} ${place}` : `${what} ${place}.`, remedy);
  }

  /** A mistake where this name should be one of those that are known. */
  unknown(known: readonly string[], remedy: string): UserError {
    const name = this.brief();
    const meant = nearest(this.plain(), known);
    return this.error(meant === undefined ? `\`${name}\` is not known here` : `\`${name}\`: did you mean \`${meant}\`?`, remedy);
  }

  /** The entries of a mapping, in their order. A merge key (`<<`) is not known to YAML 1.2, so it is an entry like any other. */
  fields(remedy: string): Field[] {
    if (!isMap(this.node)) throw this.error(`${this.described()} stands where \`name: value\` should be`, remedy);
    return this.node.items.map((pair) => {
      const key = this.child(pair.key, this.offset);
      return { name: key.plain(), key, value: this.child(pair.value, key.offset) };
    });
  }

  /** The items of a list. */
  items(remedy: string): Located[] {
    if (!isSeq(this.node)) throw this.error(`${this.described()} stands where a list should be`, remedy);
    return this.node.items.map((item) => this.child(item, this.offset));
  }

  /** The items of a list, or a single value as the only item. */
  oneOrMore(remedy: string): Located[] {
    const items = this.kind === 'list' ? this.items(remedy) : [this];
    if (items.length === 0) throw this.error('This list is empty', remedy);
    return items;
  }

  /** A text. */
  text(remedy: string): string {
    if (isScalar(this.node) && typeof this.node.value === 'string') return this.node.value;
    throw this.error(`${this.described()} stands where a text should be`, remedy);
  }

  /** A text that is not empty. */
  filled(remedy: string): string {
    const text = this.text(remedy);
    if (text === '') throw this.error('This text is empty', remedy);
    return text;
  }

  /** A text, number or boolean, as it is written: `1.0` stays `1.0`. */
  written(remedy: string): string {
    if (isScalar(this.node)) return typeof this.node.value === 'string' ? this.node.value : (this.node.source ?? '');
    throw this.error(`${this.described()} stands where a text or a number should be`, remedy);
  }

  /** A number from `least` to `most`. */
  number(remedy: string, { least, most = Infinity, whole = false }: { least: number; most?: number; whole?: boolean }): number {
    const value = isScalar(this.node) ? this.node.value : undefined;
    if (typeof value === 'number' && value >= least && value <= most && Number.isFinite(value) && (!whole || Number.isInteger(value)))
      return value;
    const range = most === Infinity ? `that is not below ${least}` : `from ${least} to ${most}`;
    throw this.error(`${this.described()} stands where a ${whole ? 'whole ' : ''}number ${range} should be`, remedy);
  }

  /** `true` or `false`. */
  flag(remedy: string): boolean {
    if (isScalar(this.node) && typeof this.node.value === 'boolean') return this.node.value;
    throw this.error(`${this.described()} stands where true or false should be`, remedy);
  }

  /** Any value that JSON can hold, as JSON. */
  json(remedy: string): string {
    try {
      return JSON.stringify(this.node?.toJS(this.source.document) ?? null);
    } catch (error) {
      // For instance an alias that holds itself.
      throw this.error(`This value can't be written as JSON: ${(error as Error).message.split('\n')[0]}`, remedy);
    }
  }

  /** A scalar as it is written, without its quotes; empty for anything else. */
  plain(): string {
    return isScalar(this.node) ? String(this.node.source ?? this.node.value ?? '') : '';
  }

  /** The value in a few words, for messages. */
  brief(): string {
    const text = this.plain().trim();
    return text.length > BRIEF ? `${text.slice(0, BRIEF)}...` : text;
  }

  private described(): string {
    switch (this.kind) {
      case 'mapping':
        return 'A mapping';
      case 'list':
        return 'A list';
      case 'null':
        return 'Nothing';
      default:
        return `\`${this.brief()}\``;
    }
  }

  private child(node: unknown, otherwise: number): Located {
    const found = isAlias(node) ? node.resolve(this.source.document) : (node as Node | null);
    return this.moved(found ?? undefined, (node as Node | null)?.range?.[0] ?? otherwise);
  }

  private moved(node: Node | undefined, offset: number): Located {
    return new Located(this.source, node, offset);
  }
}

/** Names as a sentence lists them: `` `a`, `b` and `c` ``. */
export function quoted(names: readonly string[], last: 'and' | 'or'): string {
  const all = names.map((name) => `\`${name}\``);
  return all.length < 2 ? all.join() : `${all.slice(0, -1).join(', ')} ${last} ${all.at(-1)}`;
}
