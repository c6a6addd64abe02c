import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { stringify } from 'yaml';
import { forgetSecrets } from '../../src/conceal.js';
import { parseLdCache } from '../../src/elf/ldcache.js';
import { readElf } from '../../src/elf/reader.js';
import { readSections } from '../../src/elf/sections.js';
import { librariesNamed } from '../../src/elf/strings.js';
import type { Answers } from '../../src/exercise/answers.js';
import { parseExercise } from '../../src/exercise/file.js';
import { ByteReader } from '../../src/guest/bytereader.js';
import { readFrame } from '../../src/guest/frames.js';
import { parseInventory } from '../../src/guest/inventory.js';
import type { Files } from '../../src/images/files.js';
import { openDockerArchive } from '../../src/images/transports/dockerarchive/source.js';
import { openLayout } from '../../src/images/transports/ocilayout/source.js';
import { openPackages } from '../../src/os/packages.js';
import { Distributions } from '../../src/python/distributions.js';
import { parseEntryPoints, parseMetadata, parseRecord } from '../../src/python/metadata.js';
import type { Inside } from '../../src/report/inside.js';
import { compareAnswers } from '../../src/smoke/compare.js';
import { BLOCK } from '../../src/tar/header.js';
import { TarReader } from '../../src/tar/reader.js';
import { parseFacts, parseImports } from '../../src/trace/facts.js';
import { joinTraces, parseTrace } from '../../src/trace/schema.js';
import { Folder, readTrace } from '../../src/workspace/folder.js';
import { LAYOUT } from './analyst.js';
import { makeElf } from './elf.js';
import { damaged, damagedJson, damagedText, type FuzzTarget, type Random, target } from './fuzz.js';
import { configOf, digestOf, dockerArchive, layerTar } from './image.js';
import { recordOf, smallImage } from './inside.js';
import { makeTrace } from './keep.js';
import { madeUp, SCENARIOS } from './madeup.js';
import { makeTree } from './tree.js';

const ignored = () => {};
const LONG = `/${'long/'.repeat(60)}name`;
const LAYER = layerTar([
  { path: '/app' },
  { path: '/app/one.py', content: 'print(1)\n' },
  { path: '/app/two.py', hardLinkTo: '/app/one.py' },
  { path: '/app/link', type: 'l', target: 'one.py' },
  { path: LONG, content: 'x'.repeat(700), xattrs: { 'security.capability': '01' } },
  { path: '/dev/null', type: 'c', device: [1, 3] },
]);

/** Damages an archive. Most headers get their checksum again, so that what is behind it is reached. */
function damagedTar(bytes: Buffer, random: Random): Buffer {
  const other = Buffer.from(damaged(bytes, random));
  if (random.chance(0.3)) return other;
  for (let at = 0; at + BLOCK <= other.length; at += BLOCK) {
    const block = other.subarray(at, at + BLOCK);
    if (block.toString('latin1', 257, 262) !== 'ustar') continue;
    block.fill(0x20, 148, 156);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  }
  return other;
}

const tar = target<Buffer[]>({
  name: 'tar and PAX',
  make: (random) => {
    const bytes = damagedTar(LAYER, random);
    const chunks: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = 1 + random.below(random.pick([1, 700, 20_000]));
      chunks.push(bytes.subarray(at, at + length));
      at += length;
    }
    return chunks;
  },
  run: (chunks) => {
    const reader = new TarReader(() => ({ write: ignored, end: ignored }), 'The layer');
    for (const chunk of chunks) reader.write(chunk);
    reader.end();
  },
});

/** Files in memory. */
class MemoryFiles implements Files {
  constructor(private readonly content: ReadonlyMap<string, Buffer>) {}

  async size(path: string): Promise<number | undefined> {
    return this.content.get(path)?.length;
  }

  async *open(path: string): AsyncGenerator<Buffer> {
    yield this.content.get(path) as Buffer;
  }

  async close(): Promise<void> {}
}

const CONFIG = JSON.parse(configOf({ layers: [LAYER], config: { Env: ['A=1'], Cmd: ['x'], Labels: { a: 'b' } } }).toString()) as unknown;
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** A layout of which one document is damaged. The digests around it fit all the same. */
const layout = target<Map<string, Buffer>>({
  name: 'OCI layout',
  make: (random) => {
    const files = new Map<string, Buffer>();
    const which = random.below(5);
    const text = (value: unknown, of: number) => {
      const document = Buffer.from(JSON.stringify(which === of ? damagedJson(value, random) : value));
      return which === of && random.chance(0.2) ? damaged(document, random) : document;
    };
    const blob = (mediaType: string, bytes: Buffer) => {
      const digest = digestOf(bytes);
      files.set(`blobs/${digest.replace(':', '/')}`, bytes);
      return { mediaType, digest, size: bytes.length };
    };
    const config = blob('application/vnd.oci.image.config.v1+json', text(CONFIG, 0));
    const layers = [blob('application/vnd.oci.image.layer.v1.tar', LAYER)];
    const manifest = blob(MANIFEST, text({ schemaVersion: 2, mediaType: MANIFEST, config, layers }, 1));
    const index = text({ schemaVersion: 2, manifests: [{ ...manifest, platform: { os: 'linux', architecture: 'amd64' } }] }, 2);
    const inner = blob('application/vnd.oci.image.index.v1+json', index);
    files.set('index.json', which === 3 ? text({ schemaVersion: 2, manifests: [inner] }, 3) : index);
    files.set('oci-layout', text({ imageLayoutVersion: '1.0.0' }, 4));
    return files;
  },
  run: (files) => openLayout('oci:image', new MemoryFiles(files), undefined, undefined),
});

