import { beforeAll, expect, it } from 'vitest';
import { computeKeepSet, type KeepInput } from '../../src/keep/compute.js';
import { SYSTEM_ROWS } from '../../src/keep/data/system.js';
import type { Reason } from '../../src/keep/reason.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { makeElf } from '../support/elf.js';
import { makeTrace } from '../support/keep.js';
import { describeWithPython } from '../support/probes.js';
import { makeTree, type Node } from '../support/tree.js';

/** What calls for a row, what the row then keeps, and what it leaves out. */
interface Case {
  about: string;
  /** Text of the app. */
  app?: string;
  /** DT_SONAME of a library that the app's extension module needs. */
  soname?: string;
  /** A program that the app runs, and a symbol that it imports. */
  program?: string;
  symbol?: string;
  /** Modules of the standard library: name → text. */
  standard?: Record<string, string>;
  observations?: string[];
  /** Other files. */
  nodes?: Record<string, Node>;
  keeps: string[];
  leaves?: string[];
}

const LIB = '/usr/lib/x86_64-linux-gnu';

const CASES: Case[] = [
  { about: 'always', keeps: ['/usr/lib/os-release', '/etc/nsswitch.conf', '/etc/localtime'], leaves: ['/etc/issue'] },
  {
    about: 'the resolver',
    app: 'import socket',
    standard: { socket: '' },
    keeps: ['/etc/services', '/etc/gai.conf'],
    leaves: ['/etc/rpc'],
  },
  {
    about: 'authorities that a context looked for',
    observations: ['lookup /usr/lib/ssl/cert.pem'],
    keeps: ['/etc/ssl/certs/ca-certificates.crt'],
    leaves: ['/etc/ssl/private/key.pem'],
  },
  { about: 'terminals', app: 'import _curses', standard: { _curses: '' }, keeps: ['/usr/lib/terminfo/x/xterm'] },
  { about: 'kinds of files', app: 'import mimetypes', standard: { mimetypes: '' }, keeps: ['/etc/mime.types'] },
  {
    about: 'wheels of the distribution',
    app: 'import ensurepip',
    standard: { 'ensurepip/__init__': '' },
    keeps: ['/usr/share/python-wheels/pip-26.0-py3-none-any.whl'],
  },
  {
    about: 'time zones of zoneinfo',
    app: 'import zoneinfo',
    standard: { zoneinfo: '' },
    keeps: ['/usr/share/zoneinfo/Europe/Zurich', '/usr/share/zoneinfo/tzdata.zi'],
    leaves: ['/usr/share/zoneinfo/right/Europe/Zurich'],
  },
  { about: 'time zones of dateutil', app: 'import dateutil.tz', keeps: ['/usr/share/zoneinfo/UTC'] },
  { about: 'time zones of the C library', app: 'import time; time.tzset()', keeps: ['/usr/share/zoneinfo/UTC'] },
  {
    about: 'authorities of a default context',
    app: 'import ssl; ssl.create_default_context()',
    keeps: ['/etc/ssl/certs/ca-certificates.crt'],
  },
  { about: 'authorities of a context', app: 'context.set_default_verify_paths()', keeps: ['/etc/ssl/certs/ca-certificates.crt'] },
  {
    about: 'authorities of HTTPS',
    app: 'import http.client',
    standard: { 'http/__init__': '', 'http/client': '' },
    keeps: ['/etc/ssl/certs/ca-certificates.crt'],
  },
  { about: 'locales', app: 'import locale; locale.setlocale(0, "")', keeps: ['/usr/lib/locale/C.utf8/LC_CTYPE'] },
  {
    about: 'messages of the C library in the languages of the locales',
    app: 'import locale; locale.setlocale(0, "")',
    nodes: { '/etc/locale.gen': '# fr_FR.UTF-8 UTF-8\npt_BR.UTF-8 UTF-8\n' },
    keeps: ['/usr/share/locale/pt/LC_MESSAGES/libc.mo', '/usr/share/locale/pt_BR/LC_MESSAGES/libc.mo'],
    leaves: ['/usr/share/locale/fr/LC_MESSAGES/libc.mo', '/usr/share/locale/pt/LC_MESSAGES/other.mo'],
  },
  { about: 'fonts', app: 'FONT = "DejaVuSans.ttf"', keeps: ['/usr/share/fonts/truetype/a.ttf'] },
  {
    about: 'iconv',
    program: '/usr/bin/iconv',
    symbol: 'iconv_open',
    keeps: [`${LIB}/gconv/UTF-16.so`, `${LIB}/gconv/gconv-modules.cache`],
  },
  {
    about: 'OpenSSL',
    soname: 'libcrypto.so.3',
    keeps: [`${LIB}/ossl-modules/legacy.so`, `${LIB}/engines-3/pkcs11.so`, '/etc/ssl/openssl.cnf'],
    leaves: ['/etc/ssl/certs/ca-certificates.crt'],
  },
  { about: 'Kerberos', soname: 'libkrb5.so.3', keeps: ['/etc/krb5.conf', `${LIB}/krb5/plugins/preauth/spake.so`] },
  { about: 'NSS', soname: 'libnss3.so', keeps: [`${LIB}/libsoftokn3.so`, `${LIB}/nss/libfreeblpriv3.so`] },
  {
    about: 'Node.js',
    soname: 'libnode.so.108',
    keeps: ['/usr/share/nodejs/cjs-module-lexer/dist/lexer.js', '/usr/share/nodejs/acorn/dist/acorn.js'],
    leaves: ['/usr/share/nodejs/undici/package.json'],
  },
  {
    about: 'Hadoop',
    observations: ['open /app/jars/hadoop-client-api-3.3.4.jar'],
    keeps: ['/usr/bin/chmod', '/bin/ls'],
    leaves: ['/usr/bin/touch'],
  },
  {
    about: 'Java',
    soname: 'libjvm.so',
    keeps: [
      '/usr/lib/jvm/java-17/conf/security/policy/unlimited/default_US_export.policy',
      '/usr/lib/jvm/java-17/lib/librmi.so',
      '/usr/lib/jvm/java-17/lib/security/default.policy',
      '/etc/ssl/certs/java/cacerts',
    ],
    leaves: ['/usr/lib/jvm/java-17/lib/src.zip', '/usr/lib/jvm/java-17/legal/LICENSE'],
  },
  { about: 'GSSAPI', soname: 'libgssapi_krb5.so.2', keeps: ['/etc/gss/mech.d/a.conf', `${LIB}/gss/mech.so`] },
  {
    about: 'SASL',
    soname: 'libsasl2.so.2',
    nodes: { [`${LIB}/sasl2/libsasldb.so.2`]: Buffer.alloc(9) },
    keeps: [`${LIB}/sasl2/libplain.so`],
    leaves: [`${LIB}/sasl2/libsasldb.so.2`],
  },
  { about: 'users of SASL', soname: 'libsasl2.so.2', app: 'PLUGIN = "sasldb"', keeps: [`${LIB}/sasl2/libsasldb.so`] },
  { about: 'ODBC', soname: 'libodbc.so.2', keeps: ['/etc/odbcinst.ini', `${LIB}/odbc/libmsodbc.so`] },
  { about: 'fontconfig', soname: 'libfontconfig.so.1', keeps: ['/etc/fonts/conf.d/10.conf', '/usr/share/fonts/truetype/a.ttf'] },
  {
    about: 'gdk-pixbuf',
    soname: 'libgdk_pixbuf-2.0.so.0',
    keeps: [`${LIB}/gdk-pixbuf-2.0/2.10.0/loaders/png.so`, '/usr/share/mime/mime.cache'],
  },
  { about: 'GIO', soname: 'libgio-2.0.so.0', keeps: [`${LIB}/gio/modules/tls.so`, '/usr/share/glib-2.0/schemas/gschemas.compiled'] },
  { about: 'libmagic', soname: 'libmagic.so.1', keeps: ['/usr/lib/file/magic.mgc', '/etc/magic'] },
  { about: 'PROJ', soname: 'libproj.so.25', keeps: ['/usr/share/proj/proj.db'] },
  { about: 'GDAL', soname: 'libgdal.so.32', keeps: ['/usr/share/gdal/gdalvrt.xsd', `${LIB}/gdalplugins/a.so`] },
  {
    about: 'ImageMagick',
    soname: 'libMagickCore-6.Q16.so.6',
    keeps: ['/etc/ImageMagick-6/policy.xml', `${LIB}/ImageMagick-6.9.11/modules/png.so`],
  },
  { about: 'LDAP', soname: 'libldap-2.5.so.0', keeps: ['/etc/ldap/ldap.conf'] },
  {
    about: 'PAM',
    soname: 'libpam.so.0',
    keeps: ['/etc/pam.d/login', '/etc/shadow', `${LIB}/security/pam_unix.so`, '/opt/pam_own.so'],
    leaves: [`${LIB}/security/pam_userdb.so`],
  },
  { about: 'MariaDB', soname: 'libmariadb.so.3', keeps: [`${LIB}/libmariadb3/plugin/dialog.so`, '/etc/mysql/my.cnf'] },
  { about: 'Tcl', soname: 'libtcl8.6.so', keeps: ['/usr/share/tcltk/tcl8.6/init.tcl'] },
  { about: 'Graphviz', soname: 'libgvc.so.6', keeps: [`${LIB}/graphviz/config6a`, `${LIB}/graphviz/libgvplugin_core.so.6`] },
  { about: 'GStreamer', soname: 'libgstreamer-1.0.so.0', keeps: [`${LIB}/gstreamer-1.0/libgstcoreelements.so`] },
  { about: 'PKCS#11', soname: 'libp11-kit.so.0', keeps: [`${LIB}/pkcs11/p11-kit-trust.so`, '/usr/share/p11-kit/modules/trust.module'] },
  { about: 'Poppler', soname: 'libpoppler.so.126', keeps: ['/usr/share/poppler/cMap/x'] },
  { about: 'Ghostscript', soname: 'libgs.so.10', keeps: ['/usr/share/ghostscript/10.00/Resource/Init/gs_init.ps'] },
  { about: 'Enchant', soname: 'libenchant-2.so.2', keeps: [`${LIB}/enchant-2/enchant_hunspell.so`, '/usr/share/hunspell/en_US.dic'] },
  { about: 'ALSA', soname: 'libasound.so.2', keeps: ['/usr/share/alsa/alsa.conf', `${LIB}/alsa-lib/libasound_module_pcm_pulse.so`] },
  { about: 'xkb', soname: 'libxkbcommon.so.0', keeps: ['/usr/share/X11/xkb/rules/base'] },
  { about: 'SNMP', soname: 'libnetsnmp.so.40', keeps: ['/usr/share/snmp/mibs/IF-MIB.txt'] },
  { about: 'OpenCL', soname: 'libOpenCL.so.1', keeps: ['/etc/OpenCL/vendors/pocl.icd'] },
  { about: 'VLC', soname: 'libvlccore.so.9', keeps: [`${LIB}/vlc/plugins/codec/libx.so`] },
  { about: 'eSpeak', soname: 'libespeak-ng.so.1', keeps: [`${LIB}/espeak-ng-data/phontab`] },
  { about: 'X', soname: 'libX11.so.6', keeps: ['/usr/share/X11/locale/locale.alias'] },
  { about: 'Tesseract', soname: 'libtesseract.so.5', keeps: ['/usr/share/tesseract-ocr/5/tessdata/eng.traineddata'] },
  { about: 'libvips', soname: 'libvips.so.42', keeps: [`${LIB}/vips-modules-8.14/vips-heif.so`] },
  { about: 'tar', program: '/usr/bin/tar', keeps: ['/usr/bin/gzip', '/usr/bin/xz'], leaves: ['/usr/bin/gunzip'] },
  {
    about: 'git',
    program: '/usr/bin/git',
    keeps: ['/usr/share/git-core/templates/info/exclude', '/bin/sh'],
    leaves: ['/usr/lib/git-core/git', '/usr/lib/git-core/git-daemon'],
  },
  {
    about: 'git with scripts',
    program: '/usr/bin/git',
    app: 'subprocess.run(["git", "merge", "a", "b"])',
    nodes: { '/usr/lib/git-core/git-stash': { link: 'git' } },
    keeps: ['/usr/lib/git-core/git-merge-octopus'],
    leaves: ['/usr/lib/git-core/git-stash', '/usr/lib/git-core/git'],
  },
  {
    about: 'git with remotes',
    program: '/usr/bin/git',
    app: 'REMOTE = "clone"',
    keeps: ['/usr/lib/git-core/git-remote-https', '/usr/bin/ssh'],
  },
  {
    about: 'sudo',
    program: '/usr/bin/sudo',
    keeps: ['/etc/sudoers', '/etc/sudoers.d/app', '/usr/libexec/sudo/sudoers.so'],
  },
  { about: 'gpg', program: '/usr/bin/gpg', keeps: ['/usr/bin/gpg-agent'] },
  {
    about: 'useradd',
    program: '/usr/sbin/useradd',
    keeps: ['/etc/skel/.profile', '/etc/login.defs', '/etc/gshadow', '/etc/default/useradd'],
  },
  { about: 'adduser', program: '/usr/sbin/adduser', keeps: ['/etc/adduser.conf', '/etc/skel/.profile', '/usr/sbin/groupadd'] },
  { about: 'crontab', program: '/usr/bin/crontab', keeps: ['/var/spool/cron/crontabs'] },
  { about: 'logrotate', program: '/usr/sbin/logrotate', keeps: ['/etc/logrotate.d/app', '/etc/logrotate.conf'] },
  { about: 'Samba', soname: 'libsmbconf.so.0', keeps: ['/etc/samba/smb.conf'] },
  {
    about: 'the whole of a locale',
    observations: ['open /usr/lib/locale/C.utf8/LC_CTYPE', 'open /usr/share/locale/de/LC_MESSAGES/a.mo'],
    keeps: ['/usr/lib/locale/C.utf8/LC_MESSAGES/SYS_LC_MESSAGES', '/usr/lib/locale/C.utf8/LC_COLLATE'],
    leaves: ['/usr/lib/locale/de_DE.utf8/LC_COLLATE', '/usr/share/locale/de/LC_MESSAGES/b.mo'],
  },
  {
    about: 'a program behind a wrapper',
    program: '/usr/bin/psql',
    nodes: { '/usr/bin/psql': { link: '../share/postgresql-common/pg_wrapper' }, '/usr/share/postgresql-common/pg_wrapper': '' },
    keeps: ['/usr/lib/postgresql/15/bin/psql'],
    leaves: ['/usr/lib/postgresql/15/bin/pg_dump'],
  },
  { about: 'convert', program: '/usr/bin/convert', keeps: ['/etc/ImageMagick-6/policy.xml'] },
  { about: 'ssh', program: '/usr/bin/ssh', keeps: ['/etc/ssh/ssh_config'], leaves: ['/etc/ssh/sshd_config'] },
];

