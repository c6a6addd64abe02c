/** Data of the system that a program needs though no run opened it: data, not code. Each row says what calls for it. */
export interface SystemRow {
  when:
    | 'always'
    /** An imported module; at `reachable` and `whole` one that is reached. */
    | { module: string }
    /** From `reachable` on: a module that is reached. */
    | { reached: string }
    /** A path that some process named, whether it exists or not. */
    | { observed: RegExp }
    /** From `reachable` on: a name in kept Python code that is not the standard library's. */
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
  because: string;
}

const LIBRARIES = ['/usr/lib', '/usr/lib64', '/usr/lib/*-linux-gnu', '/usr/local/lib'];
const inLibraries = (...names: string[]) => LIBRARIES.flatMap((folder) => names.map((name) => `${folder}/${name}`));
const CERTIFICATES = ['/etc/ssl/cert.pem', '/etc/ssl/certs/*', '/usr/lib/ssl/*', '/usr/local/ssl/*', '/etc/pki/tls/**'];
const ZONES = ['/usr/share/zoneinfo/!(right|posix)/**', '/usr/share/zoneinfo/*'];

/** Not git's servers, bridges to other systems, graphical tools and what is written in Perl: programs of their own. */
const GIT =
  '!(git-daemon|git-http-backend|git-http-push|git-http-fetch|git-imap-send|git-shell|git-instaweb|git-cvs*|git-svn|git-p4|git-archimport|git-send-email|git-citool|git-gui*|git-filter-branch|git-request-pull|git-quiltimport|git-difftool*|git-mergetool*|git-web--browse|scalar|mergetools)';

