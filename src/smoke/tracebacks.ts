import { LEVELS } from './logformats.js';

/** In the first line of every traceback, whoever formats it. Sources: Lib/traceback.py, rich/traceback.py. */
const TITLE = 'Traceback (most recent call last)';
const GROUP = 'Exception Group ';
/** Stands for the exception of a traceback without a last line. */
const CUT_OFF = 'a traceback without its exception';
/** Characters before the first line of a traceback. With more, it is text that mentions one. */
const LONGEST_PREFIX = 300;
/** Tracebacks of several processes that may be open at once. */
const MOST_OPEN = 16;
/** Other lines that may stand between the lines of a traceback, where several processes write to one log. */
const MOST_BETWEEN = 200;
/** Lines after the first one that show whether every line has its prefix. */
const SHOWING = 5;

/** What stands before a traceback that is only indented, also by an exception group or a box. */
const MARGIN = /^[ \t|+│]*$/;
/** The signs that lines of rich's boxes begin with. Source: rich/box.py, with its replacements for plain ASCII. */
const BOX = new Set('│╭╰┌└❱|+');
/** `KeyError: 'x'`, `socket.timeout`, `__main__.f.<locals>.Gone: x`: a class name with a capital letter, or a dotted name. */
const EXCEPTION = /^(?:[A-Z]\w*|[\w<>]+(?:\.[\w<>]+)+)(?::\s|:?$)/;
/** The interpreter prints these without a traceback where they are in the script that it starts. Source: Python/pythonrun.c. */
const WITHOUT_TITLE = /^(?:SyntaxError|IndentationError|TabError): /;
/** Lines of a traceback that are not indented: loguru marks the frame that caught the exception. */
const MARKED_FRAME = '> File "';

/** A traceback whose exception is not read yet. */
interface Open {
  /** What stands before its lines. */
  prefix: string;
  /** The prefix with zeros for digits, where every line has it with another time. */
  shape: string | undefined;
  box: boolean;
  /** Tracebacks with this prefix that began: the lines of two processes may alternate. */
  count: number;
  /** Other lines since it began. */
  between: number;
}

export interface Scanned {
  /** The last lines of tracebacks: `KeyError: 'x'`. */
  exceptions: string[];
  /** The lines that belong to no traceback. */
  others: string[];
}

/**
 * Separates the tracebacks of a log from its other lines. Knows plain tracebacks, indented or with a prefix before the first
 * or before each line, those of exception groups, rich's boxes, loguru's format, and those in a string with `\n` for line ends.
 * @param lines without colours
 */
export function scanTracebacks(lines: readonly string[]): Scanned {
  const found: Scanned = { exceptions: [], others: [] };
  let open: Open[] = [];
  const close = (one: Open, exception: string) => {
    found.exceptions.push(exception);
    one.count--;
    if (one.count === 0) open = open.filter((other) => other !== one);
  };
  lines.forEach((line, index) => {
    const escaped = escapedTraceback(line);
    if (escaped !== undefined) {
      for (const exception of scanTracebacks(escaped.split('\n')).exceptions) found.exceptions.push(exception);
      found.others.push(line);
      return;
    }
    const first = beginning(line, lines, index);
    if (first) {
      const same = open.find(({ prefix, shape, box }) => prefix === first.prefix && shape === first.shape && box === first.box);
      if (same) same.count++;
      else if (open.length < MOST_OPEN) open.push(first);
      else found.exceptions.push(CUT_OFF);
      return;
    }
    let belongs = false;
    for (const one of open) {
      const part = partOf(line, one);
      if (part === 'frame') belongs = true;
      else if (part === 'other') {
        one.between++;
        if (one.between > MOST_BETWEEN) while (one.count > 0) close(one, CUT_OFF);
      } else {
        close(one, part.exception);
        belongs = true;
      }
      if (belongs) break;
    }
    if (!belongs) (WITHOUT_TITLE.test(line) ? found.exceptions : found.others).push(line);
  });
  for (const { count } of open) for (let at = 0; at < count; at++) found.exceptions.push(CUT_OFF);
  return found;
}

/** The traceback that begins with this line. */
function beginning(line: string, lines: readonly string[], index: number): Open | undefined {
  const at = line.slice(0, LONGEST_PREFIX).indexOf(TITLE);
  if (at < 0) return undefined;
  const rest = line.slice(at + TITLE.length).trimEnd();
  const before = line.slice(0, at);
  if (rest === ':') {
    const prefix = before.endsWith(GROUP) ? before.slice(0, -GROUP.length) : before;
    if (MARGIN.test(prefix)) return opened(prefix, undefined, false);
    const shape = shapeOf(prefix);
    const everywhere = lines.slice(index + 1, index + 1 + SHOWING).some((next) => shapeOf(next.slice(0, prefix.length)) === shape);
    return everywhere ? opened(prefix, shape, false) : opened('', undefined, false);
  }
  const corner = Math.max(before.lastIndexOf('╭'), before.lastIndexOf('┌'), before.lastIndexOf('+'));
  const border = /^[╭┌+][─-]+ $/.test(before.slice(Math.max(corner, 0))) && /^ [─-]+[╮┐+]/.test(rest);
  return border && MARGIN.test(before.slice(0, corner)) ? opened(before.slice(0, corner), undefined, true) : undefined;
}

function opened(prefix: string, shape: string | undefined, box: boolean): Open {
  return { prefix, shape, box, count: 1, between: 0 };
}

function shapeOf(prefix: string): string {
  return prefix.replace(/\d/g, '0');
}

/** What a line is to an open traceback. */
function partOf(line: string, { prefix, shape, box }: Open): 'frame' | 'other' | { exception: string } {
  if (shape !== undefined && shapeOf(line.slice(0, prefix.length)) !== shape) return 'other';
  const rest = line.slice(prefix.length);
  const [sign = ''] = rest;
  if (sign.trim() === '' || rest.startsWith(MARKED_FRAME) || (box && BOX.has(sign))) return 'frame';
  const head = rest.slice(0, LONGEST_PREFIX);
  const name = /^\w+/.exec(head)?.[0];
  if (!EXCEPTION.test(head) || (name !== undefined && LEVELS.has(name))) return 'other';
  return { exception: withoutBorder(rest) };
}

/** A line without the border of the box around it. */
function withoutBorder(text: string): string {
  const line = text.trimEnd();
  return line.endsWith(' │') ? line.slice(0, -1).trimEnd() : line;
}

/** A traceback in a string of one line, with real line ends: the values of logfmt, JSON that is cut off, a repr(). */
function escapedTraceback(line: string): string | undefined {
  const at = line.indexOf(`${TITLE}:\\n`);
  if (at < 0) return undefined;
  const quote = line[at - 1];
  const parts: string[] = [];
  let from = at;
  for (let index = at; index < line.length; index++) {
    if ((quote === '"' || quote === "'") && line[index] === quote) return parts.join('') + line.slice(from, index);
    if (line[index] !== '\\') continue;
    const sign = line[index + 1] ?? '';
    parts.push(line.slice(from, index), sign === 'n' ? '\n' : sign === 't' ? '\t' : sign);
    index++;
    from = index + 1;
  }
  return parts.join('') + line.slice(from);
}
