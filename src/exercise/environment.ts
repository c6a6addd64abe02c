import { own } from '../records.js';

/** Variables of this shell. */
export type Shell = Readonly<Record<string, string | undefined>>;

/** The entries of an env file, `NAME=VALUE` or `NAME`: its lines without comments and empty ones, as docker reads it. */
export function envFileEntries(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** `NAME=VALUE` entries, where a name alone gets its value from the shell. As docker does, what is unset here is unset there. */
export function withValues(entries: readonly string[], shell: Shell): string[] {
  return entries.flatMap((entry) => {
    if (entry.includes('=')) return [entry];
    const value = own(shell, entry);
    return value === undefined ? [] : [`${entry}=${value}`];
  });
}
