/** A job's time by a name. Sources: crontab(5); the README of supercronic for `@every`. */
const NAMED = /^@(reboot|yearly|annually|monthly|weekly|daily|midnight|hourly|every\s+\S+)\s+/;
/** A job's time in five fields. */
const FIVE = /^(\S+\s+){5}/;
/** A job's time in five to seven fields: supercronic has fields for seconds and years, too. */
const UP_TO_SEVEN = /^((\*|\?|\d|(mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\b)[\w*/,#-]*\s+){5,7}/i;
const SETTING = /^(\w+)\s*=\s*(.*)$/;

/** What the lines of a table look like. */
export interface TableKind {
  /** Whether a line has a user before the command. */
  withUser: boolean;
  /** Whether there may be fields for seconds and years. */
  withSeconds: boolean;
}

/**
 * The commands of a cron table as a shell script whose lines have the numbers of the table's lines. The shell itself is one of the
 * commands.
 * Source: crontab(5) of Debian's cron and of cronie: times or a name, in tables of the system a user, then the command.
 */
export function scriptOfTable(table: string, { withUser, withSeconds }: TableKind): string {
  return table
    .split('\n')
    .map((text) => {
      const line = text.trim();
      if (line.startsWith('#')) return '';
      const setting = SETTING.exec(line);
      if (setting) return setting[1] === 'SHELL' ? (setting[2] as string) : '';
      const times = NAMED.exec(line) ?? (withSeconds ? UP_TO_SEVEN : FIVE).exec(line);
      if (!times) return '';
      const rest = line.slice(times[0].length);
      const command = withUser ? rest.replace(/^\S+\s+/, '') : rest;
      return `/bin/sh; ${command.replaceAll('\\%', '%')}`;
    })
    .join('\n');
}
