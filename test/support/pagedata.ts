import { LAYER_NAMES } from '../../src/assemble/layers.js';
import type { Diff } from '../../src/report/diffmodel.js';
import { KINDS, type Report, type Thing } from '../../src/report/model.js';
import type { PageAnswer, PageData, PageReason } from '../../src/report/pagemodel.js';
import { Seeded } from './madeup.js';

const WORDS = 'core util io base model view parser cache client server http json data test schema graph table index plot array'.split(' ');
const DISTRIBUTIONS =
  'numpy pandas flask werkzeug jinja2 psycopg2 sqlalchemy requests urllib3 pillow scipy cryptography pip setuptools'.split(' ');
const PACKAGES = ['libc6', 'libpq5', 'perl-base', 'git', 'gcc-12', 'tzdata', 'coreutils', 'openssl', 'curl', 'manpages'];

const PSYCOPG = '/usr/local/lib/python3.13/site-packages/psycopg2/_psycopg.cpython-313-x86_64-linux-gnu.so';

/** One path before it is a row of columns. */
interface Row {
  path: string;
  size: number;
  kind: (typeof KINDS)[number];
  owner: string | null;
  kept: boolean;
}

/**
 * Made-up data of a page: an image of a web app with about so many paths, of which a third is kept, with chains of reasons
 * that lead to /app/app.py. The same seed gives the same data. `name` changes names of files, distributions and log lines.
 */
export function madeUpPage(count: number, seed = 1, name: (text: string) => string = (text) => text): PageData {
  const random = new Seeded(seed);
  const rows = rowsOf(count, random, name).sort((a, b) => (a.path < b.path ? -1 : 1));
  const owners: Thing[] = [
    ...DISTRIBUTIONS.map(
      (own): Thing => ({ thing: 'distribution', name: name(own), version: `${random.whole(1, 9)}.${random.whole(0, 20)}` }),
    ),
    ...PACKAGES.map((own): Thing => ({ thing: 'package', name: name(own), version: null })),
  ];
  const reasons: PageReason[] = [
    { kept: true, reason: 'python/own-code', text: "the app's own code", parents: [], file: null, line: null, rank: 1 },
    {
      kept: false,
      reason: 'omitted/system',
      text: 'part of the operating system that nothing needs',
      parents: [],
      file: null,
      line: null,
      rank: 1,
    },
    {
      kept: false,
      reason: 'omitted/test',
      text: name('a test of pandas that no kept code imports'),
      parents: [],
      file: null,
      line: null,
      rank: 1,
    },
  ];
  const at = new Map(rows.map(({ path }, index) => [path, index]));
  const app = at.get('/app/app.py') as number;
  const kept = rows.flatMap((row, index) => (row.kept ? [index] : []));
  const place = new Map(kept.map((index, order) => [index, order]));
  const reasonsOf = rows.map((row, index): number[] => {
    if (!row.kept) return [row.kind === 'system' ? 1 : 2];
    if (row.kind === 'app' || row.kind === 'data') return [0];
    if (row.path.endsWith('/libpq.so.5.15')) return [because(index, at.get(PSYCOPG) ?? app, 0)];
    if (row.path === PSYCOPG) return [because(index, app, 12)];
    const own = [add(index)];
    if (random.next() < 0.3) own.push(add(index));
    return own;
  });
  function add(index: number): number {
    const before = kept[random.whole(0, Math.max((place.get(index) ?? 0) - 1, 0))] ?? app;
    return because(index, random.next() < 0.4 || before >= index ? app : before, random.whole(1, 300));
  }
  function because(index: number, parent: number, line: number): number {
    const needed = line === 0 || (parent !== app && /\.so/.test(rows[index]?.path ?? ''));
    return (
      reasons.push({
        kept: true,
        reason: needed ? 'elf/needed' : 'python/import',
        text: needed ? 'a library that a kept file needs (DT_NEEDED)' : name(`imported at line ${line} of ${rows[parent]?.path}`),
        parents: [parent],
        file: needed ? null : parent,
        line: needed ? null : line,
        rank: 1 + random.whole(0, 3),
      }) - 1
    );
  }
  const ownerAt = new Map(owners.map((owner, index) => [owner.name, index]));
  const column = <T>(of: (row: Row) => T) => rows.map(of);
  const paths = {
    path: column(({ path }) => path),
    file: column(({ path }) => (path.endsWith('.so.5') ? 0 : 1)),
    size: column(({ size }) => size),
    stripped: column(({ path, size, kept: stays }) => (stays && path.endsWith('.so') ? Math.floor(size / 2) : 0)),
    kind: column(({ kind }) => KINDS.indexOf(kind)),
    owner: column(({ owner }) => (owner === null ? -1 : (ownerAt.get(name(owner)) ?? -1))),
    layer: column(({ kept: stays, kind }) => (stays ? Math.min(KINDS.indexOf(kind), 3) : -1)),
    reasons: reasonsOf,
    step: column(({ kept: stays }) => (stays ? random.whole(-1, 3) : -1)),
  };
  return {
    report: reportOf(rows, owners, name),
    kinds: KINDS,
    layers: LAYER_NAMES,
    owners,
    paths,
    reasons,
    answers: answersOf(name),
  };
}