export const SYSTEM_ROWS: readonly SystemRow[] = [
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
    when: { observed: /\/(ssl|tls)\/(cert\.pem|certs)$/ },
    keep: CERTIFICATES,
    because: 'certificate authorities of OpenSSL (SSL_CTX_set_default_verify_paths(3))',
  },
  {
    when: { module: '_curses' },
    keep: ['/etc/terminfo/**', '/lib/terminfo/**', '/usr/lib/terminfo/**'],
    because: 'descriptions of terminals (terminfo(5))',
  },
  { when: { module: 'mimetypes' }, keep: ['/etc/mime.types'], because: 'read by mimetypes (mimetypes.knownfiles)' },
  { when: { reached: 'zoneinfo' }, keep: ZONES, because: 'time zones (zoneinfo.TZPATH)' },
  { when: { reached: 'dateutil.tz' }, keep: ZONES, because: 'time zones (dateutil.tz.tz.TZPATHS)' },
  { when: { name: 'tzset' }, keep: ZONES, because: 'time zones of the C library (tzset(3))' },
  { when: { name: 'create_default_context' }, keep: CERTIFICATES, because: 'certificate authorities (ssl.create_default_context)' },
  { when: { name: 'set_default_verify_paths' }, keep: CERTIFICATES, because: 'certificate authorities (ssl.SSLContext)' },
  { when: { reached: 'http.client' }, keep: CERTIFICATES, because: 'certificate authorities of HTTPS (http.client.HTTPSConnection)' },
  {
    when: { name: 'setlocale' },
    keep: ['/usr/lib/locale/**', '/usr/share/i18n/locales/!(*)'],
    because: 'locales (setlocale(3), locale(7))',
  },
  {
    when: { string: /\.(ttf|otf|ttc|pfb)$/i },
    keep: ['/usr/share/fonts/**', '/usr/local/share/fonts/**'],
    because: 'fonts that the app names',
  },
  {
    when: 'iconv',
    keep: inLibraries('gconv/**'),
    because: 'character sets of iconv(3), opened by name (gconv_db.c of glibc)',
  },
  {
    when: { soname: /^libcrypto\.so/ },
    keep: [
      ...inLibraries('ossl-modules/*.so', 'engines-*/!(loader_attic|padlock|afalg).so'),
      '/etc/ssl/openssl.cnf',
      '/usr/lib/ssl/openssl.cnf',
      '/etc/crypto-policies/back-ends/opensslcnf.config',
    ],
    because: 'providers and configuration of OpenSSL (OSSL_PROVIDER(3), config(5ssl))',
  },
  {
    when: { soname: /^libkrb5\.so/ },
    keep: ['/etc/krb5.conf', '/etc/krb5.conf.d/*', ...inLibraries('krb5/plugins/**')],
    because: 'configuration and plugins of Kerberos (krb5.conf(5), PLUGIN BASE)',
  },
  {
    when: { soname: /^libgssapi_krb5\.so/ },
    keep: ['/etc/gss/mech', '/etc/gss/mech.d/*', ...inLibraries('gss/*.so')],
    because: 'mechanisms of GSSAPI (mech(5))',
  },
  {
    when: { soname: /^libsasl2\.so/ },
    keep: [...inLibraries('sasl2/**'), '/etc/sasl2/**'],
    because: 'mechanisms of SASL (sasl_getpath_t)',
  },
  {
    when: { soname: /^libodbc(inst)?\.so/ },
    keep: ['/etc/odbc.ini', '/etc/odbcinst.ini', '/etc/ODBCDataSources/*', ...inLibraries('odbc/*.so*', 'libodbccr.so*')],
    because: 'data sources and drivers of unixODBC (odbcinst.ini)',
  },
  {
    when: { soname: /^libfontconfig\.so/ },
    keep: ['/etc/fonts/**', '/usr/share/fontconfig/**', '/usr/share/fonts/**', '/usr/local/share/fonts/**', '/var/cache/fontconfig/**'],
    because: 'configuration and fonts of fontconfig (fonts-conf(5))',
  },
  {
    when: { soname: /^libgdk_pixbuf-2\.0\.so/ },
    keep: [...inLibraries('gdk-pixbuf-2.0/**'), '/usr/share/mime/**'],
    because: 'image loaders of gdk-pixbuf (gdk-pixbuf-query-loaders(1))',
  },
  {
    when: { soname: /^libgio-2\.0\.so/ },
    keep: [...inLibraries('gio/modules/*'), '/usr/share/glib-2.0/schemas/gschemas.compiled'],
    because: 'modules and schemas of GIO (gio-querymodules(1))',
  },
  {
    when: { soname: /^libmagic\.so/ },
    keep: ['/etc/magic', '/etc/magic.mime', '/usr/share/misc/magic*', '/usr/lib/file/**', '/usr/share/file/**'],
    because: 'the database of file(1) (magic(5))',
  },
  { when: { soname: /^libproj\.so/ }, keep: ['/usr/share/proj/**'], because: 'coordinate systems of PROJ (PROJ_DATA)' },
  {
    when: { soname: /^libgdal\.so/ },
    keep: ['/usr/share/gdal/**', ...inLibraries('gdalplugins/**')],
    because: 'data and drivers of GDAL (GDAL_DATA)',
  },
  {
    when: { soname: /^libMagickCore-/ },
    keep: [...inLibraries('ImageMagick-*/**'), '/etc/ImageMagick-*/**', '/usr/share/ImageMagick-*/**'],
    because: 'coders and configuration of ImageMagick (magick-configuration)',
  },
  {
    when: { soname: /^libldap(_r)?[-.]/ },
    keep: ['/etc/ldap/ldap.conf', '/etc/openldap/ldap.conf'],
    because: 'configuration of OpenLDAP (ldap.conf(5))',
  },
  {
    when: { soname: /^libpam\.so/ },
    keep: ['/etc/pam.conf', '/etc/pam.d/*', ...inLibraries('security/*.so')],
    because: 'modules of PAM (pam.d(5))',
  },
  {
    when: { soname: /^libmariadb\.so/ },
    keep: [...inLibraries('libmariadb3/plugin/*.so'), '/etc/mysql/**'],
    because: 'client plugins of MariaDB (mysql_load_plugin)',
  },
  {
    when: { soname: /^libtcl8\.|^libtcl9\./ },
    keep: ['/usr/share/tcltk/**', ...inLibraries('tcl8*/**', 'tk8*/**')],
    because: 'scripts of Tcl and Tk (TCL_LIBRARY)',
  },
  {
    when: { soname: /^libgvc\.so/ },
    keep: inLibraries('graphviz/**'),
    because: 'layouts and formats of Graphviz, which its config6a lists (dot(1), -c)',
  },
  {
    when: { soname: /^libgstreamer-1\.0\.so/ },
    keep: inLibraries('gstreamer-1.0/*.so', 'gstreamer1.0/gstreamer-1.0/*'),
    because: 'elements of GStreamer (GST_PLUGIN_SYSTEM_PATH)',
  },
  {
    when: { soname: /^libp11-kit\.so/ },
    keep: [...inLibraries('pkcs11/*.so'), '/etc/pkcs11/**', '/usr/share/p11-kit/modules/*'],
    because: 'modules of PKCS#11 (pkcs11.conf(5))',
  },
  { when: { soname: /^libpoppler\.so/ }, keep: ['/usr/share/poppler/**'], because: 'encodings of Poppler (poppler-data)' },
  {
    when: { soname: /^libgs\.so/ },
    keep: ['/usr/share/ghostscript/**', '/usr/share/color/icc/ghostscript/**', '/var/lib/ghostscript/**'],
    because: 'resources and fonts of Ghostscript (gs(1), GS_LIB)',
  },
  {
    when: { soname: /^libenchant(-2)?\.so/ },
    keep: [...inLibraries('enchant*/*.so'), '/usr/share/enchant*/**', '/usr/share/hunspell/**', '/usr/share/myspell/**'],
    because: 'providers and dictionaries of Enchant (enchant(5))',
  },
  {
    when: { soname: /^libasound\.so/ },
    keep: [...inLibraries('alsa-lib/**'), '/usr/share/alsa/**', '/etc/asound.conf'],
    because: 'plugins and configuration of ALSA (asoundrc)',
  },
  { when: { soname: /^libxkbcommon\.so/ }, keep: ['/usr/share/X11/xkb/**'], because: 'keyboards (XKB_CONFIG_ROOT)' },
  {
    when: { soname: /^libnetsnmp\.so/ },
    keep: ['/usr/share/snmp/**', '/etc/snmp/**'],
    because: 'MIBs and configuration of Net-SNMP (snmp_config(5))',
  },
  { when: { soname: /^libOpenCL\.so/ }, keep: ['/etc/OpenCL/vendors/*'], because: 'drivers that the OpenCL loader opens (cl_khr_icd)' },
  { when: { soname: /^libvlccore\.so/ }, keep: inLibraries('vlc/**'), because: 'modules of VLC (VLC_PLUGIN_PATH)' },
  {
    when: { soname: /^libespeak-ng\.so/ },
    keep: ['/usr/share/espeak-ng-data/**', ...inLibraries('espeak-ng-data/**')],
    because: 'voices of eSpeak NG (espeak_ng_InitializePath)',
  },
  { when: { soname: /^libX11\.so/ }, keep: ['/usr/share/X11/locale/**'], because: 'locales of Xlib (XSetLocaleModifiers(3))' },
  { when: { soname: /^libtesseract\.so/ }, keep: ['/usr/share/tesseract-ocr/**'], because: 'trained data of Tesseract (TESSDATA_PREFIX)' },
  { when: { soname: /^libvips\.so/ }, keep: inLibraries('vips-modules-*/*.so'), because: 'modules of libvips (vips_init)' },
  {
    when: { program: /\/git$/ },
    keep: [
      `/usr/lib/git-core/${GIT}`,
      `/usr/libexec/git-core/${GIT}`,
      '/usr/share/git-core/templates/**',
      '/etc/gitconfig',
      '/bin/sh',
      '/usr/bin/uname',
    ],
    because: "git's own programs and templates (git(1), --exec-path)",
  },
  {
    when: { program: /\/(magick|convert|identify)(-im6\S*)?$/ },
    keep: ['/etc/ImageMagick-*/**', '/usr/share/ghostscript/**'],
    because: 'configuration and delegates of ImageMagick',
  },
  {
    when: { program: /\/(perl|perl5[\d.]*)$/ },
    keep: ['/usr/share/perl/**', '/usr/share/perl5/**', ...inLibraries('perl/**', 'perl-base/**')],
    because: 'modules of Perl (perlrun(1), @INC)',
  },
  {
    when: { program: /\/ssh$/ },
    keep: ['/etc/ssh/ssh_config', '/etc/ssh/ssh_config.d/*'],
    because: 'configuration of ssh (ssh_config(5))',
  },
];
