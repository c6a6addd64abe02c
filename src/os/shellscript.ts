/** What stands in a word for an expansion: `\0NAME\0` for `$NAME` and `${NAME}`, `\0\0` for `$(command)`, `$1` and the like. */
const MARK = '\0';

/** Deeper nested expansions are read as if they were not nested. Nobody writes such a script by hand. */
const DEEPEST = 50;

/** Characters. A longer value is no command, and no path. */
const LONGEST_DEFAULT = 1000;

/** A simple command of a shell script: its words without quotes and redirections. */
export interface ShellCommand {
  words: string[];
  /** The files of its redirections. */
  files: string[];
  /** The line of its first word, from 1. */
  line: number;
  /** Its here-document: the text, and its first line. */
  input?: { text: string; line: number };
}

/** A value that a variable has where it is not set, `${NAME:-value}`, or in a round of a loop: `for NAME in value`. */
export interface DefaultValue {
  variable: string;
  value: string;
  line: number;
}

/** A here-document whose text begins after the end of the line. */
interface HereDocument {
  command: ShellCommand;
  delimiter: string;
  tabs: boolean;
}

/**
 * Reads the simple commands of a shell script, those in expansions too. Reserved words (`if`, `do`) are words like others. It never
 * fails: what is no shell script gives commands that mean nothing.
 * Source: POSIX.1-2017, Shell and Utilities, 2.2 (quoting), 2.3 (tokens), 2.6 (expansions), 2.7 (redirection); bash(1) for `$'...'`,
 * `<<<` and `<(...)`.
 * @param line the number of the script's first line
 */
export function readShell(script: string, line = 1): { commands: ShellCommand[]; defaults: DefaultValue[] } {
  const reader = new Reader(script, line);
  while (!reader.isAtEnd()) reader.commands(undefined);
  const commands = reader.found.filter(({ words, files, input }) => words.length > 0 || files.length > 0 || input !== undefined);
  return { commands, defaults: reader.defaults };
}

/** The name of the variable that a word consists of. Undefined for any other word. */
export function variableIn(word: string): string | undefined {
  return /^\0(\w+)\0$/.exec(word)?.[1];
}

/** The text of a word before its first expansion; undefined where it has none. */
export function beforeExpansion(word: string): string | undefined {
  const at = word.indexOf(MARK);
  return at < 0 ? undefined : word.slice(0, at);
}

/** A word with the values of variables in place of their expansions, as far as they are known. */
export function withConstants(word: string, values: ReadonlyMap<string, string | undefined>): string {
  return word.replace(/\0(\w+)\0/g, (mark, name: string) => values.get(name) ?? mark);
}

/** The text of a word behind its last expansion; the word itself where it has none. */
export function afterExpansions(word: string): string {
  return word.slice(word.lastIndexOf(MARK) + 1);
}

class Reader {
  readonly found: ShellCommand[] = [];
  readonly defaults: DefaultValue[] = [];
  private at = 0;
  private depth = 0;
  private waiting: HereDocument[] = [];

  constructor(
    private readonly text: string,
    private line: number,
  ) {}

  isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  /** Reads commands until the end, or behind the character that ends an expansion. */
  commands(end: ')' | '`' | undefined): void {
    let command = this.begin();
    /** The words of this command are the values of a loop's variable. */
    let loop: { command: ShellCommand; variable: string } | undefined;
    while (!this.isAtEnd()) {
      const char = this.text[this.at] as string;
      if (char === end || (char === ')' && end === undefined)) {
        this.at++;
        if (char === end) return;
        command = this.begin();
      } else if (char === '\n') {
        this.at++;
        this.line++;
        this.readHereDocuments();
        command = this.begin();
      } else if (/[;&|()]/.test(char)) {
        this.at++;
        // What is in parentheses inside an expansion ends before the expansion does.
        if (char === '(' && end === ')') this.nested(')');
        command = this.begin();
      } else if (/\s/.test(char)) this.at++;
      else if (char === '#') this.skipLine();
      else if (char === '<' || char === '>') this.redirection(command);
      else {
        const { line } = this;
        const word = this.word(end === '`');
        // The number of a redirected descriptor is no word of the command.
        if (/^\d+$/.test(word) && /[<>]/.test(this.text[this.at] ?? '')) continue;
        if (command.words.length === 0) command.line = line;
        const [first = '', variable = ''] = command.words;
        if (word === 'in' && /^(case|for|select)$/.test(first)) {
          command = this.begin();
          if (first !== 'case') loop = { command, variable };
        } else if (loop?.command === command) this.defaults.push({ variable: loop.variable, value: word, line });
        else command.words.push(word);
      }
    }
  }

  private begin(): ShellCommand {
    const command = { words: [], files: [], line: this.line };
    this.found.push(command);
    return command;
  }

  private nested(end: ')' | '`'): void {
    if (this.depth >= DEEPEST) return;
    this.depth++;
    this.commands(end);
    this.depth--;
  }

  private skipLine(): void {
    const next = this.text.indexOf('\n', this.at);
    this.at = next < 0 ? this.text.length : next;
  }