function rowsOf(count: number, random: Seeded, name: (text: string) => string): Row[] {
  const rows = new Map<string, Row>();
  const put = (path: string, size: number, kind: Row['kind'], owner: string | null, kept: boolean) =>
    rows.set(path, { path, size, kind, owner, kept });
  const word = () => name(WORDS[random.whole(0, WORDS.length - 1)] as string);
  const size = (most: number) => Math.floor(Math.exp(random.next() * Math.log(most)));
  const site = '/usr/local/lib/python3.13/site-packages';
  put('/app/app.py', 4200, 'app', null, true);
  put(`/app/${name('models.py')}`, 2100, 'app', null, true);
  put('/app/data/cities.csv', 340_000, 'data', null, true);
  put('/usr/lib/x86_64-linux-gnu/libpq.so.5', 0, 'system', 'libpq5', true);
  put('/usr/lib/x86_64-linux-gnu/libpq.so.5.15', 330_000, 'system', 'libpq5', true);
  put(`${site}/psycopg2/_psycopg.cpython-313-x86_64-linux-gnu.so`, 430_000, 'distribution', 'psycopg2', true);
  put('/usr/lib/gcc/x86_64-linux-gnu/12/cc1plus', 33_000_000, 'system', 'gcc-12', false);
  put('/usr/bin/curl', 270_000, 'system', 'curl', true);
  while (rows.size < count) {
    const part = random.next();
    const folder = Array.from({ length: random.whole(0, 3) }, word).join('/');
    const file = `${word()}_${random.hex(4)}`;
    const below = (top: string, end: string) => [top, folder, `${file}${end}`].filter(Boolean).join('/');
    if (part < 0.5) {
      const own = DISTRIBUTIONS[Math.floor(DISTRIBUTIONS.length * random.next() ** 2)] as string;
      const end = random.next() < 0.06 ? '.cpython-313-x86_64-linux-gnu.so' : '.py';
      const whole = random.next() < 0.3 + (own.length % 4) / 6;
      put(below(`${site}/${name(own)}`, end), size(end === '.py' ? 90_000 : 9_000_000), 'distribution', own, whole);
    } else if (part < 0.62) put(below('/usr/local/lib/python3.13', '.py'), size(60_000), 'python', null, random.next() < 0.4);
    else {
      const own = PACKAGES[Math.floor(PACKAGES.length * random.next())] as string;
      const top = ['/usr/lib/x86_64-linux-gnu', `/usr/share/${name(own)}`, '/usr/bin', '/usr/share/doc', '/var/lib'][
        random.whole(0, 4)
      ] as string;
      put(below(top, ''), size(200_000), 'system', own, random.next() < 0.06);
    }
  }
  return [...rows.values()];
}

