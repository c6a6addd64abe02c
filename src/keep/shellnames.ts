import { beforeExpansion, type DefaultValue, readShell, type ShellCommand, variableIn, withConstants } from '../os/shellscript.js';
import { baseName } from '../rootfs.js';
import { CRON_WITH_TABLE } from './data/cron.js';
import { COMMAND_PREFIXES, SHELL_WORDS, SHELLS, WRAPPERS } from './data/shells.js';
import { pathsIn } from './pathwords.js';

/** A module or a script that an interpreter of Python gets. */
export interface StartedPython {
  /** A name, or a path. */
  interpreter: string;
  what: { module: string } | { script: string };
  line: number;
}

/** What a shell script names, each with the first line that has it, from 1. */
export interface ShellNames {
  /** Programs. One that ends in an expansion is a prefix: `tool-*` for `tool-$1`. */
  programs: Map<string, number>;
  /** Modules that a Python interpreter gets by `-m`, by `-c` or in a here-document. */
  modules: Map<string, number>;
  /** Scripts that a shell gets as its argument: `sh start.sh`. */
  shellScripts: Set<string>;
  /** The same for a Python interpreter. */
  pythonScripts: Set<string>;
  /** What each interpreter of Python gets, as the script names it. */
  started: StartedPython[];
  /** Absolute paths; of one that ends in an expansion or a pattern, the folder. */
  paths: Map<string, number>;
  /** Tables that a cron gets as its argument. */
  cronTables: Set<string>;
  /** Variables whose value is run. */
  run: ReadonlySet<string>;
}

/** Command lines inside of command lines, as of `sh -c 'sh -c "..."'`, are read to this depth. */
const DEEPEST = 5;

/** A name of a program that a script puts together from a constant and an expansion. */
const GLUED = /^[A-Za-z][\w.+-]*-$/;
/** A number alone is none. */
const PROGRAM = /^(?!\d+$)[\w./][\w./+-]*$/;
const PYTHON = /^python[\d.]*$/;
const ASSIGNMENT = /^(\w+)\+?=(.*)$/s;
/** Import statements. `import a, b` names both. */
const IMPORT = /(?:^|[\n;:])[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+([\w., \t]+))/g;

/** What all branches of a shell script name: commands, also inside of `sh -c`, `eval`, `timeout 5` and the like. */
export function namesInScript(script: string): ShellNames {
  const reader = new Names();
  reader.script(script, 1, 0);
  return reader.result();
}

/** The same for one command. @param words without expansions, as in an image's configuration */
export function namesInCommand(words: readonly string[]): ShellNames {
  const reader = new Names();
  reader.command({ words: [...words], files: [], line: 1 }, 0);
  return reader.result();
}

class Names {
  private readonly programs = new Map<string, number>();
  private readonly modules = new Map<string, number>();
  private readonly shellScripts = new Set<string>();
  private readonly pythonScripts = new Set<string>();
  private readonly cronTables = new Set<string>();
  private readonly started: StartedPython[] = [];
  private readonly paths = new Map<string, number>();
  /** Values that variables get, with their lines. */
  private readonly values: DefaultValue[] = [];
  /** Variables whose value is run. */
  private readonly run = new Set<string>();
  /** Variables whose value is a script that an interpreter gets, and the set for it. */
  private readonly given: { variable: string; scripts: Set<string> }[] = [];
  /** The value of each variable that has one, always the same and without expansions. Undefined for others. */
  private readonly constants = new Map<string, string | undefined>();
  /** Names of programs with variables in them. */
  private readonly composed: { word: string; line: number }[] = [];