const ARCHIVE = dockerArchive([{ layers: [LAYER], tags: ['app:1'] }]);
const folder = () => mkdtempSync(join(tmpdir(), 'pyshrink-fuzz-'));
let scratch: string | undefined;
const scratchFile = (name: string) => {
  scratch ??= folder();
  return join(scratch, name);
};

const archive = target<Buffer>({
  name: 'docker archive',
  make: (random) => {
    if (random.chance(0.3)) return damagedTar(ARCHIVE, random);
    const document = [{ Config: 'config.json', RepoTags: ['app:1'], Layers: ['layer.tar'] }];
    const inManifest = random.chance(0.5);
    return layerTar([
      { path: '/manifest.json', content: JSON.stringify(inManifest ? damagedJson(document, random) : document) },
      { path: '/config.json', content: JSON.stringify(inManifest ? CONFIG : damagedJson(CONFIG, random)) },
      { path: '/layer.tar', content: 'x' },
    ]);
  },
  run: async (bytes) => {
    const path = scratchFile('archive.tar');
    writeFileSync(path, bytes);
    const source = await openDockerArchive('docker-archive:x', path, undefined, async () => join(folder(), 'spool'));
    await source.close();
  },
});

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
    await librariesNamed(read);
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

const TRACE = makeTrace(['open /a', 'exec /b 1', 'lookup /c'], { warnings: ['w'] });

const trace = target<string>({
  name: 'trace',
  make: (random) => (random.chance(0.5) ? JSON.stringify(damagedJson(TRACE, random)) : damagedText(JSON.stringify(TRACE), random)),
  run: (text) => {
    const parsed = parseTrace(text, 'trace.json');
    joinTraces([parsed, parsed]);
  },
});

const record = target<string>({
  name: 'run record',
  make: (random) =>
    random.chance(0.7) ? JSON.stringify(damagedJson(recordOf(), random)) : damagedText(JSON.stringify(recordOf()), random),
  run: async (text) => {
    const path = scratchFile('trace.json');
    writeFileSync(path, JSON.stringify({ ...TRACE, record: 'run-record-0123456789ab.json' }));
    writeFileSync(scratchFile('run-record-0123456789ab.json'), text);
    await readTrace(path);
    forgetSecrets();
  },
});

/** What the workspace has about a small image: its documents by the names of their files. */
function documentsOf({ made, check }: Inside): Record<string, unknown> {
  return { 'keep.json': { ...made?.keep, image: 'sha256:1' }, 'result.json': made?.result, 'check.json': check };
}

const DOCUMENTS = documentsOf(smallImage());

const results = target<Record<string, string>>({
  name: 'keep, result and check',
  make: (random) => {
    const hostile = random.pick(Object.keys(DOCUMENTS));
    return Object.fromEntries(
      Object.entries(DOCUMENTS).map(([file, document]) => [
        file,
        JSON.stringify(file === hostile ? damagedJson(document, random) : document) ?? '',
      ]),
    );
  },
  run: async (files) => {
    for (const [file, text] of Object.entries(files)) writeFileSync(scratchFile(file), text);
    const here = new Folder(dirname(scratchFile('x')));
    await here.check('sha256:1');
    await here.result();
    await here.keep();
    forgetSecrets();
  },
});

const FACTS = [
  ['time', 1500],
  ['process', 7, 1, '/usr/bin/python3'],
  ['fact', 'open', 7, '/app/one.py'],
  ['fact', 'exec', 7, '/bin/sh'],
  ['warning', 'w'],
  ['refused', 1, 2],
  ['exit', 0],
].map((row) => JSON.stringify(row));

const facts = target<string>({
  name: 'facts',
  make: (random) => {
    if (random.chance(0.5)) return damagedText(FACTS.join('\n'), random);
    return FACTS.map((row) => (random.chance(0.3) ? JSON.stringify(damagedJson(JSON.parse(row), random)) : row)).join('\n');
  },
  run: (text) => {
    parseImports(text);
    parseFacts(text);
  },
});

const INVENTORY = [
  ['/', 'd', 0o755, 0, 0, 0, 1, null, null, null],
  ['/app', 'd', 0o755, 0, 0, 0, 1, null, null, null],
  ['/app/one.py', 'f', 0o644, 0, 0, 9, 1, 'g', null, null],
  ['/app/two.py', 'f', 0o644, 0, 0, 9, 1, 'g', null, { 'user.x': '00' }],
  ['/app/link', 'l', 0o777, 0, 0, 0, 1, null, 'one.py', null],
  ['/null', 'c', 0o666, 0, 0, 0, 1, null, [1, 3], null],
];

