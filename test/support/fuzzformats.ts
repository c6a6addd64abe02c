import { Readable } from 'node:stream';
import { parseLdCache } from '../../src/elf/ldcache.js';
import { readElf } from '../../src/elf/reader.js';
import { readSections } from '../../src/elf/sections.js';
import { stringsNamed } from '../../src/elf/strings.js';
import { edited, withoutDebugInformation } from '../../src/elf/strip.js';
import { namesInScript } from '../../src/keep/shellnames.js';
import { openPackages } from '../../src/os/packages.js';
import { perlNames } from '../../src/os/perl.js';
import { Distributions } from '../../src/python/distributions.js';
import { parseEntryPoints, parseMetadata, parseRecord } from '../../src/python/metadata.js';
import { LAYOUT } from './analyst.js';
import { makeElf } from './elf.js';
import { damaged, damagedText, type FuzzTarget, target } from './fuzz.js';
import { makeTree } from './tree.js';

const ELVES = [32, 64].flatMap((bits) =>
  [true, false].map((little) =>
    makeElf({
      bits: bits as 32 | 64,
      little,
      interpreter: '/lib/ld.so',
      needed: ['libc.so.6', 'libm.so.6'],
      soname: 'libx.so',
      rpath: '/a:/b',
      runpath: '$ORIGIN',
      versionsNeeded: { 'libc.so.6': ['GLIBC_2.2', 'GLIBC_2.34'] },
      versionsDefined: ['X_1', 'X_2'],
      symbols: ['dlopen', 'iconv_open'],
      sections: { '.rodata': Buffer.from('\0libssl.so.3\0x\0'), '.note': Buffer.alloc(20) },
      unloaded: { '.debug_info': Buffer.alloc(5000), '.symtab': Buffer.alloc(300), '.strtab': Buffer.alloc(200) },
      links: { '.symtab': '.strtab' },
    }),
  ),
);

const elf = target<Buffer>({
  name: 'ELF',
  make: (random) => damaged(random.pick(ELVES), random),
  run: async (bytes) => {
    const read = async (offset: number, length: number) => bytes.subarray(Math.max(0, offset), Math.max(0, offset) + length);
    await readElf(read);
    await readSections(read);
    await stringsNamed(read);
    const edit = await withoutDebugInformation(read, bytes.length);
    if (edit) for await (const _ of edited(Readable.from([bytes]), edit));
  },
});

/** A cache with a few libraries (sysdeps/generic/dl-cache.h of glibc). */
function ldCache(): Buffer {
  const names = ['libc.so.6', 'libm.so.6', 'libssl.so.3'];
  const header = Buffer.alloc(48);
  header.write('glibc-ld.so.cache1.1', 'latin1');
  header.writeUInt32LE(names.length, 20);
  const texts: Buffer[] = [];
  let at = 48 + names.length * 24;
  const put = (text: string) => {
    const bytes = Buffer.from(`${text}\0`);
    texts.push(bytes);
    at += bytes.length;
    return at - bytes.length;
  };
  const entries = names.map((name) => {
    const entry = Buffer.alloc(24);
    entry.writeUInt32LE(0x303, 0);
    entry.writeUInt32LE(put(name), 4);
    entry.writeUInt32LE(put(`/lib/${name}`), 8);
    return entry;
  });
  const old = Buffer.alloc(32);
  old.write('ld.so-1.7.0\0', 'latin1');
  old.writeUInt32LE(1, 12);
  return Buffer.concat([old, header, ...entries, ...texts]);
}

const cache = target<Buffer>({
  name: 'ld.so.cache',
  make: (random) => damaged(ldCache(), random),
  run: (bytes) => parseLdCache(bytes),
});

const METADATA =
  'Metadata-Version: 2.1\nName: Flask_App\nVersion: 1.0\nRequires-Dist: werkzeug (>=2.0)\nRequires-Dist: x; extra == "y"\n\nText\n';
const RECORD = 'flask/__init__.py,sha256=abc,10\n"a ""b"".py",,\nflask-1.0.dist-info/RECORD,,\n../../../bin/flask,,\n';
const POINTS = '[console_scripts]\nflask = flask.cli:main\n# comment\n[x.y]\na = b [c]\n';
const SITE = '/usr/lib/python3.13/site-packages';

