import picomatch from 'picomatch';
import { baseName, parentOf, type RootFs } from '../rootfs.js';
import type { Addition } from './keepset.js';
import type { Context, Rule } from './rule.js';

/** Data of the system that a program needs though no run opened it, and the observation that calls for it. */
interface Row {
  /** An imported module, or the start of a kept library's file name. */
  when: { module: string } | { library: string } | 'always';
  /** Globs of the image's paths. */
  keep: string[];
  because: string;
}

const ROWS: Row[] = [
  { when: 'always', keep: ['/etc/os-release', '/usr/lib/os-release'], because: 'names the distribution to whoever examines the image (os-release(5))' },
  { when: 'always', keep: ['/etc/nsswitch.conf'], because: 'says where the C library looks up users and hosts (nsswitch.conf(5))' },
  { when: 'always', keep: ['/etc/localtime', '/etc/timezone'], because: 'the local time zone (localtime(5))' },
  { when: { module: 'socket' }, keep: ['/etc/host.conf', '/etc/gai.conf', '/etc/services', '/etc/protocols', '/etc/networks'], because: 'read by the resolver (getaddrinfo(3), services(5))' },
  { when: { library: 'libssl.so' }, keep: ['/etc/ssl/openssl.cnf', '/etc/ssl/cert.pem', '/etc/ssl/certs/*', '/usr/lib/ssl/*', '/usr/local/ssl/*'], because: "OpenSSL's configuration and certificate authorities (openssl-env(7))" },
  { when: { module: '_curses' }, keep: ['/etc/terminfo/**', '/lib/terminfo/**', '/usr/lib/terminfo/**'], because: 'descriptions of terminals (terminfo(5))' },
  { when: { module: 'mimetypes' }, keep: ['/etc/mime.types'], because: 'read by mimetypes' },
];

/** System data, each with the observation that calls for it, and the modules that NSS opens by name. */
export const systemRule: Rule = {
  name: 'system',
  begin(context) {
    return ROWS.flatMap((row) => {
      if (row.when === 'always') return expand(row, [], context.fs);
      const module = 'module' in row.when ? row.when.module : undefined;
      return module !== undefined && module in context.trace.modules ? expand(row, [], context.fs, `${module} was imported: `) : [];
    });
  },
  async visit(entry, context) {
    if (entry.type !== 'f' || !/\.so(\.|$)/.test(entry.path)) return [];
    const name = baseName(entry.path);
    const rows = ROWS.filter(({ when }) => typeof when === 'object' && 'library' in when && name.startsWith(when.library));
    const additions = rows.flatMap((row) => expand(row, [entry.path], context.fs));
    return name === 'libc.so.6' || /^libc-2\.\d+\.so$/.test(name) ? [...additions, ...(await nssModules(entry.path, context))] : additions;
  },
};

function expand(row: Row, parents: string[], fs: RootFs, prefix = ''): Addition[] {
  const additions: Addition[] = [];
  for (const pattern of row.keep) {
    const { base, glob } = picomatch.scan(pattern);
    const found = glob === '' ? [pattern] : below(fs, fs.resolve(base)?.path, base, picomatch(pattern, { dot: true }));
    additions.push(...found.map((path) => ({ path, rule: 'system', parents, detail: prefix + row.because })));
  }
  return additions;
}

/** Paths below a directory that match; named as below `shown`, under which the directory was asked for. */
function below(fs: RootFs, directory: string | undefined, shown: string, matches: (path: string) => boolean): string[] {
  if (directory === undefined) return [];
  return fs.list(directory).flatMap((path) => {
    const name = `${shown}/${baseName(path)}`;
    return [...(matches(name) ? [name] : []), ...(fs.lstat(path)?.type === 'd' ? below(fs, path, name, matches) : [])];
  });
}

/** Modules of the name service switch, of the services that nsswitch.conf names (nss(5)). */
async function nssModules(libc: string, { fs }: Context): Promise<Addition[]> {
  const found = fs.resolve('/etc/nsswitch.conf');
  const text = found?.entry.type === 'f' ? Buffer.from(await fs.read(found.path, 0, found.entry.size)).toString() : '';
  const services = new Set(['files', 'dns']);
  for (const line of text.split('\n')) {
    const [, list] = /^\s*\w+:(.*)$/.exec(line.replace(/#.*/, '')) ?? [];
    for (const word of (list ?? '').replace(/\[[^\]]*\]/g, ' ').split(/\s+/)) if (word) services.add(word);
  }
  return [...services].map((service) => ({
    path: `${parentOf(libc)}/libnss_${service}.so.2`, rule: 'system', parents: [libc], detail: `nsswitch.conf names the service ${service}`,
  }));
}
