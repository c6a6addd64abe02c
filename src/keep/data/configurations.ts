/** Files with command lines that may be run later: configurations of supervisors, makefiles. */
interface CommandLines {
  /** The program that reads it. */
  program: RegExp;
  file: RegExp;
  /** What of a line a shell gets; '' for nothing. */
  shell: (line: string) => string;
}

/** The first group is the command line. */
function part(pattern: RegExp): CommandLines['shell'] {
  return (line) => pattern.exec(line)?.[1] ?? '';
}

/** A line of a makefile: a recipe's without the signs before it, a variable. References to variables become those of a shell. */
function recipe(line: string): string {
  const [, variable, value = ''] = /^ *(?:(?:export|override) +)*(\w+) *[:?+]*= *(.*)$/.exec(line) ?? [];
  const text = variable === undefined ? (/^\t[-@+ ]*(.+)$/.exec(line)?.[1] ?? '') : `${variable}="${value.replaceAll('"', '')}"`;
  return text
    .replaceAll('$(shell ', '$(')
    .replace(/\$(?:\((\w+)\)|\{(\w+)\}|(\$))/g, (_, one, other, dollar) => dollar ?? `\${${one ?? other}}`);
}

/**
 * Sources: supervisor documentation, "Configuration File", [program:x]; circus documentation, "Configuration", [watcher:NAME]; honcho
 * documentation, "Using Procfiles"; GNU Make manual, 3.2 (names), 5 (recipes), 6.1 (references to variables).
 */
export const COMMAND_LINES: readonly CommandLines[] = [
  { program: /^supervisord$/, file: /\.(conf|ini)$/, shell: part(/^\s*command\s*=\s*(.+)$/) },
  { program: /^circusd$/, file: /\.ini$/, shell: part(/^\s*cmd\s*=\s*(.+)$/) },
  { program: /^honcho$/, file: /\/Procfile[^/]*$/, shell: part(/^[\w-]+:\s*(.+)$/) },
  { program: /^g?make$/, file: /(\/(GNUm|[mM])akefile|\.mk)$/, shell: recipe },
];

/**
 * Files that people write for a program to read: by their endings, or without one. Not pages, logs, documents and tables of data, which
 * have paths for other reasons.
 */
export const CONFIGURATION = /(^|\/)(\.env(\.\w+)?|[^./]+)$|\.(conf|cfg|cnf|config|ini|ya?ml|toml|json|env|properties|xml)$/;
