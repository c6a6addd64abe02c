/** Lines of a configuration that are command lines, by the name of the program that reads it. */
interface CommandLines {
  program: RegExp;
  /** The first group is the command line. */
  line: RegExp;
}

/** Sources: supervisor documentation, "Configuration File", [program:x]; circus documentation, "Configuration", [watcher:NAME]. */
export const COMMAND_LINES: readonly CommandLines[] = [
  { program: /^supervisord$/, line: /^\s*command\s*=\s*(.+)$/ },
  { program: /^circusd$/, line: /^\s*cmd\s*=\s*(.+)$/ },
];
