/** What a Perl program or module loads. */
export interface PerlNames {
  /** Names of modules that it loads, as `Foo::Bar`. Words that are none may be among them. */
  modules: ReadonlySet<string>;
  /** Words with `::`, also in strings: they may be names of modules that other code loads. */
  qualified: ReadonlySet<string>;
  /** Files that it loads by a path: `require "Config_heavy.pl"`, `do "unicore/Name.pl"`. */
  files: ReadonlySet<string>;
  /** Folders that it adds to those where modules are, as the code has them, without variables at the beginning: `use lib`, `-I`. */
  folders: readonly string[];
  /** Beginnings of names of modules that it puts together, as paths: `DBD` of `"DBD::$driver"` and of `"DBD/$driver.pm"`. */
  prefixes: ReadonlySet<string>;
  /** Whether it computes the name of a module that it loads. */
  computes: boolean;
  /** The code without documentation and comments. */
  text: string;
}

/** Documentation, and what stands behind the code. Source: perlpod(1), "Command Paragraph"; perldata(1), `__END__`. */
const DOCUMENTATION = /^=[a-zA-Z][\s\S]*?(?:^=cut\b.*$|$(?![\s\S]))/gm;
const END = /^__(END|DATA)__\s*$/m;
const COMMENT = /^[^\S\n]*#(?!!).*$/gm;

/** A module by its name after a word that loads it. Source: perlfunc(1), use, no, require. */
const LOADED = /(?<![$@%&\w:>-])(?:use|no|require)\s+([A-Za-z_]\w*(?:::\w+)*)/g;
/** What follows `use` up to its end, where the module loads what it gets. Source: parent(3perl), base, if, autouse. */
const LOADS_WORDS = /\buse\s+(?:parent|base|if|autouse|aliased)\b([^;]*)/g;
/** Options of a command line that may have one with a module among them: `-MFoo::Bar=baz`, `-wMstrict`. Source: perlrun(1). */
const OPTIONS = /(?<![\w-])-(\w*[mM][^\s]{0,200})/g;
const AFTER_OPTION = /^["']?-?([A-Za-z_]\w*(?:::\w+)*)/;
/** The name of a module as Perl code has it, also in a string: `Foo::Bar->new`, `eval "require Foo::Bar"`. */
const QUALIFIED = /(?<!\w)[A-Za-z_]\w*(?:::\w+)+/g;
/** A qualified name whose end is a variable, or that something is joined to. */
const PREFIX = /(?<![\w:/])([A-Za-z_]\w*(?:(?:::|\/)\w+)*)(?:::|\/)(?:[$@]|["']\s*\.)/g;
const WORD = /[A-Za-z_]\w*(?:::\w+)*/g;
/** Source: perlfunc(1), require, do. */
const FILE = /\b(?:require|do)\s{0,9}\(?\s{0,9}["']([\w./-]+\.\w+)["']/g;
const FOLDERS = /\buse\s+lib\b([^;]*)|(?<![\w-])-I\s*([\w./-]+)/g;
const STRING = /["']([^"'\n]+)["']|\bqw\s*[({[<]([^)}\]>]*)/g;
const COMPUTED =
  /\brequire\s{0,9}\(?\s{0,9}(?:\$|"[^"\n]{0,200}\$)|\b(?:eval|do)\b[^;]{0,40}\b(?:require|use)\s[^;]{0,200}\$|\b(?:use_module|require_module|load_module|load_class|Module::(?:Load|Pluggable|Runtime|Find))\b/;

/** Reads Perl code, or a command line with some. Names that only documentation and comments have do not count. */
export function perlNames(code: string): PerlNames {
  const text = withoutText(code);
  const modules = new Set(matches(text, LOADED));
  for (const words of matches(text, LOADS_WORDS)) for (const [word] of words.matchAll(WORD)) modules.add(word);
  for (const options of matches(text, OPTIONS)) for (const name of inOptions(options)) modules.add(name);
  const folders = [...text.matchAll(FOLDERS)].flatMap(([, words = '', option]) =>
    option !== undefined ? [option] : [...words.matchAll(STRING)].flatMap(([, one, many = '']) => one ?? many.split(/\s+/)),
  );
  return {
    modules,
    qualified: new Set([...text.matchAll(QUALIFIED)].map(([name]) => name)),
    files: new Set(matches(text, FILE)),
    folders: folders.map((folder) => folder.replace(/^\$[^/]*\//, '')).filter((folder) => folder !== '' && !folder.includes('$')),
    prefixes: new Set(matches(text, PREFIX).map((prefix) => prefix.replaceAll('::', '/'))),
    computes: COMPUTED.test(text),
    text,
  };
}

/** What may be a module behind each `m` or `M` of options that are written together. */
function inOptions(options: string): string[] {
  const letters = /^\w*/.exec(options)?.[0] ?? '';
  return [...letters.matchAll(/m/gi)].flatMap(({ index }) => AFTER_OPTION.exec(options.slice(index + 1))?.[1] ?? []);
}

function withoutText(code: string): string {
  const text = code.replace(DOCUMENTATION, '').replace(COMMENT, '');
  const end = /\bSelfLoader\b/.test(text) ? -1 : text.search(END);
  return end < 0 ? text : text.slice(0, end);
}

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, found = '']) => found);
}
