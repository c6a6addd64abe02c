import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A secret that a test has put somewhere, and that nothing else on this computer holds. */
export interface Canary {
  /** Where it was put, e.g. `header`. */
  where: string;
  value: string;
}

/** Makes a new secret for each of these places. */
export function canaries<W extends string>(...places: readonly W[]): Record<W, string> {
  return Object.fromEntries(places.map((where) => [where, `Canary${randomBytes(12).toString('hex')}`])) as Record<W, string>;
}

/** The texts that give a secret away: itself, and its base64 (RFC 4648) wherever it starts in a longer text. */
function formsOf(value: string): string[] {
  const inBase64 = [0, 1, 2].map((before) => {
    const whole = Buffer.from(`${'x'.repeat(before)}${value}`)
      .toString('base64')
      .replace(/=+$/, '');
    // The first and the last characters also depend on what stands beside it.
    return whole.slice(before === 0 ? 0 : before + 1, -2);
  });
  return [value, Buffer.from(value).toString('hex'), ...inBase64];
}

/** Says which secrets a text or file holds: the names of their places. */
export function finder(secrets: Record<string, string>): (text: string | Buffer) => string[] {
  const forms = Object.entries(secrets).map(([where, value]) => ({ where, forms: formsOf(value) }));
  return (text) => forms.filter(({ forms }) => forms.some((form) => text.includes(form))).map(({ where }) => where);
}

/** Every regular file below a folder. @param open whether to go into a folder or look at a file, by its mode */
export function filesBelow(folder: string, open: (mode: number) => boolean = () => true): { path: string; mode: number }[] {
  const found: { path: string; mode: number }[] = [];
  const visit = (path: string) => {
    let stats: ReturnType<typeof lstatSync>;
    try {
      stats = lstatSync(path);
      if (!open(stats.mode)) return;
      if (stats.isFile()) found.push({ path, mode: stats.mode & 0o777 });
      else if (stats.isDirectory()) for (const name of readdirSync(path)) visit(join(path, name));
    } catch {
      // A file of a run that goes on may be gone by now.
    }
  };
  visit(folder);
  return found;
}

/** Looks at this computer during a run, and notes each secret that others could see: in a command line or in a file. */
export class Onlooker {
  readonly seen = new Set<string>();
  /** How often it has looked at all processes. */
  rounds = 0;
  private readonly timer: NodeJS.Timeout;

  /** @param folder where the run writes its files */
  constructor(
    private readonly find: (text: string | Buffer) => string[],
    private readonly folder: string,
  ) {
    this.timer = setInterval(() => this.look(), 15);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        for (const where of this.find(line)) this.seen.add(`${where} in the command line ${line.replaceAll('\0', ' ').slice(0, 300)}`);
      } catch {
        // The process has ended.
      }
    }
    this.rounds++;
    if (this.rounds % 20 !== 0) return;
    const readable = (mode: number) => ((mode & 0o170000) === 0o040000 ? (mode & 0o001) !== 0 : (mode & 0o004) !== 0);
    for (const { path } of filesBelow(this.folder, readable)) {
      try {
        for (const where of this.find(readFileSync(path))) this.seen.add(`${where} in ${path}, which everybody can read`);
      } catch {
        // As above.
      }
    }
  }
}
