import { deflateSync, gzipSync } from 'node:zlib';
import type { Answers, StepAnswer } from '../../src/exercise/answers.js';
import { crc32 } from '../../src/smoke/archives.js';

/** A source of random values that gives the same ones for the same seed. */
export class Seeded {
  constructor(private state: number) {}

  /** From 0 up to 1 (mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let value = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `low` to `high`. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  of(alphabet: string, length: number): string {
    return Array.from({ length }, () => alphabet[this.whole(0, alphabet.length - 1)]).join('');
  }

  hex(length: number): string {
    return this.of('0123456789abcdef', length);
  }

  base64url(length: number): string {
    return this.of('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', length);
  }

  base64(length: number): string {
    return Buffer.from(Array.from({ length }, () => this.whole(0, 255))).toString('base64');
  }

  uuid(): string {
    return `${this.hex(8)}-${this.hex(4)}-4${this.hex(3)}-${this.of('89ab', 1)}${this.hex(3)}-${this.hex(12)}`;
  }

  shuffled<T>(items: readonly T[]): T[] {
    return items
      .map((item) => [this.next(), item] as const)
      .sort(([a], [b]) => a - b)
      .map(([, item]) => item);
  }

  /** Seconds that something took: mostly about the same, seldom much longer. */
  took(usual: number): number {
    return usual * Math.exp((this.next() + this.next() - 1) * 1.2) * (this.next() < 0.02 ? 20 : 1);
  }
}

const base64 = (content: string | Buffer) => Buffer.from(content).toString('base64');
const http = (body: string | Buffer, headers: Record<string, string> = {}, status = 200): StepAnswer => ({
  kind: 'http',
  status,
  headers: { 'content-length': String(Buffer.from(body).length), ...headers },
  body: base64(body),
});
const exec = (stdout: string, stderr = ''): StepAnswer => ({
  kind: 'exec',
  exit: 0,
  stdout: base64(stdout),
  stderr: base64(stderr),
  cut: false,
});

const iso = (ms: number) => new Date(ms).toISOString();
const clf = (ms: number) => {
  const [, day, month, year, time] = /, (\d\d) (\w+) (\d+) (\S+)/.exec(new Date(ms).toUTCString()) as unknown as string[];
  return `${day}/${month}/${year}:${time} +0000`;
};
const DAY = 86_400_000;

function png(random: Seeded, width: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(8, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const pixels = Buffer.from(Array.from({ length: (width + 1) * 8 }, (_, index) => (index % (width + 1) === 0 ? 0 : random.whole(0, 255))));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A zip file with one stored member, and the time of its making. */
function zip(content: string, at: number): Buffer {
  const data = Buffer.from(content);
  const name = Buffer.from('report.txt');
  const common = Buffer.alloc(22);
  common.writeUInt32LE((Math.floor(at / 2000) & 0xffff) >>> 0, 6);
  common.writeUInt32LE(crc32(data), 10);
  common.writeUInt32LE(data.length, 14);
  common.writeUInt32LE(data.length, 18);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from([name.length, 0, 0, 0]), name, data]);
  const central = Buffer.concat([
    Buffer.from('PK\x01\x02'),
    Buffer.alloc(2),
    common,
    Buffer.from([name.length, 0]),
    Buffer.alloc(16),
    name,
  ]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, central, Buffer.from('PK\x05\x06'), end]);
}

/** One kind of answer, as an app gives it in a run. `now` is the moment of the answer in ms, and `zone` the app's distance from UTC. */
type Scenario = (random: Seeded, now: number, zone: number, run: number) => StepAnswer;