async function reasonsOf(one: Case, level: KeepInput['level'] = 'reachable'): Promise<ReadonlyMap<string, readonly Reason[]>> {
  const SITE = LAYOUT.sitePackages[0] as string;
  const nodes: Record<string, Node> = { '/usr/bin/python3': { text: '', mode: 0o755 } };
  for (const { keeps, leaves = [] } of CASES) for (const path of [...keeps, ...leaves]) nodes[path] = '';
  Object.assign(nodes, {
    '/etc/pam.d/login': '# pam_userdb.so\nauth [success=1 default=ignore] pam_unix.so nullok\n-session optional /opt/pam_own.so\n',
    '/app/app.py': `import native\n${one.app ?? ''}\n${one.program ? `import subprocess; subprocess.run([${JSON.stringify(one.program)}])` : ''}`,
    [`${SITE}/dateutil/tz.py`]: '',
    [`${SITE}/native.abi3.so`]: makeElf({ needed: one.soname ? [one.soname] : [] }),
  });
  for (const [name, text] of Object.entries(one.standard ?? {})) nodes[`/usr/lib/python3.13/${name}.py`] = text;
  if (one.soname) nodes[`/usr/lib/${one.soname}`] = makeElf({ soname: one.soname });
  if (one.program) nodes[one.program] = { text: makeElf({ needed: [], symbols: one.symbol ? [one.symbol] : [] }), mode: 0o755 };
  Object.assign(nodes, one.nodes);
  const fs = makeTree(nodes);
  const ran = one.symbol ? [`exec ${one.program}`] : [];
  const { keep } = await computeKeepSet({
    fs,
    trace: makeTrace([...ran, ...(one.observations ?? [])], { python: LAYOUT, modules: { __main__: '/app/app.py' } }),
    config: { WorkingDir: '/app' },
    env: [],
    commands: [['/usr/bin/python3', 'app.py']],
    choice: { include: [], exclude: [] },
    level,
    analyst: analystOver(fs),
  });
  return keep.reasons;
}