const distributions = target<{ record: string; metadata: string; points: string }>({
  name: 'RECORD and METADATA',
  make: (random) => ({
    record: random.chance(0.6) ? damagedText(RECORD, random) : RECORD,
    metadata: random.chance(0.6) ? damagedText(METADATA, random) : METADATA,
    points: random.chance(0.6) ? damagedText(POINTS, random) : POINTS,
  }),
  run: async ({ record, metadata, points }) => {
    parseRecord(record);
    parseMetadata(metadata);
    parseEntryPoints(points);
    const info = `${SITE}/flask-1.0.dist-info`;
    const fs = makeTree({
      [`${SITE}/flask/__init__.py`]: '',
      '/bin/flask': '',
      [`${info}/RECORD`]: record,
      [`${info}/METADATA`]: metadata,
      [`${info}/entry_points.txt`]: points,
      [`${SITE}/old.egg-info`]: metadata,
      [`${SITE}/easy.egg/EGG-INFO/PKG-INFO`]: metadata,
    });
    const found = await Distributions.read(fs, LAYOUT, openPackages(fs));
    found.onPurpose();
    found.ownerOf('/bin/flask');
  },
});

const STATUS = 'Package: libc6\nEssential: yes\nPriority: required\nVersion: 2.36\n\nPackage: curl\nPriority: optional\nVersion: 7\n';
const APK = 'P:musl\nV:1.2\nF:lib\nR:libc.so\nF:usr/bin\nR:x\n\nP:curl\nV:8\nF:usr/bin\nR:curl\n';

const packages = target<{ status: string; list: string; states: string; apk: string | undefined; world: string }>({
  name: 'dpkg and apk status',
  make: (random) => ({
    status: damagedText(STATUS, random),
    list: damagedText('/.\n/usr\n/usr/bin/curl\n/usr/lib/libcurl.so\n', random),
    states: damagedText('Package: libc6\nAuto-Installed: 1\n\nPackage: curl\nAuto-Installed: 0\n', random),
    apk: random.chance(0.5) ? damagedText(APK, random) : undefined,
    world: damagedText('curl>7 python3@edge\n', random),
  }),
  run: async ({ status, list, states, apk, world }) => {
    const fs = makeTree({
      '/usr/bin/curl': 'x',
      '/lib/libc.so': 'x',
      ...(apk === undefined
        ? { '/var/lib/dpkg/status': status, '/var/lib/dpkg/info/curl.list': list, '/var/lib/apt/extended_states': states }
        : { '/lib/apk/db/installed': apk, '/etc/apk/world': world }),
    });
    const found = openPackages(fs, '/usr/bin/curl');
    await found.versions();
    await found.essential();
    await found.ownerOf('/usr/bin/curl');
    await found.files('curl');
    await found.isOnPurpose('curl');
    found.names();
  },
});

/** Pieces that change how a shell reads what follows. */
const SHELL_PIECES = [
  ...['$(', ')', '`', '"', "'", '\\\n', '<<E\n', '\nE\n', '<<-', '${', '}', '\n', ' ', ';', '|', '(', '#', '>', '<(', '$', '\0'],
  ...['sh -c ', 'eval ', 'timeout 5 ', 'python3 -c ', 'A=', '$A', 'x', 'case x in ', 'exec ', 'import a, b', 'x'.repeat(2000)],
];

/** What reads code, given pieces that change how it reads what follows. */
const pieceTarget = (name: string, pieces: readonly string[], run: (text: string) => void) =>
  target<string>({
    name,
    make: (random) => Array.from({ length: random.below(400) }, () => random.pick(pieces).repeat(random.chance(0.02) ? 300 : 1)).join(''),
    run,
  });

const shell = pieceTarget('shell scripts', SHELL_PIECES, (text) => {
  namesInScript(text);
});

const PERL_PIECES = [
  ...[
    'use ',
    'no ',
    'require ',
    'use lib ',
    'use parent ',
    'do ',
    'eval ',
    '"',
    "'",
    'qw(',
    ')',
    ';',
    '\n',
    '\n=pod\n',
    '\n=cut\n',
    '\n__END__\n',
  ],
  ...['::', '->', '$x', 'A::', 'A::B', 'a/b.pl', '-M', '-I ', '#', ' ', '\0', 'x'.repeat(2000)],
];

const perl = pieceTarget("Perl's code", PERL_PIECES, (text) => {
  perlNames(text);
});

/** What reads files of an image: binaries, code and metadata of packages. */
export const FORMATS: readonly FuzzTarget[] = [elf, cache, distributions, packages, shell, perl];