/** Answers as apps give them: what varies in them is random, the rest is the same in each run. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'a page with a CSRF token, cookies and a date': (random, now) => {
    const token = random.base64url(64);
    return http(
      `<!doctype html>\n<html><head><title>Sign in</title></head>\n<body><form method="post" action="/login?next=/items/9">
<input type="hidden" name="csrfmiddlewaretoken" value="${token}">\n<input name="user"></form>
<p>Made ${iso(now).slice(0, 19).replace('T', ' ')} in ${(random.took(0.004) * 1000).toFixed(1)} ms &copy; 2024</p></body></html>\n`,
      {
        date: new Date(now).toUTCString(),
        server: 'gunicorn',
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': "default-src 'self'; script-src 'self' cdn.example.org",
        'x-request-id': random.uuid(),
        'last-modified': 'Tue, 02 Jan 2024 03:04:05 GMT',
        'set-cookie': [
          `csrftoken=${random.base64url(32)}; expires=${new Date(now + 364 * DAY).toUTCString()}; Max-Age=31449600; Path=/; SameSite=Lax`,
          `session=eyJ1c2VyIjoxfQ.${random.base64url(6)}.${random.base64url(27)}; Secure; HttpOnly; Path=/; SameSite=Strict`,
          'theme=dark; Path=/; Domain=example.org',
        ].join('\n'),
      },
    );
  },
  'a JSON API with identifiers and times': (random, now) =>
    http(
      JSON.stringify({
        id: 4,
        uuid: random.uuid(),
        created_at: iso(now).replace('Z', `${random.whole(100, 999)}+00:00`),
        expires: Math.floor(now / 1000) + 3600,
        seen: now / 1000,
        items: [
          { sku: 'A-1', price: 12.5, stock: 3, tags: ['new', 'red'], ratio: random.next() },
          { sku: 'B-2', price: 7, stock: 0, tags: [], note: null, active: true },
        ],
        token: random.hex(40),
        key: random.base64(24),
        host: `${random.hex(12)}`,
        pid: random.whole(100, 900),
        port: random.whole(32768, 60999),
        path: `/tmp/tmp${random.of('abcdefghijklmnopqrstuvwxyz0123456789_', 8)}/out.csv`,
        rss: random.whole(41_000_000, 47_000_000),
        message: 'ok',
        version: '3.12.4',
      }),
      { 'content-type': 'application/json', 'x-process-time': String(random.took(0.002)), 'cache-control': 'no-store' },
    ),
  'JSON that is laid out, in the order of a set': (random) =>
    http(
      JSON.stringify(
        {
          names: random.shuffled(['ada', 'bob', 'cleo', 'dan']),
          count: 4,
          nested: {
            deep: [
              [1, 2],
              [3, random.whole(100, 999)],
            ],
          },
        },
        null,
        2,
      ),
    ),
  'JSON that does not vary': () => http('{"status": "ok", "value": 1.0, "big": 12345678901234567890, "made": "2024-03-01T00:00:00+01:00"}'),
  'a list of varying length': (random, _now, _zone, run) =>
    http(
      JSON.stringify({
        processes: Array.from({ length: 14 + ((random.whole(0, 1) + run * 4) % 15) }, () => ({
          pid: random.whole(10, 90),
          name: 'worker',
          cpu: random.whole(1, 30) / 10 + 0.05,
        })),
      }),
    ),
  'a list in which one part varies': (random) => http(JSON.stringify([{ a: 1 }, { b: [random.hex(16)] }, 'fixed', false])),
  'lists of few different values': (random) =>
    http(
      JSON.stringify({
        states: Array.from({ length: random.whole(40, 52) }, () => random.shuffled(['idle', 'busy', 'sleeping'])[0]),
        dice: Array.from({ length: random.whole(40, 52) }, () => random.whole(1, 6)),
      }),
    ),
  'jobs in any order': (random, now) =>
    http(JSON.stringify(random.shuffled(['alpha', 'beta', 'gamma', 'delta']).map((name, id) => ({ name, started: iso(now + id) })))),
  'an image that varies': (random) => http(png(random, 16), { 'content-type': 'image/png' }),
  'an image that does not vary': () => http(png(new Seeded(5), 12), { 'content-type': 'image/png', etag: '"1718093-5521"' }),
  'a compressed page': (random, now) =>
    http(
      gzipSync(`<p>It is ${new Date(now).toUTCString()}</p>\n<script nonce="${random.base64(16)}">go()</script>\n<b>fixed words here</b>`),
      {
        'content-encoding': 'gzip',
        vary: 'Accept-Encoding',
      },
    ),
  'a zip file': (_, now) => http(zip('some content\nof a report\n', now), { 'content-type': 'application/zip' }),
  'an answer by another status': (random, _now, _zone, run) =>
    http('{"detail": "exists"}', {}, run === 0 || (run > 1 && random.next() < 0.5) ? 201 : 409),
  'a redirect': (random) => http('', { location: `/items/${random.uuid()}?state=${random.base64url(22)}` }, 302),
  'metrics of Prometheus': (random, now) =>
    http(
      `# HELP python_gc_objects_collected_total Objects collected during gc\n# TYPE python_gc_objects_collected_total counter
python_gc_objects_collected_total{generation="0"} ${random.whole(310, 990)}.0
python_info{implementation="CPython",major="3",minor="12",version="3.12.4"} 1.0
process_virtual_memory_bytes ${(random.whole(20_000, 22_000) * 4096) / 1e8}e+08
process_resident_memory_bytes ${(random.whole(9000, 9800) * 4096) / 1e7}e+07
process_start_time_seconds ${(now / 1e9 / 1000).toFixed(12)}e+09
process_cpu_seconds_total ${random.took(0.5).toFixed(2)}
process_open_fds 9.0
request_seconds_bucket{le="0.1",path="/items"} 1.0
request_seconds_sum{path="/items"} ${random.took(0.003)}
request_created{path="/items"} ${(now / 1e9 / 1000).toFixed(15)}e+09\n`,
      { 'content-type': 'text/plain; version=0.0.4' },
    ),
  'a set in its order': (random) => exec(`{${random.shuffled(["'apple'", "'pear'", "'fig'", "'plum'"]).join(', ')}}\n`),
  'lines in any order': (random) =>
    exec(`${random.shuffled(['loaded alpha', 'loaded beta', 'loaded gamma', 'loaded delta']).join('\n')}\ndone\n`),
  'lines of workers in any order with durations': (random) =>
    exec(
      `start\n${random
        .shuffled(['alpha', 'beta', 'gamma', 'delta', 'zeta'])
        .map((name) => `${name} took ${random.took(0.02).toFixed(3)}s by process ${random.whole(100, 999)}`)
        .join('\n')}\nend\n`,
    ),
  'output with durations, addresses and a local time': (random, now, zone) =>
    exec(
      `<app.Model object at 0x7f${random.hex(10)}>\nloaded 1000 rows in ${random.took(0.3).toFixed(2)}s (${(random.took(0.02) * 1000).toFixed(0)} ms parsing)
${iso(now + zone)
  .slice(0, 19)
  .replace('T', ' ')},${random.whole(100, 999)} INFO root pid=${random.whole(100, 180)} ready
mean 0.4987 std 1.002\nworking in /tmp/tmp${random.of('abcdefghijklmnopqrstuvwxyz0123456789_', 8)}\nmemory ${random.took(40).toFixed(1)} MB\n`,
      `progress: 100%|##########| 10/10 [00:00<00:00, ${random.whole(700, 1900)}.${random.whole(10, 99)}it/s]\n`,
    ),
  'a table with right-aligned numbers': (random) =>
    exec(
      [
        'name      took  size',
        ...['alpha', 'beta', 'gamma'].map((name) => `${name.padEnd(6)}${String(random.whole(60, 400)).padStart(8)}  ${'120'.padStart(4)}`),
      ].join('\n'),
    ),
  'a log of its own with many times': (random, now) =>
    exec(
      Array.from(
        { length: 12 },
        (_, index) =>
          `127.0.0.1:${random.whole(32768, 60999)} - - [${clf(now + index)}] "GET /items/${index} HTTP/1.1" 200 ${512 + index} ${random.took(0.01).toFixed(6)}`,
      ).join('\n'),
    ),
  'random numbers': (random) =>
    exec(`seed ${random.whole(10 ** 8, 2 ** 31)}\nsample ${[1, 2, 3].map(() => random.next()).join(' ')}\nroll ${random.whole(60, 600)}\n`),
  'a traceback of its own': (random) =>
    exec(
      '',
      `Traceback (most recent call last):\n  File "/app/a.py", line 3, in f\n    g()\nValueError: no item ${random.whole(1000, 9999)}\n`,
    ),
  'plain text': () => exec('The quick brown fox jumps over 13 lazy dogs, version 1.2.3.\nIt took place on 2019-05-06.\n'),
  'a banner': (random) => ({ kind: 'tcp', banner: base64(`220 ${random.hex(12)} ESMTP Postfix\r\n`) }),
  'signed values and nonces': (random, now) =>
    http(
      `state:${random.base64(18)} jwt=eyJhbGciOiJIUzI1NiJ9.${random.base64url(40)}.${random.base64url(43)}\nday ${iso(now).slice(0, 10)}, report-${iso(now).slice(0, 10)}.csv\nsid ${random.of('0123456789', 16)}`,
    ),
};

/** The moment of the first run. */
const EPOCH = Date.UTC(2026, 4, 17, 21, 59, 20);

/** One run of one scenario, as a server's or, for a command, as a program's that ends by itself. */
export function madeUp(name: string, seed: number, run: number): Answers {
  const random = new Seeded(seed * 7919 + run * 104_729);
  const start = EPOCH + seed * 977_000 + run * 30_000 + random.whole(0, 9000);
  const end = start + random.whole(800, 20_000);
  const now = start + random.whole(100, end - start);
  const answer = (SCENARIOS[name] as Scenario)(random, now, ((seed % 27) - 12) * 3_600_000, run);
  const program = answer.kind === 'exec' && seed % 2 === 0;
  const log = `${iso(now)} INFO listening on port 8000, pid ${random.whole(10, 99)}\n`;
  return {
    time: { start, end },
    steps: program
      ? [{ step: 'until exit', label: 'until exit', answer: { kind: 'until-exit' } }]
      : [{ step: 'GET /', label: 'GET /', answer }],
    app: program
      ? { stdout: answer.stdout, stderr: answer.stderr, cut: false, exit: 0 }
      : { stdout: '', stderr: base64(log), cut: false, exit: null, untilStop: { stdout: 0, stderr: log.length } },
  };
}