describeWithPython('system data', () => {
  const seen = new Set<string>();
  /** What is kept of the same tree by an app that calls for nothing. */
  let without: ReadonlyMap<string, readonly unknown[]>;
  beforeAll(async () => {
    without = await reasonsOf({ about: '', keeps: [] });
  });

  it.each(CASES)('$about', async (one) => {
    const reasons = await reasonsOf(one);
    for (const path of one.keeps) {
      const system = (reasons.get(path) ?? []).filter(({ rule }) => rule === 'system');
      expect([path, system.length > 0]).toEqual([path, true]);
      for (const { of } of system) if (of !== undefined) seen.add(of);
    }
    for (const path of one.leaves ?? []) expect(reasons.has(path)).toBe(false);
    if (one.about === 'always') return;
    for (const path of one.keeps) expect(without.has(path)).toBe(false);
  });

  it('every row has a case above and an id of its own', () => {
    expect(SYSTEM_ROWS.map(({ id }) => id).filter((id) => !seen.has(id))).toEqual([]);
    expect(new Set(SYSTEM_ROWS.map(({ id }) => id)).size).toBe(SYSTEM_ROWS.length);
  });

  it('keeps at the level observed only what a run asked for', async () => {
    const [zones] = CASES.filter(({ about }) => about === 'time zones of zoneinfo') as [Case];
    expect((await reasonsOf(zones, 'observed')).has('/usr/share/zoneinfo/UTC')).toBe(false);
    const [authorities] = CASES.filter(({ observations }) => observations) as [Case];
    expect((await reasonsOf(authorities, 'observed')).has('/etc/ssl/certs/ca-certificates.crt')).toBe(true);
  });
});
