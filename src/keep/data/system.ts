/**
 * Data of the operating system that a program may need though no run opened it. Each row says what calls for it, and
 * names the documentation that says so.
 */
export interface SystemRow {
  /** Unique; reasons refer to it. */
  id: string;
  when:
    | 'always'
    /** At `observed`: a module that was imported. From `reachable` on: one that is reached. */
    | { module: string }
    /** From `reachable` on: a module that is reached. */
    | { reached: string }
    /** A path that a process named, whether it exists or not. */
    | { observed: RegExp }
    /** From `reachable` on: a name in kept Python code outside the standard library. */
    | { name: string }
    /** From `reachable` on: a string in the app's own code. */
    | { string: RegExp }
    /** From `reachable` on: the DT_SONAME of a kept library. */
    | { soname: RegExp }
    /** From `reachable` on: a kept program. */
    | { program: RegExp }
    /** From `reachable` on: a kept program or library that calls iconv_open(3). */
    | 'iconv';
  /** Globs of the image's paths. */
  keep: readonly string[];
  /**
   * The paths are an offer, unless a name or a string of the app's own code matches, or the author installed the program. It is a weak
   * one: nothing says that the program is run with such a command.
   */
  unlessNamed?: RegExp;
  /** Also the C library's own messages in the languages of the image's locales. */
  translations?: true;
  /** What the files are, with the source in parentheses. */
  what: string;
}

/** Folders with libraries, in which others have folders for their modules. */
export const LIBRARIES: readonly string[] = ['/usr/lib', '/usr/lib64', '/usr/lib/*-linux-gnu', '/usr/local/lib'];
const inLibraries = (...names: string[]) => LIBRARIES.flatMap((folder) => names.map((name) => `${folder}/${name}`));
const CERTIFICATES = ['/etc/ssl/cert.pem', '/etc/ssl/certs/*', '/usr/lib/ssl/*', '/usr/local/ssl/*', '/etc/pki/tls/**'];
const ZONES = ['/usr/share/zoneinfo/!(right|posix)/**', '/usr/share/zoneinfo/*'];