function reportOf(rows: readonly Row[], owners: readonly Thing[], name: (text: string) => string): Report {
  const amount = (test: (row: Row) => boolean) => {
    const own = rows.filter((row) => test(row) && !row.path.endsWith('.so.5'));
    return { files: own.length, bytes: own.reduce((sum, { size }) => sum + size, 0) };
  };
  const change = (test: (row: Row) => boolean) => ({ before: amount(test), after: amount((row) => row.kept && test(row)) });
  const all = change(() => true);
  const things = owners
    .map((owner) => ({ ...owner, ...change((row) => row.owner !== null && name(row.owner) === owner.name) }))
    .sort((a, b) => b.after.bytes - a.after.bytes);
  const link = (path: string, parent: string | null, text: string, line: number | null) => ({
    path,
    parent,
    reason: parent === null ? 'python/own-code' : 'python/import',
    text,
    file: line === null ? null : '/app/app.py',
    line,
  });
  const chain = [
    link('/usr/lib/x86_64-linux-gnu/libpq.so.5.15', '/app/app.py', name('imported at line 12 of app'), 12),
    link('/app/app.py', null, "the app's own code", null),
  ];
  return {
    schema: 1,
    pyshrink: '0.1.0',
    image: { reference: name('shop/api:1.8'), id: `sha256:${'ab'.repeat(32)}`, platform: 'linux/amd64' },
    python: { version: '3.13.1', executable: '/usr/local/bin/python3.13' },
    shrunk: { name: name('shop/api:1.8-shrunk'), named: true, id: `sha256:${'cd'.repeat(32)}`, level: 'reachable' },
    sizes: {
      before: { layers: Math.round(all.before.bytes * 1.1), merged: all.before },
      after: { layers: all.after.bytes, merged: all.after, links: 0 },
      ratio: (all.before.bytes * 1.1) / all.after.bytes,
    },
    kinds: KINDS.map((kind) => ({ kind, ...change((row) => row.kind === kind) })),
    distributions: things.filter(({ thing }) => thing === 'distribution').map((one) => ({ ...one, grade: 'pulled' })),
    packages: things.filter(({ thing }) => thing === 'package'),
    layers: {
      before: [
        { command: name('RUN apt-get install -y libpq5 gcc'), bytes: 240_000_000 },
        { command: name('RUN pip install -r requirements.txt'), bytes: 310_000_000 },
      ],
      after: LAYER_NAMES.map((layer, index) => ({
        name: layer,
        ...amount((row) => row.kept && Math.min(KINDS.indexOf(row.kind), 3) === index),
      })),
    },
    largest: things.slice(0, 12).map(({ thing, name: own, version, after }) => ({
      thing,
      name: own,
      version,
      kept: after,
      saves: Math.round(after.bytes * 0.9),
      exclude: `--exclude '${own}/**'`,
      neededBy: ['/app/app.py'],
      needs: 1,
      chain,
    })),
    programs: ['/usr/bin/curl', '/usr/local/bin/python3.13'].map((path) => ({
      path,
      size: 270_000,
      brings: 4_100_000,
      because: name('a program that kept code names: "curl"'),
      by: '/app/app.py',
      line: 12,
      chain,
    })),
    nearly: [
      {
        thing: 'package',
        name: name('git'),
        version: null,
        omitted: { files: 210, bytes: 44_000_000 },
        text: name('named at line 78 of pandas._version'),
        include: '--include /usr/bin/git',
      },
    ],
    cuts: things
      .map(({ thing, name: own, version, before, after }) => ({
        thing,
        name: own,
        version,
        omitted: { files: before.files - after.files, bytes: before.bytes - after.bytes },
        text: name(`part of ${own}, which no kept code imports`),
        include: `--include '${own}'`,
      }))
      .sort((a, b) => b.omitted.bytes - a.omitted.bytes),
    coverage: {
      modules: { all: 2, ran: 1 },
      functions: { all: 14, ran: 11 },
      own: [
        { name: 'app', path: '/app/app.py', ran: true, functions: { all: 12, ran: 11, missed: [{ name: name('export_csv'), line: 88 }] } },
        {
          name: name('models'),
          path: `/app/${name('models.py')}`,
          ran: false,
          functions: {
            all: 2,
            ran: 0,
            missed: [
              { name: 'Item.archive', line: 31 },
              { name: 'Item.restore', line: 40 },
            ],
          },
        },
      ],
    },
    timeline: ['start', 'GET /', name('POST /items {"name": "Ada"}'), 'GET /items'].map((label, index) => ({
      run: 0,
      label,
      outcome: index === 0 ? '' : '200',
      from: index * 1.5,
      to: index * 1.5 + 1.2,
      brought: { files: 1200 >> (2 * index), bytes: 41_000_000 >> (2 * index) },
      largest: [{ thing: 'distribution', name: name('pandas'), version: null, brought: { files: 12, bytes: 9_000_000 >> (2 * index) } }],
    })),
    comparison: {
      outcome: 'same',
      compared: 4,
      checked: 631,
      problems: [],
      differences: [],
      missing: [],
      uncompared: [],
      varied: [{ where: 'POST /items', what: 'body', place: 'id', originals: ['3f2a', '77b1'], shrunk: name('c01d') }],
    },
    repairs: [{ path: '/usr/bin/curl', text: name('the shrunk image looked it up and did not find it') }],
    unsound: { own: 1, libraries: 42 },
    warnings: [name('The app changes its user: it was watched with CAP_SYS_PTRACE.')],
    notes: [],
    budget: null,
  };
}