  private redirection(command: ShellCommand): void {
    const operator = /^(<<<|<<-?|[<>][<>&|]?)/.exec(this.text.slice(this.at, this.at + 3))?.[0] as string;
    this.at += operator.length;
    // Of <(command), the command is read.
    if (this.text[this.at] === '(') return;
    while (/[ \t]/.test(this.text[this.at] ?? '')) this.at++;
    if (/[\s;&|()<>]/.test(this.text[this.at] ?? ' ')) return;
    const target = this.word(false);
    if (/^<<-?$/.test(operator)) this.waiting.push({ command, delimiter: target, tabs: operator === '<<-' });
    else if (operator !== '<<<') command.files.push(target);
  }

  /** Reads the texts of the here-documents that the line before began. */
  private readHereDocuments(): void {
    for (const { command, delimiter, tabs } of this.waiting.splice(0)) {
      const { at: first, line } = this;
      let end = first;
      while (!this.isAtEnd()) {
        const next = this.text.indexOf('\n', this.at);
        const stop = next < 0 ? this.text.length : next;
        const one = this.text.slice(this.at, stop);
        end = this.at;
        this.at = Math.min(stop + 1, this.text.length);
        this.line++;
        if ((tabs ? one.replace(/^\t+/, '') : one) === delimiter) break;
        end = this.at;
      }
      command.input = { text: this.text.slice(first, end), line };
    }
  }

  /** @param inBackquotes whether a backquote ends the word */
  private word(inBackquotes: boolean): string {
    let word = '';
    while (!this.isAtEnd()) {
      const char = this.text[this.at] as string;
      if (/[\s;&|()<>]/.test(char) || (char === '`' && inBackquotes)) break;
      this.at++;
      if (char === '\\') word += this.escaped();
      else if (char === "'") word += this.until("'");
      else if (char === '"') word += this.quoted();
      else if (char === '$') word += this.expansion();
      else if (char === '`') {
        this.nested('`');
        word += MARK + MARK;
      } else word += char;
    }
    return word;
  }

  /** The character behind a backslash. A line that ends in one goes on with the next one. */
  private escaped(): string {
    const char = this.text[this.at++] ?? '';
    if (char !== '\n') return char;
    this.line++;
    return '';
  }

  private until(quote: string): string {
    const next = this.text.indexOf(quote, this.at);
    const end = next < 0 ? this.text.length : next;
    const inside = this.text.slice(this.at, end);
    this.at = end + 1;
    this.countLines(inside);
    return inside;
  }

  /** Text in double quotes, from behind the first one. */
  private quoted(): string {
    let inside = '';
    while (!this.isAtEnd()) {
      const char = this.text[this.at++] as string;
      if (char === '"') break;
      if (char === '\\' && /["\\$`\n]/.test(this.text[this.at] ?? '')) inside += this.escaped();
      else if (char === '$') inside += this.expansion();
      else if (char === '`') {
        this.nested('`');
        inside += MARK + MARK;
      } else {
        inside += char;
        if (char === '\n') this.line++;
      }
    }
    return inside;
  }

  /** An expansion, from behind the dollar sign. */
  private expansion(): string {
    const char = this.text[this.at] ?? '';
    if (char === '(') {
      this.at++;
      if (this.text[this.at] === '(') this.arithmetic();
      else this.nested(')');
      return MARK + MARK;
    }
    if (char === "'") {
      this.at++;
      return this.ansiQuoted();
    }
    if (char === '"') return '';
    if (char === '{') {
      this.at++;
      return this.parameter();
    }
    const name = /^\w+/.exec(this.text.slice(this.at, this.at + 100))?.[0] ?? '';
    this.at += name.length;
    if (name !== '') return /^\d/.test(name) ? MARK + MARK : MARK + name + MARK;
    if (!/[@#?$!*-]/.test(char)) return '$';
    this.at++;
    return MARK + MARK;
  }

  /** `$((...))`, from its second parenthesis. What is inside is no command. */
  private arithmetic(): void {
    let open = 1;
    for (this.at++; !this.isAtEnd() && open > -1; this.at++) {
      const char = this.text[this.at];
      if (char === '(') open++;
      else if (char === ')') open--;
      else if (char === '\n') this.line++;
    }
  }

  /** Text in `$'...'`, from behind the quote. */
  private ansiQuoted(): string {
    let inside = '';
    while (!this.isAtEnd()) {
      const char = this.text[this.at++] as string;
      if (char === "'") break;
      if (char === '\n') this.line++;
      inside += char === '\\' ? (this.text[this.at++] ?? '') : char;
    }
    return inside;
  }

  /** What is in `${...}`, from behind the brace. */
  private parameter(): string {
    const name = /^\w*/.exec(this.text.slice(this.at, this.at + 100))?.[0] as string;
    const begin = this.at + name.length;
    const { line } = this;
    let open = 1;
    while (!this.isAtEnd() && open > 0) {
      const char = this.text[this.at++] as string;
      if (char === '{') open++;
      else if (char === '}') open--;
      else if (char === '\\') this.escaped();
      else if (char === '\n') this.line++;
      else if (char === '$' && this.text[this.at] === '(') this.expansion();
    }
    const value = /^:?[-=](.*)$/s.exec(this.text.slice(begin, Math.max(begin, this.at - 1)))?.[1];
    if (value && value.length <= LONGEST_DEFAULT) this.defaults.push({ variable: name, value, line });
    return MARK + name + MARK;
  }

  private countLines(text: string): void {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.line++;
  }
}
