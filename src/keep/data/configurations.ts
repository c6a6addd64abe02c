/** Configurations of supervisors, whose command lines may be run later. */
interface CommandLines {
  /** The program that reads it. */
  program: RegExp;
  file: RegExp;
  /** The first group is the command line. */
  line: RegExp;
}

/**
 * Sources: supervisor documentation, "Configuration File", [program:x]; circus documentation, "Configuration", [watcher:NAME]; honcho
 * documentation, "Using Procfiles".
 */
export const COMMAND_LINES: readonly CommandLines[] = [
  { program: /^supervisord$/, file: /\.(conf|ini)$/, line: /^\s*command\s*=\s*(.+)$/ },
  { program: /^circusd$/, file: /\.ini$/, line: /^\s*cmd\s*=\s*(.+)$/ },
  { program: /^honcho$/, file: /\/Procfile[^/]*$/, line: /^[\w-]+:\s*(.+)$/ },
];

/**
 * Files that people write for a program to read: by their endings, or without one. Not pages, logs, documents and tables of data, which
 * have paths for other reasons.
 */
export const CONFIGURATION = /(^|\/)(\.env(\.\w+)?|[^./]+)$|\.(conf|cfg|cnf|config|ini|ya?ml|toml|json|env|properties|xml)$/;
