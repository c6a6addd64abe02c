import picomatch from 'picomatch';
import { baseName, parentOf, type RootFs } from '../rootfs.js';
import type { Addition } from './keepset.js';
import type { Context, Rule } from './rule.js';

/** Data of the system that a program needs though no run opened it, and the observation that calls for it. */
interface Row {
  /** An imported module, or a path that some process named, whether it exists or not. */
  when: { module: string } | { named: RegExp } | 'always';
  /** Globs of the image's paths. */
  keep: string[];
  because: string;
}

const ROWS: Row[] = [
  {
    when: 'always',
    keep: ['/etc/os-release', '/usr/lib/os-release'],
    because: 'names the distribution to whoever examines the image (os-release(5))',
  },
  { when: 'always', keep: ['/etc/nsswitch.conf'], because: 'says where the C library looks up users and hosts (nsswitch.conf(5))' },
  { when: 'always', keep: ['/etc/localtime', '/etc/timezone'], because: 'the local time zone (localtime(5))' },
  {
    when: { module: 'socket' },
    keep: ['/etc/host.conf', '/etc/gai.conf', '/etc/services', '/etc/protocols', '/etc/networks'],
    because: 'read by the resolver (getaddrinfo(3), services(5))',
  },
  // A context with the default authorities looks for cert.pem at once, and for the rest when a peer is verified.
  {
    when: { named: /\/(ssl|tls)\/(cert\.pem|certs)$/ },
    keep: ['/etc/ssl/cert.pem', '/etc/ssl/certs/*', '/usr/lib/ssl/*', '/usr/local/ssl/*', '/etc/pki/tls/**'],
    because: 'certificate authorities of OpenSSL (SSL_CTX_set_default_verify_paths(3))',
  },
  {
    when: { module: '_curses' },
    keep: ['/etc/terminfo/**', '/lib/terminfo/**', '/usr/lib/terminfo/**'],
    because: 'descriptions of terminals (terminfo(5))',
  },
  { when: { module: 'mimetypes' }, keep: ['/etc/mime.types'], because: 'read by mimetypes' },
];

/** System data, each with the observation that calls for it, and the modules that NSS opens by name. */
export const systemRule: Rule = {
  name: 'system',
  begin({ fs, trace }) {
    return ROWS.flatMap((row) => {
      if (row.when === 'always') return expand(row, '', fs);
      if ('module' in row.when) return row.when.module in trace.modules ? expand(row, `${row.when.module} was imported: `, fs) : [];
      const { named } = row.when;
      const path = trace.observations.find((observation) => named.test(observation.path))?.path;
      return path === undefined ? [] : expand(row, `${path} was looked for: `, fs);
    });
  },
  visit(entry, context) {
    return entry.type === 'f' && /\/libc(-2\.\d+)?\.so(\.6)?$/.test(entry.path) ? nssModules(entry.path, context) : [];
  },
};

function expand(row: Row, prefix: string, fs: RootFs): Addition[] {
  const additions: Addition[] = [];
  for (const pattern of row.keep) {
    const { base, glob } = picomatch.scan(pattern);
    const found = glob === '' ? [pattern] : below(fs, fs.resolve(base)?.path, base, picomatch(pattern, { dot: true }));
    additions.push(...found.map((path) => ({ path, rule: 'system', parents: [], detail: prefix + row.because })));
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
    path: `${parentOf(libc)}/libnss_${service}.so.2`,
    rule: 'system',
    parents: [libc],
    detail: `nsswitch.conf names the service ${service}`,
  }));
}
