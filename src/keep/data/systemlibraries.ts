import { inLibraries, type SystemRow } from './systemrow.js';

/** Where a Java runtime may be: that of Debian, and those of images with Java. */
const JAVA = ['/usr/lib/jvm/*', '/opt/java/*', '/opt/{jdk,jre}*', '/usr/local/openjdk-*'];

/** Libraries that others open only when a computer starts, by the names of both. */
export const OPENED_AT_START: readonly { by: RegExp; opens: RegExp; what: string }[] = [
  { by: /^libselinux\.so/, opens: /^libsepol\.so/, what: 'selinux_mkload_policy(3), which init calls' },
];

/** What libraries open, by their DT_SONAME. */
export const LIBRARY_ROWS: readonly SystemRow[] = [
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
    id: 'nss',
    when: { soname: /^libnss3\.so/ },
    keep: ['lib', 'nss/lib'].flatMap((name) => inLibraries(`${name}{softokn3,freebl3,freeblpriv3,nssckbi,nssdbm3}.so`)),
    what: 'modules of Network Security Services: ciphers, certificate authorities (NSS, "An overview of NSS Internals")',
  },
  {
    id: 'node',
    when: { soname: /^libnode\.so/ },
    keep: ['acorn-walk/dist/walk', 'acorn/dist/acorn', 'cjs-module-lexer/{,dist/}lexer', 'undici/undici-fetch'].map(
      (name) => `/usr/share/nodejs/${name}.js`,
    ),
    what: 'modules without which Node.js does not start, where they are packages of their own (Node.js, BUILDING.md, --shared-builtin-*)',
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
    keep: [...inLibraries('sasl2/!(libsasldb)*'), '/etc/sasl2/**'],
    what: 'mechanisms of SASL (sasl_getpath_t)',
  },
  {
    id: 'sasl-users',
    when: { soname: /^libsasl2\.so/ },
    unlessNamed: /sasl_?(db|passwd)/,
    noOffer: true,
    keep: inLibraries('sasl2/libsasldb*'),
    what: "users of SASL's servers in a Berkeley database (saslpasswd2(8)); clients have no use for them",
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
  {
    id: 'java',
    when: { soname: /^libjvm\.so/ },
    keep: [
      ...JAVA.flatMap((home) => [`${home}/conf/**`, `${home}/lib/!(src.zip|ct.sym)`, `${home}/lib/security/**`]),
      '/etc/ssl/certs/java/cacerts',
    ],
    what: 'configuration, certificate authorities and native libraries of Java, which its classes open (JEP 220, java.security)',
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
  { id: 'samba', when: { soname: /^libsmbconf\.so/ }, keep: ['/etc/samba/**'], what: 'configuration of Samba (smb.conf(5))' },
];