  result(): ShellNames {
    const { programs, modules, shellScripts, pythonScripts, cronTables, started, paths } = this;
    // What runs one value may give or run others.
    const taken = new Set<DefaultValue>();
    const takeReady = () => {
      const ready = this.values.filter((one) => this.run.has(one.variable) && !taken.has(one));
      for (const one of ready) taken.add(one);
      return ready;
    };
    for (let ready = takeReady(); ready.length > 0; ready = takeReady()) for (const { value, line } of ready) this.script(value, line, 1);
    for (const { variable, scripts } of this.given) for (const one of this.values) if (one.variable === variable) scripts.add(one.value);
    for (const { word, line } of this.composed) {
      for (const name of [withConstants(word, this.constants), ...this.withValues(word)]) if (PROGRAM.test(name)) add(programs, name, line);
    }
    const named = started.map((one) => ({ ...one, interpreter: withConstants(one.interpreter, this.constants) }));
    return { programs, modules, shellScripts, pythonScripts, cronTables, started: named, paths, run: this.run };
  }

  /** A word with each value of its variable, as of a loop's: `/usr/bin/$tool`. Nothing for a word with several variables. */
  private withValues(word: string): string[] {
    const [, before = '', variable, after = ''] = /^([^\0]*)\0(\w+)\0([^\0]*)$/.exec(word) ?? [];
    if (variable === undefined) return [];
    const values = this.values.filter((one) => one.variable === variable && beforeExpansion(one.value) === undefined);
    return values.map(({ value }) => before + value + after);
  }

  script(text: string, line: number, depth: number): void {
    if (depth > DEEPEST) return;
    const { commands, defaults } = readShell(text, line);
    for (const command of commands) this.command(command, depth);
    for (const one of defaults) {
      this.values.push(one);
      this.path(one.value, one.line);
    }
  }

  command({ words, files, line, input }: ShellCommand, depth: number): void {
    for (const word of [...words, ...files]) this.path(word, line);
    let at = 0;
    for (; at < words.length; at++) {
      const [, variable, value] = ASSIGNMENT.exec(words[at] as string) ?? [];
      if (variable !== undefined && value !== undefined) this.assign({ variable, value, line });
      else if (words[at] === 'function')
        at++; // its name
      else if (!COMMAND_PREFIXES.has(words[at] as string)) break;
    }
    const [word, ...rest] = words.slice(at);
    if (word === undefined) return;
    const name = this.program(word, line);
    if (name === undefined) return;
    if (SHELLS.test(name)) this.shell(rest, line, input, depth);
    else if (name === '.' || name === 'source') this.shell(rest, line, undefined, depth);
    else if (PYTHON.test(name)) this.python(word, rest, line, input);
    else if (CRON_WITH_TABLE.test(name)) for (const one of rest) this.cronTables.add(one);
    else if (name === 'eval') this.script(rest.join(' '), line, depth + 1);
    else if (name === 'trap') this.script(rest.find((one) => !one.startsWith('-')) ?? '', line, depth + 1);
    else if (/^(export|local|readonly|declare|typeset)$/.test(name))
      this.command({ words: rest.filter((one) => ASSIGNMENT.test(one)), files: [], line }, depth);
    else this.wrapped(name, rest, line, depth);
  }

  private assign(one: DefaultValue): void {
    const { variable, value } = one;
    this.values.push(one);
    // LIB=/usr/lib/$NAME
    const full = withConstants(value, this.constants);
    const isSame = !this.constants.has(variable) || this.constants.get(variable) === full;
    this.constants.set(variable, isSame && beforeExpansion(full) === undefined ? full : undefined);
  }

  /** Takes in the first word of a command. @returns the name without its folder; undefined where an expansion gives it */
  private program(word: string, line: number): string | undefined {
    const variable = variableIn(word);
    if (variable !== undefined) this.run.add(variable);
    const constant = beforeExpansion(baseName(word));
    if (beforeExpansion(word) !== undefined && variable === undefined) this.composed.push({ word, line });
    if (constant !== undefined) {
      if (GLUED.test(constant)) add(this.programs, `${constant}*`, line);
      return undefined;
    }
    // A program beside the script, or in the app's folder, may be a script: "$(dirname "$0")/tool".
    if (beforeExpansion(word) !== undefined) this.shellScripts.add(word);
    if (PROGRAM.test(word) && !SHELL_WORDS.has(word)) add(this.programs, word, line);
    return baseName(word);
  }

