import { LIBRARY_ROWS } from './systemlibraries.js';
import { PROGRAM_ROWS } from './systemprograms.js';
import { inLibraries, type SystemRow } from './systemrow.js';

const CERTIFICATES = ['/etc/ssl/cert.pem', '/etc/ssl/certs/*', '/usr/lib/ssl/*', '/usr/local/ssl/*', '/etc/pki/tls/**'];
const ZONES = ['/usr/share/zoneinfo/!(right|posix)/**', '/usr/share/zoneinfo/*'];

/**
 * Modules of glibc for the encodings that the web uses, and for those of DOS file names, which zip archives and Samba have. The other
 * 200 are those of mainframes and old terminals.
 * Sources: WHATWG Encoding Standard, 4.2 "Names and labels"; APPNOTE.TXT of PKWARE, appendix D; smb.conf(5), "dos charset"; glibc,
 * iconvdata/gconv-modules.
 */
const CHARACTER_SETS = [
  ...['ISO8859-*', 'CP125?', 'KOI8-*', 'IBM437', 'IBM85?', 'IBM866', 'IBM874', 'TIS-620', 'MACINTOSH', 'MAC-UK'],
  ...['GBK', 'GB18030', 'EUC-CN', 'BIG5*', 'EUC-JP*', 'ISO-2022-JP', 'SJIS', 'CP932', 'EUC-KR', 'EUC-TW', 'ISO-2022-KR', 'UHC'],
  ...['UTF-*', 'UNICODE'],
];

/** All data of the operating system that something may call for. */
export const SYSTEM_ROWS: readonly SystemRow[] = [
  {
    id: 'os-release',
    when: 'always',
    keep: ['/etc/os-release', '/usr/lib/os-release'],
    what: 'name and version of the distribution (os-release(5))',
  },
  {
    id: 'name-services',
    when: 'always',
    keep: ['/etc/nsswitch.conf'],
    what: 'where the C library looks up users and hosts (nsswitch.conf(5))',
  },
  { id: 'local-time', when: 'always', keep: ['/etc/localtime', '/etc/timezone'], what: 'the local time zone (localtime(5))' },
  {
    id: 'resolver',
    when: { module: 'socket' },
    keep: ['/etc/host.conf', '/etc/gai.conf', '/etc/services', '/etc/protocols', '/etc/networks'],
    what: 'configuration of the resolver (getaddrinfo(3), services(5))',
  },
  // A context with the default authorities looks for cert.pem at once, and for the others when it verifies a peer.
  {
    id: 'looked-up-certificates',
    when: { observed: /\/(ssl|tls)\/(cert\.pem|certs)$/ },
    keep: CERTIFICATES,
    what: 'certificate authorities of OpenSSL (SSL_CTX_set_default_verify_paths(3))',
  },
  {
    id: 'terminfo',
    when: { module: '_curses' },
    keep: ['/etc/terminfo/**', '/lib/terminfo/**', '/usr/lib/terminfo/**'],
    what: 'descriptions of terminals (terminfo(5))',
  },
  { id: 'mime-types', when: { module: 'mimetypes' }, keep: ['/etc/mime.types'], what: 'types of files (mimetypes.knownfiles)' },
  {
    id: 'wheels',
    when: { reached: 'ensurepip' },
    keep: ['/usr/share/python-wheels/*.whl'],
    what: 'what ensurepip installs into virtual environments (CPython, configure --with-wheel-pkg-dir)',
  },
  { id: 'zoneinfo', when: { reached: 'zoneinfo' }, keep: ZONES, what: 'time zones (zoneinfo.TZPATH)' },
  { id: 'dateutil', when: { reached: 'dateutil.tz' }, keep: ZONES, what: 'time zones (dateutil.tz.tz.TZPATHS)' },
  { id: 'tzset', when: { name: 'tzset' }, keep: ZONES, what: 'time zones of the C library (tzset(3))' },
  {
    id: 'default-context-certificates',
    when: { name: 'create_default_context' },
    keep: CERTIFICATES,
    what: 'certificate authorities (ssl.create_default_context)',
  },
  {
    id: 'verify-path-certificates',
    when: { name: 'set_default_verify_paths' },
    keep: CERTIFICATES,
    what: 'certificate authorities (ssl.SSLContext)',
  },
  {
    id: 'https-certificates',
    when: { reached: 'http.client' },
    keep: CERTIFICATES,
    what: 'certificate authorities of HTTPS (http.client.HTTPSConnection)',
  },
  {
    id: 'locales',
    when: { name: 'setlocale' },
    keep: ['/usr/lib/locale/**', '/usr/share/i18n/locales/!(*)'],
    translations: true,
    what: 'locales (setlocale(3), locale(7))',
  },
  {
    id: 'fonts',
    when: { string: /\.(ttf|otf|ttc|pfb)$/i },
    keep: ['/usr/share/fonts/**', '/usr/local/share/fonts/**'],
    what: 'fonts that the app names',
  },
  {
    id: 'iconv',
    when: 'iconv',
    keep: inLibraries('gconv/gconv-modules*', 'gconv/gconv-modules.d/*', ...CHARACTER_SETS.map((name) => `gconv/${name}.so`)),
    what: 'character sets of iconv(3) (glibc, iconvdata/gconv-modules), those of the Encoding Standard',
  },
  {
    id: 'hadoop',
    when: { observed: /\/hadoop-(client-api|common)-[\d.]+\.jar$/ },
    keep: ['/bin', '/usr/bin'].map((folder) => `${folder}/{bash,chmod,chown,df,du,groups,gzip,id,ln,ls,readlink,setsid,stat,tar,whoami}`),
    what: 'programs that Hadoop and Spark run for files and users (org.apache.hadoop.util.Shell, org.apache.hadoop.fs.DF, DU, HardLink)',
  },
  ...LIBRARY_ROWS,
  ...PROGRAM_ROWS,
];

/** A file of a locale that setlocale(3) opens, in the locale's folder. */
export const LOCALE_FILE = /^(\/usr\/(?:local\/)?lib(?:64)?\/locale\/[^/]+)\/LC_\w+(\/|$)/;