/** Matches a name or a string that has one of the commands of a program in it: `git pull`, `pull`, `git_pull`. */
const command = (names: string) => new RegExp(`(^|[\\s_])(${names})([\\s_]|$)`);
/** Git's own programs. It finds itself by PATH, so the second copy of `git` in this folder is not needed. */
const inGit = (names: string) => [`/usr/lib/git-core/${names}`, `/usr/libexec/git-core/${names}`];

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
    id: 'openssl',
    when: { soname: /^libcrypto\.so/ },
    keep: [
      ...inLibraries('ossl-modules/*.so', 'engines-*/!(loader_attic|padlock|afalg).so'),
      '/etc/ssl/openssl.cnf',
      '/usr/lib/ssl/openssl.cnf',
      '/etc/crypto-policies/back-ends/opensslcnf.config',
    ],
    what: 'providers and configuration of OpenSSL (OSSL_PROVIDER(3), config(5ssl))',
  },
  {
    id: 'kerberos',
    when: { soname: /^libkrb5\.so/ },
    keep: ['/etc/krb5.conf', '/etc/krb5.conf.d/*', ...inLibraries('krb5/plugins/**')],
    what: 'configuration and plugins of Kerberos (krb5.conf(5), PLUGIN BASE)',
  },
  {
    id: 'gssapi',
    when: { soname: /^libgssapi_krb5\.so/ },
    keep: ['/etc/gss/mech', '/etc/gss/mech.d/*', ...inLibraries('gss/*.so')],
    what: 'mechanisms of GSSAPI (mech(5))',
  },
  {
    id: 'sasl',
    when: { soname: /^libsasl2\.so/ },
    keep: [...inLibraries('sasl2/**'), '/etc/sasl2/**'],
    what: 'mechanisms of SASL (sasl_getpath_t)',
  },
  {
    id: 'odbc',
    when: { soname: /^libodbc(inst)?\.so/ },
    keep: ['/etc/odbc.ini', '/etc/odbcinst.ini', '/etc/ODBCDataSources/*', ...inLibraries('odbc/*.so*', 'libodbccr.so*')],
    what: 'data sources and drivers of unixODBC (odbcinst.ini)',
  },
  {
    id: 'fontconfig',
    when: { soname: /^libfontconfig\.so/ },
    keep: ['/etc/fonts/**', '/usr/share/fontconfig/**', '/usr/share/fonts/**', '/usr/local/share/fonts/**', '/var/cache/fontconfig/**'],
    what: 'configuration and fonts of fontconfig (fonts-conf(5))',
  },
  {
    id: 'gdk-pixbuf',
    when: { soname: /^libgdk_pixbuf-2\.0\.so/ },
    keep: [...inLibraries('gdk-pixbuf-2.0/**'), '/usr/share/mime/**'],
    what: 'image loaders of gdk-pixbuf (gdk-pixbuf-query-loaders(1))',
  },
  {
    id: 'gio',
    when: { soname: /^libgio-2\.0\.so/ },
    keep: [...inLibraries('gio/modules/*'), '/usr/share/glib-2.0/schemas/gschemas.compiled'],
    what: 'modules and schemas of GIO (gio-querymodules(1))',
  },
  {
    id: 'magic',
    when: { soname: /^libmagic\.so/ },
    keep: ['/etc/magic', '/etc/magic.mime', '/usr/share/misc/magic*', '/usr/lib/file/**', '/usr/share/file/**'],
    what: 'the database of file(1) (magic(5))',
  },
  { id: 'proj', when: { soname: /^libproj\.so/ }, keep: ['/usr/share/proj/**'], what: 'coordinate systems of PROJ (PROJ_DATA)' },
  {
    id: 'gdal',
    when: { soname: /^libgdal\.so/ },
    keep: ['/usr/share/gdal/**', ...inLibraries('gdalplugins/**')],
    what: 'data and drivers of GDAL (GDAL_DATA)',
  },
  {
    id: 'imagemagick',
    when: { soname: /^libMagickCore-/ },
    keep: [...inLibraries('ImageMagick-*/**'), '/etc/ImageMagick-*/**', '/usr/share/ImageMagick-*/**'],
    what: 'coders and configuration of ImageMagick (magick-configuration)',
  },
  {
    id: 'openldap',
    when: { soname: /^libldap(_r)?[-.]/ },
    keep: ['/etc/ldap/ldap.conf', '/etc/openldap/ldap.conf'],
    what: 'configuration of OpenLDAP (ldap.conf(5))',
  },
  {
    id: 'pam',
    when: { soname: /^libpam\.so/ },
    keep: [
      ...['/etc/pam.conf', '/etc/pam.d/*'],
      ...[
        '/etc/shadow',
        '/etc/login.defs',
        '/etc/environment',
        '/etc/default/locale',
        '/etc/security/*.conf',
        '/etc/security/*.d/*.conf',
        '/sbin/unix_chkpwd',
        '/usr/sbin/unix_chkpwd',
      ],
    ],
    what: 'configuration of PAM, its modules and what they read (pam.d(5), pam_unix(8), pam_env(8), pam_limits(8))',
  },
  {
    id: 'mariadb',
    when: { soname: /^libmariadb\.so/ },
    keep: [...inLibraries('libmariadb3/plugin/*.so'), '/etc/mysql/**'],
    what: 'client plugins of MariaDB (mysql_load_plugin)',
  },
  {
    id: 'tcl',
    when: { soname: /^libtcl8\.|^libtcl9\./ },
    keep: ['/usr/share/tcltk/**', ...inLibraries('tcl8*/**', 'tk8*/**')],
    what: 'scripts of Tcl and Tk (TCL_LIBRARY)',
  },
  {
    id: 'graphviz',
    when: { soname: /^libgvc\.so/ },
    keep: inLibraries('graphviz/**'),
    what: 'layouts and formats of Graphviz (dot(1), -c)',
  },
  {
    id: 'gstreamer',
    when: { soname: /^libgstreamer-1\.0\.so/ },
    keep: inLibraries('gstreamer-1.0/*.so', 'gstreamer1.0/gstreamer-1.0/*'),
    what: 'elements of GStreamer (GST_PLUGIN_SYSTEM_PATH)',
  },
  {
    id: 'pkcs11',
    when: { soname: /^libp11-kit\.so/ },
    keep: [...inLibraries('pkcs11/*.so'), '/etc/pkcs11/**', '/usr/share/p11-kit/modules/*'],
    what: 'modules of PKCS#11 (pkcs11.conf(5))',
  },
  { id: 'poppler', when: { soname: /^libpoppler\.so/ }, keep: ['/usr/share/poppler/**'], what: 'encodings of Poppler (poppler-data)' },
  {
    id: 'ghostscript',
    when: { soname: /^libgs\.so/ },
    keep: ['/usr/share/ghostscript/**', '/usr/share/color/icc/ghostscript/**', '/var/lib/ghostscript/**'],
    what: 'resources and fonts of Ghostscript (gs(1), GS_LIB)',
  },
  {
    id: 'enchant',
    when: { soname: /^libenchant(-2)?\.so/ },
    keep: [...inLibraries('enchant*/*.so'), '/usr/share/enchant*/**', '/usr/share/hunspell/**', '/usr/share/myspell/**'],
    what: 'providers and dictionaries of Enchant (enchant(5))',
  },
  {
    id: 'alsa',
    when: { soname: /^libasound\.so/ },
    keep: [...inLibraries('alsa-lib/**'), '/usr/share/alsa/**', '/etc/asound.conf'],
    what: 'plugins and configuration of ALSA (asoundrc)',
  },
  { id: 'xkb', when: { soname: /^libxkbcommon\.so/ }, keep: ['/usr/share/X11/xkb/**'], what: 'keyboards (XKB_CONFIG_ROOT)' },
  {
    id: 'snmp',
    when: { soname: /^libnetsnmp\.so/ },
    keep: ['/usr/share/snmp/**', '/etc/snmp/**'],
    what: 'MIBs and configuration of Net-SNMP (snmp_config(5))',
  },
  { id: 'opencl', when: { soname: /^libOpenCL\.so/ }, keep: ['/etc/OpenCL/vendors/*'], what: 'drivers for the OpenCL loader (cl_khr_icd)' },
  { id: 'vlc', when: { soname: /^libvlccore\.so/ }, keep: inLibraries('vlc/**'), what: 'modules of VLC (VLC_PLUGIN_PATH)' },
  {
    id: 'espeak',
    when: { soname: /^libespeak-ng\.so/ },
    keep: ['/usr/share/espeak-ng-data/**', ...inLibraries('espeak-ng-data/**')],
    what: 'voices of eSpeak NG (espeak_ng_InitializePath)',
  },
  { id: 'xlib', when: { soname: /^libX11\.so/ }, keep: ['/usr/share/X11/locale/**'], what: 'locales of Xlib (XSetLocaleModifiers(3))' },
  {
    id: 'tesseract',
    when: { soname: /^libtesseract\.so/ },
    keep: ['/usr/share/tesseract-ocr/**'],
    what: 'trained data of Tesseract (TESSDATA_PREFIX)',
  },
  { id: 'vips', when: { soname: /^libvips\.so/ }, keep: inLibraries('vips-modules-*/*.so'), what: 'modules of libvips (vips_init)' },
  {
    id: 'tar',
    when: { program: /\/(g|bsd)?tar$/ },
    keep: ['/bin', '/usr/bin'].map((folder) => `${folder}/{gzip,bzip2,xz,zstd,lzip,compress}`),
    what: 'what tar runs for compressed archives (tar(1), COMPRESSION OPTIONS)',
  },
  {
    id: 'sudo',
    when: { program: /\/sudo$/ },
    keep: ['/etc/sudo.conf', '/etc/sudoers', '/etc/sudoers.d/*', '/etc/sudo_logsrvd.conf', ...inLibraries('sudo/*'), '/usr/libexec/sudo/*'],
    what: 'the policy of sudo and its modules (sudo.conf(5), sudoers(5))',
  },
  {
    id: 'gpg',
    when: { program: /\/gpg2?$/ },
    keep: ['/usr/bin/gpg-agent', '/usr/bin/gpgconf', '/etc/gnupg/**'],
    what: 'the agent that holds keys and passphrases for gpg (gpg-agent(1))',
  },
  {
    id: 'users-made',
    when: { program: /\/((user|group)(add|mod|del)|newusers|adduser|addgroup|chpasswd)$/ },
    keep: ['/etc/skel/**', '/etc/{login.defs,shadow,gshadow,subuid,subgid}', '/etc/default/useradd'],
    what: 'what a new user gets, and where users are (useradd(8), usermod(8), FILES)',
  },
  {
    id: 'adduser',
    when: { program: /\/(adduser|addgroup|deluser|delgroup)$/ },
    keep: [
      ...['/etc/adduser.conf', '/etc/deluser.conf', '/usr/sbin/{user,group}{add,del,mod}'],
      ...['/usr/bin/{chage,chfn,gpasswd,passwd}', '/usr/bin/{find,rm,tar}', '/bin/{rm,tar}'],
    ],
    what: "configuration of Debian's adduser, and the programs that it runs (adduser(8), adduser.conf(5))",
  },
  {
    id: 'crontabs',
    when: { program: /\/(cron|crontab)$/ },
    keep: ['/var/spool/cron', '/var/spool/cron/*', '/etc/cron.allow', '/etc/cron.deny'],
    what: 'where the tables of users are (crontab(1))',
  },
  {
    id: 'logrotate',
    when: { program: /\/logrotate$/ },
    keep: ['/etc/logrotate.conf', '/etc/logrotate.d/*', '/var/lib/logrotate', '/var/lib/logrotate/*'],
    what: 'which logs logrotate rotates, and its state (logrotate(8))',
  },
  { id: 'samba', when: { soname: /^libsmbconf\.so/ }, keep: ['/etc/samba/**'], what: 'configuration of Samba (smb.conf(5))' },
  {
    id: 'git',
    when: { program: /\/git$/ },
    keep: ['/usr/share/git-core/templates/**', '/etc/gitconfig', '/bin/sh', '/usr/bin/git-{upload,receive}-pack'],
    what: 'templates and configuration of git, and the shell for its hooks and aliases (git-init(1), git-config(1), githooks(5))',
  },
  {
    id: 'git-scripts',
    when: { program: /\/git$/ },
    unlessNamed: command('bisect|merge|pull|(--)?(recurse-)?submodules?|--recursive|stash|rebase|subtree'),
    keep: [
      ...inGit('git-{bisect,merge-octopus,merge-one-file,merge-resolve,submodule,subtree,sh-i18n,sh-i18n--envsubst,sh-setup}'),
      ...inGit('git-{stash,legacy-stash,legacy-rebase,rebase--*}'), // of git before 2.22 and 2.25
      '/usr/bin/uname', // git-sh-setup, which the others read
    ],
    what: 'commands and merge strategies of git that are shell scripts (git(1), --exec-path; git-merge(1), MERGE STRATEGIES)',
  },
  {
    id: 'git-remotes',
    when: { program: /\/git$/ },
    unlessNamed: command('clone|fetch|pull|push|ls-remote|submodule|remote'),
    keep: inGit('git-remote-{http,ftp}*'),
    what: 'what git runs for remote repositories (gitremote-helpers(7))',
  },
  {
    id: 'imagemagick-programs',
    when: { program: /\/(magick|convert|identify)(-im6\S*)?$/ },
    keep: ['/etc/ImageMagick-*/**', '/usr/share/ghostscript/**'],
    what: 'configuration and delegates of ImageMagick (magick-configuration)',
  },
  {
    id: 'ssh',
    when: { program: /\/ssh$/ },
    keep: ['/etc/ssh/ssh_config', '/etc/ssh/ssh_config.d/*'],
    what: 'configuration of ssh (ssh_config(5))',
  },
];

/**
 * Programs that are links to a wrapper, which looks for the real program under the name of the link.
 * Source: pg_wrapper(1) of Debian's postgresql-common.
 */
export const WRAPPED: readonly { wrapper: RegExp; program: (name: string) => string }[] = [
  { wrapper: /\/postgresql-common\/pg_wrapper$/, program: (name) => `/usr/lib/postgresql/*/bin/${name}` },
];

/** A file of a locale that setlocale(3) opens, in the locale's folder. */
export const LOCALE_FILE = /^(\/usr\/(?:local\/)?lib(?:64)?\/locale\/[^/]+)\/LC_\w+(\/|$)/;