function answersOf(name: (text: string) => string): PageAnswer[] {
  const field = (own: string, originals: readonly string[], shrunk: string, varied: readonly string[] = []) => ({
    name: own,
    originals: originals.map(name),
    shrunk: name(shrunk),
    varied,
    differs: false,
  });
  return [
    {
      run: 0,
      label: 'GET /',
      fields: [field('status', ['200', '200'], '200'), field('body', ['Hello, world', 'Hello, world'], 'Hello, world')],
    },
    {
      run: 0,
      label: name('POST /items {"name": "Ada"}'),
      fields: [
        field('status', ['201', '201'], '201'),
        field('header date', ['Sun, 29 Nov 2026 05:00:01 GMT', 'Sun, 29 Nov 2026 05:00:09 GMT'], 'Sun, 29 Nov 2026 05:00:21 GMT', [
          'the current time',
        ]),
        field('body', ['{"id": "3f2a", "name": "Ada"}', '{"id": "77b1", "name": "Ada"}'], '{"id": "c01d", "name": "Ada"}', ['id: a token']),
      ],
    },
    {
      run: 0,
      label: 'app',
      fields: [field('stderr', ['INFO started\nWARNING slow\n', 'INFO started\n'], 'INFO started\nWARNING slow\n', ['lines of a log'])],
    },
  ];
}

/** A made-up comparison of two reports of {@link madeUpPage}. */
export function madeUpDiff(a: Report, b: Report): Diff {
  const side = ({ image, shrunk, sizes, comparison }: Report): Diff['a'] => ({
    ...image,
    name: shrunk?.name ?? '',
    level: shrunk?.level ?? 'reachable',
    size: sizes.after?.layers ?? null,
    kept: sizes.after?.merged ?? { files: 0, bytes: 0 },
    outcome: comparison?.outcome ?? null,
  });
  const [one, other] = [side(a), side(b)];
  const pandas = ({ largest }: Report) => {
    const found = largest.find(({ name }) => name === 'pandas');
    return found ? { version: found.version, kept: found.kept, chain: found.chain } : null;
  };
  const [before, after] = [pandas(a), pandas(b)];
  return {
    schema: 2,
    basis: 'kept',
    a: one,
    b: other,
    bytes: (other.kept.bytes ?? 0) - (one.kept.bytes ?? 0),
    files: other.kept.files - one.kept.files,
    things: [
      {
        thing: 'distribution',
        name: 'pandas',
        a: before,
        b: after,
        bytes: (after?.kept.bytes ?? 0) - (before?.kept.bytes ?? 0),
        came: ['/usr/local/lib/python3.13/site-packages/pandas/new.py'],
        went: [],
      },
    ],
    programs: { came: ['/usr/bin/curl'], went: [] },
    answers: [{ label: 'GET /', field: 'body', a: 'Hello, world', b: 'Hello, moon' }],
  };
}