const inventory = target<string>({
  name: 'inventory',
  make: (random) => (random.chance(0.7) ? JSON.stringify(damagedJson(INVENTORY, random)) : damagedText(JSON.stringify(INVENTORY), random)),
  run: (text) => parseInventory(text),
});

const FRAMES = Buffer.concat(
  ['O', 'D', 'L', 'X'].map((kind, index) => {
    const payload = Buffer.from('payload'.repeat(index));
    const header = Buffer.alloc(9);
    header.writeUInt32BE(index, 0);
    header.write(kind, 4, 'latin1');
    header.writeUInt32BE(payload.length, 5);
    return Buffer.concat([header, payload]);
  }),
);
/** Errors of a stream that ends too early are what its readers expect. */
const EARLY = /the stream ended too early/;

const frames = target<Buffer>({
  name: 'frames of the relay',
  make: (random) => damaged(FRAMES, random),
  run: async (bytes) => {
    const reader = new ByteReader(Readable.from([bytes]));
    try {
      for (;;) await readFrame(reader);
    } catch (error) {
      if (!EARLY.test((error as Error).message)) throw error;
    }
  },
});

const EXERCISE = {
  steps: [
    { http: 'POST /items {"name": "Ada"}', expect: { status: [200, 201] } },
    { http: { method: 'PUT', path: '/x', headers: { a: 'b' }, json: { a: [1, 2] }, port: 80 } },
    { http: { path: '/x', form: { a: ['b', 'c'] }, file: { picture: 'cat.png' } } },
    { tcp: 5432 },
    { exec: ['a', 'b c'], expect: { exit: 1 } },
    { exec: 'a "b c"' },
    { signal: 'hup' },
    { wait: 0.5 },
    'until-exit',
  ],
  reset: ['psql -c truncate'],
  expect: { exit: 0 },
};

/** The library writes no deep documents. JSON is YAML, too. */
function yamlOf(document: unknown): string {
  try {
    return stringify(document, { aliasDuplicateObjects: false });
  } catch {
    return JSON.stringify(document);
  }
}

const exercise = target<string>({
  name: 'exercise YAML',
  make: (random) => {
    const document = yamlOf(random.chance(0.6) ? damagedJson(EXERCISE, random) : EXERCISE);
    return random.chance(0.6) ? damagedText(document, random) : document;
  },
  run: (text) => parseExercise('exercise.yaml', text, () => Buffer.from('content')),
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

const NAMES = Object.keys(SCENARIOS);

const compare = target<{ originals: Answers[]; shrunk: Answers }>({
  name: 'mask and compare',
  make: (random) => {
    const [name, seed] = [random.pick(NAMES), random.below(50)];
    const [one, two, three] = [0, 1, 2].map((run) => madeUp(name, seed, run)) as [Answers, Answers, Answers];
    const hostile = (answers: Answers) => damagedAnswers(answers, random);
    return { originals: random.chance(0.3) ? [hostile(one), two] : [one, two], shrunk: hostile(three) };
  },
  run: ({ originals, shrunk }) => compareAnswers(originals, shrunk),
});

/** Answers of which bodies, headers and outputs are damaged. Their fields have the types that an engine gives. */
function damagedAnswers(answers: Answers, random: Random): Answers {
  const bytes = (base64: string) => {
    const plain = Buffer.from(base64, 'base64');
    if (random.chance(0.02)) return Buffer.from(`${'['.repeat(20_000)}${random.below(9)}${']'.repeat(20_000)}`).toString('base64');
    const json = random.chance(0.4) ? jsonOf(plain) : undefined;
    return (json === undefined ? damaged(plain, random) : Buffer.from(JSON.stringify(damagedJson(json, random)) ?? '')).toString('base64');
  };
  return {
    ...answers,
    steps: answers.steps.map((step) => {
      const { answer } = step;
      if (answer.kind === 'http') {
        const headers = Object.fromEntries(
          Object.entries(answer.headers).map(([name, value]) => [name, random.chance(0.3) ? damagedText(value, random) : value]),
        );
        return { ...step, answer: { ...answer, headers, body: bytes(answer.body), status: random.pick([answer.status, 0, 999, 304]) } };
      }
      return answer.kind === 'exec' ? { ...step, answer: { ...answer, stdout: bytes(answer.stdout), stderr: bytes(answer.stderr) } } : step;
    }),
    app: { ...answers.app, stdout: bytes(answers.app.stdout), stderr: bytes(answers.app.stderr) },
  };
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

/** Every parser of bytes and texts that come from others. */
export const TARGETS: readonly FuzzTarget[] = [
  tar,
  layout,
  archive,
  elf,
  cache,
  trace,
  record,
  results,
  facts,
  inventory,
  frames,
  exercise,
  distributions,
  packages,
  compare,
];
