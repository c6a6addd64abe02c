const NAMES = /^@(reboot|yearly|annually|monthly|weekly|daily|midnight|hourly|every\s+\S+)\s+/;
const FIELDS = /^(\S+\s+){5}/;
const SETTING = /^(\w+)\s*=\s*(.*)$/;

/**
 * The commands of a cron table as a shell script whose lines have the numbers of the table's lines. The shell itself is one of the
 * commands.
 * Source: crontab(5) of Debian's cron and of cronie: times or a name, in tables of the system a user, then the command; what follows
 * a `%` is its input.
 * @param withUser whether each line has a user before the command
 */
export function scriptOfTable(table: string, withUser: boolean): string {
  return table
    .split('\n')
    .map((line) => commandOf(line.trim(), withUser))
    .join('\n');
}

function commandOf(line: string, withUser: boolean): string {
  if (line.startsWith('#')) return '';
  const setting = SETTING.exec(line);
  if (setting) return setting[1] === 'SHELL' ? (setting[2] as string) : '';
  const times = NAMES.exec(line) ?? FIELDS.exec(line);
  if (!times) return '';
  const rest = line.slice(times[0].length).replace(withUser ? /^\S+\s+/ : /^/, '');
  const command = /^(?:[^%\\]|\\.)*/s.exec(rest)?.[0] as string;
  // What comes behind a backslash at the end of a table's line is on the same line.
  return `/bin/sh; ${command.replaceAll('\\%', '%')}`;
}