  private path(word: string, line: number): void {
    // Text is no path: echo "see /x".
    if (/\s/.test(word) && !ASSIGNMENT.test(word)) return;
    for (const path of pathsIn(word)) add(this.paths, path, line);
  }

  private shell(words: readonly string[], line: number, input: ShellCommand['input'], depth: number): void {
    const operand = words.findIndex((word, at) => !/^[-+]/.test(word) && !/^[-+]\w*o$/.test(words[at - 1] ?? ''));
    const options = operand < 0 ? words : words.slice(0, operand);
    if (options.some((word) => /^-\w*c$/.test(word))) this.script(words[operand] ?? '', line, depth + 1);
    else if (operand >= 0) this.give(words[operand] as string, this.shellScripts);
    if (input) this.script(input.text, input.line, depth + 1);
  }

  private give(script: string, scripts: Set<string>): void {
    const variable = variableIn(script);
    if (variable === undefined) scripts.add(script);
    else this.given.push({ variable, scripts });
  }

  private python(interpreter: string, words: readonly string[], line: number, input: ShellCommand['input']): void {
    for (let at = 0; at < words.length; at++) {
      const [, option, glued] = /^-[bBdEhiIOPqRsSuvVx]*([mc])(.*)$/s.exec(words[at] as string) ?? [];
      if (option === undefined) {
        if (!(words[at] as string).startsWith('-')) {
          // What comes after the script is for the script.
          this.give(words[at] as string, this.pythonScripts);
          this.started.push({ interpreter, what: { script: words[at] as string }, line });
          break;
        }
        if (/^-[WX]$/.test(words[at] as string)) at++;
        continue;
      }
      const value = glued || words[at + 1] || '';
      if (option === 'c') this.imports(interpreter, value, line);
      else if (/^[A-Za-z_][\w.]*$/.test(value)) {
        add(this.modules, value, line);
        this.started.push({ interpreter, what: { module: value }, line });
      }
      break;
    }
    if (input) this.imports(interpreter, input.text, input.line);
  }

  private imports(interpreter: string, code: string, line: number): void {
    for (const { 1: from, 2: list = '' } of code.matchAll(IMPORT)) {
      const names = from === undefined ? list.split(',').map((one) => one.trim().split(/\s/)[0] ?? '') : [from];
      for (const name of names) {
        if (!/^[A-Za-z_][\w.]*$/.test(name)) continue;
        add(this.modules, name, line);
        this.started.push({ interpreter, what: { module: name }, line });
      }
    }
  }

  /** The command that another one runs. */
  private wrapped(name: string, words: readonly string[], line: number, depth: number): void {
    // Scripts that wait for something run the rest of their arguments: wait-for-it.sh db:5432 -- serve
    const wrapper = WRAPPERS.get(name) ?? (name.endsWith('.sh') ? { after: /^--$/ } : undefined);
    if (!wrapper || depth > DEEPEST) return;
    let { operands = 0 } = wrapper;
    let isBefore = wrapper.after !== undefined;
    for (let at = 0; at < words.length; at++) {
      const word = words[at] as string;
      if (wrapper.line?.test(word)) {
        this.script(words[at + 1] ?? '', line, depth + 1);
        break;
      }
      if (isBefore) isBefore = !wrapper.after?.test(word);
      else if (wrapper.values?.test(word)) at++;
      else if (word.startsWith('-') || ASSIGNMENT.test(word)) continue;
      else if (operands-- <= 0) {
        // Another program knows no builtins of the shell: xargs runs /usr/bin/echo.
        if (SHELL_WORDS.has(word) && !SHELL_WORDS.has(name)) add(this.programs, word, line);
        this.command({ words: words.slice(at), files: [], line }, depth + 1);
        break;
      }
    }
  }
}

function add(names: Map<string, number>, name: string, line: number): void {
  if (!names.has(name)) names.set(name, line);
}
