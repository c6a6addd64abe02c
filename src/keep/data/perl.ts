/** Perl's program, also with its version. */
export const PERL = /^perl(5[\d.]*)?$/;

/**
 * Folders in which Perl looks for modules, in its order. Sources: perlrun(1), @INC; /etc/perl/Config.pm and `perl -V` of Debian; `perl -V`
 * of Alpine and Fedora; INSTALL of Perl, "Installation Directories".
 */
export const MODULE_FOLDERS: readonly string[] = [
  '/etc/perl',
  ...['/usr/local/lib/*-linux-gnu/perl/*', '/usr/local/share/perl/*'],
  ...[
    '/usr/lib/*-linux-gnu/perl5/*',
    '/usr/share/perl5',
    '/usr/lib/*-linux-gnu/perl-base',
    '/usr/lib/*-linux-gnu/perl/*',
    '/usr/share/perl/*',
  ],
  '/usr/local/lib/site_perl',
  ...['local/lib', 'local/lib64', 'local/share', 'lib', 'lib64', 'share'].flatMap((folder) =>
    ['', '/site_perl', '/vendor_perl', '/core_perl'].map((kind) => `/usr/${folder}/perl5${kind}`),
  ),
  ...['/usr/local/lib/perl5/5.*', '/usr/local/lib/perl5/5.*/*-linux*', '/usr/local/lib/perl5/{site,vendor}_perl/5.*{,/*-linux*}'],
];

/** What came with Perl. */
export const CORE = /\/(perl-base|perl\/5[\d.]*|core_perl|perl5\/5[\d.]*)\//;

/**
 * Modules that Perl loads without a `use`: for `%!` and `%+`, `glob`, file handles and their layers, attributes, and so on.
 * Sources: perlvar(1), %!, %+; perlfunc(1), glob, open; perlop(1), "I/O Operators"; PerlIO(3perl); `load_module` in Perl's gv.c and
 * op.c.
 */
export const BY_ITSELF: readonly string[] = [
  ...['AutoLoader', 'Carp', 'Config', 'DynaLoader', 'Errno', 'Exporter', 'Exporter::Heavy', 'Fcntl', 'File::Glob', 'File::Spec::Unix'],
  ...['IO', 'IO::File', 'IO::Handle', 'IO::Seekable', 'PerlIO', 'PerlIO::scalar', 'Tie::Hash::NamedCapture', 'XSLoader'],
  ...['attributes', 'bytes', 'feature', 'overload', 're', 'strict', 'utf8', 'vars', 'warnings', 'warnings::register'],
];

/**
 * What code has that makes Perl load modules: layers of encodings, names of characters, databases. `outside`: only code that did not
 * come with Perl.
 */
export const BY_SYNTAX: readonly { code: RegExp; modules: readonly string[]; outside?: true }[] = [
  { code: /:encoding\(/, modules: ['PerlIO::encoding', 'Encode'] }, // PerlIO(3perl)
  // The tables of encodings have 10 MB. Source: Encode/Config.pm
  {
    code: /\bEncode\b|:encoding\(/,
    modules: ['Byte', 'CN', 'EBCDIC', 'GSM0338', 'Guess', 'JP', 'KR', 'MIME::Header', 'Symbol', 'TW', 'Unicode'].map(
      (name) => `Encode::${name}`,
    ),
    outside: true,
  },
  { code: /\\N\{(?!U\+)/, modules: ['_charnames'] }, // charnames(3perl)
  { code: /\bdbmopen\b/, modules: ['AnyDBM_File'] }, // perlfunc(1), dbmopen
];

/**
 * Folders that a module reads by computed names, below the folders of modules.
 * Sources: Unicode/UCD.pm; utf8_heavy.pl before Perl 5.32; File::ShareDir(3pm).
 */
export const READS: ReadonlyMap<string, string> = new Map([
  ['Unicode/UCD.pm', 'unicore'],
  ['utf8_heavy.pl', 'unicore'],
  ['File/ShareDir.pm', 'auto/share'],
]);

/** Files with code that Perl loads. Source: perlfunc(1), require; AutoLoader(3perl); h2ph(1). */
export const PERL_CODE = /\.(p[lmh]|al)$/;
/** What nobody loads: documentation, headers and lists for installers. */
export const NOT_LOADED = /\.(pod|h|packlist|e2x|eg)$|\/(\.packlist|typemap)$/;
