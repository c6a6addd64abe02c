import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';
import { Diff } from '../../src/report/diffmodel.js';
import { Report } from '../../src/report/model.js';
import { type PageContent, unpackPage } from '../../src/report/page/codec.js';
import { megabytes } from '../../src/ui/table.js';
import type { KeepReport } from '../../src/workspace/keepreport.js';
import { buildImage, DEBIAN, describeWithEngine, docker, leftovers, pyshrink, SLIM, workdir } from '../support/engine.js';
import { exported, OF_THE_DAEMON } from '../support/exported.js';

const DOCKERFILE = `FROM ${SLIM}
WORKDIR /app
RUN echo same > one && ln one two && ln -s ../app/one ünï
COPY app.py lazy.py never.py ./
CMD ["python3", "app.py"]
`;
const APP = `import http.server
for path in ("one", "two", "ünï"):
    open(path).read()
class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/lazy":
            import lazy
        self.send_response(200)
        self.end_headers()
    def do_PUT(self):
        pass
http.server.HTTPServer(("127.0.0.1", 8000), Handler).serve_forever()
`;

/** What a page holds. */
function pageIn(file: string): PageContent {
  const data = /<script type="text\/plain" id="data">([^<]*)</.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
  return unpackPage(gunzipSync(Buffer.from(data, 'base64')).toString());
}

describeWithEngine('a report', () => {
  let cwd: string;
  let report: Report;
  let folder: string;
  const tag = 'pyshrink-test/report:small';
  const run = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await pyshrink(args, { cwd });
    return { exitCode, stdout: stdout as string, stderr: stderr as string };
  };
  const inFolder = <T>(name: string) => JSON.parse(readFileSync(join(cwd, folder, name), 'utf8')) as T;
  beforeAll(async () => {
    const image = await buildImage(DOCKERFILE, {
      'app.py': APP,
      'lazy.py': 'import wave, importlib\n\ntables = importlib.import_module("colorsys")\n',
      'never.py': 'import imaplib\n',
    });
    cwd = workdir();
    const shrunk = await run('shrink', image, '--tag', tag, '--http', '/', '--http', '/lazy');
    expect([shrunk.exitCode, shrunk.exitCode === 0 ? '' : shrunk.stderr]).toEqual([0, '']);
    for (const line of [/^largest: .+ MB/m, /^cut: .+ MB/m, /^more: pyshrink report, pyshrink why NAME$/m])
      expect(shrunk.stdout).toMatch(line);
    report = Report.parse(JSON.parse((await run('report', '--json')).stdout));
    folder = join('.pyshrink', readdirSync(join(cwd, '.pyshrink'))[0] as string);
  });

  it('agrees to the byte with the daemon, with keep.json and with a walk over the image', async () => {
    const { layers, merged, links } = report.sizes.after as NonNullable<Report['sizes']['after']>;
    const daemon = JSON.parse(await docker('image', 'inspect', tag)) as { Size: number }[];
    expect(layers).toBe(daemon[0]?.Size);
    expect(merged.bytes + links).toBe(layers);
    const kept = Object.entries(inFolder<KeepReport>('keep.json').kept);
    expect(kept.reduce((sum, [, { size }]) => sum + size, 0)).toBe(merged.bytes);
    // The daemon makes some files of its own in each container.
    const ofTheDaemon = kept.reduce((sum, [path, { size }]) => sum + (OF_THE_DAEMON.test(path) ? size : 0), 0);
    const walked = [...(await exported(tag))].filter(([path]) => !OF_THE_DAEMON.test(path));
    expect(walked.reduce((sum, [, { size }]) => sum + size, 0)).toBe(merged.bytes - ofTheDaemon);
    const text = (await run('report')).stdout;
    expect(text).toMatch(new RegExp(`^ *sum of layers .* ${megabytes(layers ?? 0)}$`, 'm'));
    const file = join(cwd, 'report.html');
    const page = await run('report', '--html', file);
    expect([page.exitCode, page.stdout]).toEqual([0, expect.stringMatching(/report\.html: .* one file that needs no network/)]);
    const [shown] = pageIn(file).images;
    const keptInPage = shown?.paths.reasons.map(([first]) => shown.reasons[first ?? -1]?.kept === true) ?? [];
    expect(shown?.paths.size.reduce((sum, size, index) => sum + (keptInPage[index] ? size : 0), 0)).toBe(merged.bytes);
    expect(shown?.report.sizes).toEqual(report.sizes);
    const targets = walked.filter(([, { type }]) => type === 'symlink').map(([, { linkname }]) => Buffer.byteLength(linkname ?? ''));
    expect(targets.reduce((sum, bytes) => sum + bytes, 0)).toBe(links);
  });

  it('agrees with the daemon about the original, too', async () => {
    const daemon = JSON.parse(await docker('image', 'inspect', report.image.id)) as { Size: number }[];
    expect(report.sizes.before.layers).toBe(daemon[0]?.Size);
    expect(report.layers.before?.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(daemon[0]?.Size);
  });

  it('says what each step brought in, and which modules did not run', () => {
    const [start, first, second] = report.timeline;
    expect([start?.label, first?.label, second?.label]).toEqual(['start', 'GET /', 'GET /lazy']);
    expect(start?.brought?.bytes).toBeGreaterThan(1e6);
    expect(second?.brought?.files).toBeGreaterThan(0);
    expect(report.coverage.own.map(({ path, ran }) => [path, ran])).toEqual([
      ['/app/app.py', true],
      ['/app/lazy.py', true],
      ['/app/never.py', false],
    ]);
    expect(report.coverage.own[0]?.functions).toEqual({ all: 2, ran: 1, missed: [{ name: 'Handler.do_PUT', line: 10 }] });
    expect(report.coverage.functions).toEqual({ all: 2, ran: 1 });
    expect(report.comparison).toMatchObject({ outcome: 'same', compared: 2 });
  });

  it('has options that really leave out what they say', async () => {
    const large = report.largest.find(({ exclude, thing }) => exclude !== null && thing === 'package');
    const before = report.sizes.after?.merged.bytes ?? 0;
    const words = (large?.exclude ?? '').split(' ').map((word) => word.replace(/^'|'$/g, ''));
    const { exitCode } = await run('assemble', '--tag', 'pyshrink-test/report:less', ...words);
    expect(exitCode).toBe(0);
    const less = Report.parse(JSON.parse((await run('report', '--json')).stdout));
    expect(before - (less.sizes.after?.merged.bytes ?? 0)).toBe(large?.saves);
    expect(less.comparison).toBeNull();
    const [cut] = less.cuts;
    const more = (cut?.include ?? '').split(' ').map((word) => word.replace(/^'|'$/g, ''));
    expect((await run('assemble', '--tag', 'pyshrink-test/report:less', ...more)).exitCode).toBe(0);
    const grown = Report.parse(JSON.parse((await run('report', '--json')).stdout));
    expect(grown.cuts.find(({ name }) => name === cut?.name)?.omitted.bytes ?? 0).toBeLessThan((cut?.omitted.bytes ?? 0) / 2);
    expect(grown.sizes.after?.merged.bytes).toBeGreaterThan((less.sizes.after?.merged.bytes ?? 0) + (cut?.omitted.bytes ?? 0) / 2);
  });

  it('keeps a budget: one that is too small gives exit code 5, the culprits, and no name', async () => {
    const name = 'pyshrink-test/report:toolarge';
    const tooLarge = await run('shrink', report.image.reference, '--tag', name, '--http', '/', '--max-size', '2MB');
    expect([tooLarge.exitCode, tooLarge.stdout]).toEqual([
      5,
      expect.stringMatching(/EXCEEDED: .* of 2\.0 MB\nWhat takes most of it:\n.*python/),
    ]);
    await expect(docker('image', 'inspect', name)).rejects.toThrow();
    const after = Report.parse(JSON.parse((await run('report', '--json')).stdout)).shrunk;
    expect(after).toMatchObject({ name, named: false, id: inFolder<{ id: string }>('result.json').id });
    expect((await run('report', '--max-files', '3')).exitCode).toBe(5);
    expect((await run('report', '--max-size', '900MB', '--max-files', '90000')).exitCode).toBe(0);
    expect((await run('report', '--max-size', 'large')).exitCode).toBe(2);
  });

  it('says why something is kept, what would go with it, and which programs are kept', async () => {
    const why = await run('why', 'wave');
    expect(why.exitCode).toBe(0);
    expect(why.stdout).toMatch(/^\/app\/lazy\.py\n.*the app's own code\n└─ /);
    expect(why.stdout).toMatch(/\/wave\.py\n.*imported at line 1 of lazy \(\/app\/lazy\.py:1\)/);
    expect((await run('why', 'colorsys')).stdout).toMatch(
      /named in "colorsys" by lazy, in code that imports by name \(\/app\/lazy\.py:3\)/,
    );
    const byCode = /^python\/(import|attribute|dynamic|lazy|string|plugin)$|^(named|scripts)\/|^shell\/(program|path|inside)$/;
    const reasons = Object.values(inFolder<KeepReport>('keep.json').kept).flatMap((one) => one.reasons);
    const ofCode = reasons.filter(({ rule, kind, parents }) => byCode.test(`${rule}/${kind}`) && !parents[0]?.endsWith('.so'));
    expect(ofCode.length).toBeGreaterThan(100);
    expect(ofCode.filter(({ line }) => line === undefined)).toEqual([]);
    const tree = await run('why', '--tree', '/app/never.py');
    expect([tree.exitCode, tree.stdout]).toEqual([0, expect.stringMatching(/^without \/app\/never\.py, \d+ files? with .* would go:\n/)]);
    expect(tree.stdout).toMatch(/─ \/app\/never\.py .*\n.*\/imaplib\.py .*imported at line 1 of never/);
    const { bytes } = JSON.parse((await run('why', '--tree', '/app/never.py', '--json')).stdout) as { bytes: number };
    expect(bytes).toBeGreaterThan(50_000);
    const programs = await run('why', '--programs');
    expect([programs.exitCode, programs.stdout]).toEqual([0, expect.stringMatching(/^ +\d+\.\d MB {2}\/\S*python3\S*: /m)]);
    const listed = JSON.parse((await run('why', '--programs', '--json')).stdout) as { path: string }[];
    expect(listed.map(({ path }) => path).sort()).toEqual(report.programs.map(({ path }) => path).sort());
    expect(await run('why', 'no-such-thing')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('no-such-thing is no path, module'),
    });
    expect((await run('why')).exitCode).toBe(2);
  });

  it('explains and compares traces from which nothing was assembled', async () => {
    const [one, other] = [workdir(), workdir()];
    const { reference } = report.image;
    for (const [folder, ...steps] of [
      [one, '/'],
      [other, '/', '/lazy'],
    ] as const)
      expect((await pyshrink(['trace', reference, ...steps.flatMap((step) => ['--http', step])], { cwd: folder })).exitCode).toBe(0);
    const why = await pyshrink(['why', 'wave'], { cwd: other });
    expect([why.exitCode, why.stdout]).toEqual([
      0,
      expect.stringMatching(/\/wave\.\S*pyc?\n.*opened by python3[\s\S]*Nothing was assembled/),
    ]);
    expect((await pyshrink(['why', 'wave'], { cwd: one })).exitCode).toBe(2);
    const { exitCode, stdout } = await run('diff', one, other, '--json');
    const diff = Diff.parse(JSON.parse(stdout));
    expect([exitCode, diff.basis, diff.bytes]).toEqual([0, 'used', null]);
    expect(diff.things.map(({ name, came, went }) => [name, came.length > 0, went]).sort()).toEqual([
      ['/app/lazy.py', true, []],
      ['python', true, []],
    ]);
    expect(diff.answers).toEqual([{ label: 'GET /lazy', field: 'step', a: '(none)', b: 'status 200' }]);
    expect((await run('diff', one, '.')).stdout).toContain('Nothing was assembled from the trace of A yet');
    expect((await run('diff', one, other, '--html', join(cwd, 'traces.html'))).exitCode).toBe(0);
    expect(pageIn(join(cwd, 'traces.html')).diff).toEqual(diff);
  });

  it('says that functions are not measured under a Python that is older than 3.12', async () => {
    const folder = workdir();
    const image = await buildImage(`FROM ${DEBIAN}\nWORKDIR /app\nCOPY app.py .\nCMD ["python3", "app.py"]\n`, {
      'app.py': 'def called(): return "done"\ndef missed(): pass\nprint(called())\n',
    });
    expect((await pyshrink(['trace', image], { cwd: folder })).exitCode).toBe(0);
    const { coverage } = Report.parse(JSON.parse((await pyshrink(['report', '--json'], { cwd: folder })).stdout as string));
    expect([coverage.modules, coverage.functions, coverage.own[0]?.functions]).toEqual([{ all: 1, ran: 1 }, null, null]);
    expect((await pyshrink(['report'], { cwd: folder })).stdout).toContain('functions: not measured');
  });

  it.each([
    ['no result', {}, ['report', 'nothing'], 2, /no trace here of an image nothing/],
    ['an image that pyshrink did not make', {}, ['report', SLIM], 2, /no trace here of an image/],
    [
      'a result of another version',
      { 'keep.json': '{"version":1}' },
      ['report', '.'],
      1,
      /keep\.json has version 1; this pyshrink reads version/,
    ],
    ['a trace of another version', { 'trace.json': '{"version":1}' }, ['report', '.'], 1, /has version 1; this pyshrink reads version/],
    ['a result that is half written', { 'keep.json': '{"version":4,"kept":{"/' }, ['report', '.'], 1, /keep\.json is truncated/],
    ['a trace that is half written', { 'trace.json': '{"version":3,"image"' }, ['why', 'wave'], 1, /trace\.json is truncated/],
    ['another platform', { platform: 'linux/s390x' }, ['diff', '.'], 1, /is for linux\/(amd64|arm64), and .* for linux\/s390x/],
    ['traces of different images', { traces: true }, ['report', '.'], 1, /The traces are of different images: /],
  ] as [string, Record<string, unknown>, string[], number, RegExp][])(
    'refuses %s with one clear message',
    async (_, change, words, code, expected) => {
      const other = workdir();
      cpSync(join(cwd, '.pyshrink'), join(other, '.pyshrink'), { recursive: true });
      const inside = (name: string) => join(other, folder, name);
      const edit = (name: string, edited: (text: string) => string) =>
        writeFileSync(inside(name), edited(readFileSync(inside(name), 'utf8')));
      for (const name of ['keep.json', 'trace.json']) if (typeof change[name] === 'string') writeFileSync(inside(name), change[name]);
      if (typeof change.platform === 'string')
        edit('trace.json', (text) => text.replace(/linux\/(amd64|arm64)/, change.platform as string));
      if (change.traces) {
        cpSync(join(other, folder), `${join(other, folder)}_2`, { recursive: true });
        writeFileSync(
          join(`${join(other, folder)}_2`, 'trace.json'),
          readFileSync(inside('trace.json'), 'utf8').replace(/"id":"sha256:..../, '"id":"sha256:0000'),
        );
        for (const name of readdirSync(`${join(other, folder)}_2`).filter((one) => /^(result|keep|check)/.test(one)))
          rmSync(join(`${join(other, folder)}_2`, name));
        edit('result.json', (text) =>
          JSON.stringify({ ...JSON.parse(text), traces: [join(folder, 'trace.json'), join(`${folder}_2`, 'trace.json')] }),
        );
      }
      const result = await pyshrink(words[0] === 'diff' ? ['diff', cwd, '.'] : words.map((word) => (word === '.' ? folder : word)), {
        cwd: other,
      });
      expect([result.exitCode, result.stdout]).toEqual([code, '']);
      // What happened, and what to do next; nothing else.
      expect((result.stderr as string).trimEnd().split('\n')).toEqual([expect.stringMatching(expected), expect.stringMatching(/^ {2}\S/)]);
    },
  );

  it('finds what changed between two results', async () => {
    const other = workdir();
    const made = await pyshrink(
      ['shrink', report.image.reference, '--level', 'observed', '--tag', 'pyshrink-test/report:seen', '--http', '/'],
      { cwd: other },
    );
    expect(made.exitCode).toBe(0);
    writeFileSync(join(cwd, 'unrelated'), '');
    const { exitCode, stdout } = await run('diff', other, '.', '--json');
    const diff = Diff.parse(JSON.parse(stdout));
    expect([exitCode, diff.a.level, diff.b.level]).toEqual([0, 'observed', 'reachable']);
    expect(diff.things.find(({ name }) => name === '/app/lazy.py')).toMatchObject({ a: null, b: { kept: { files: 1 } } });
    expect((await run('diff', other, '.', '--markdown')).stdout).toMatch(/^<!-- pyshrink diff of .+ -->\n/);
    const file = join(cwd, 'diff.html');
    expect((await run('diff', other, '.', '--html', file)).exitCode).toBe(0);
    const page = pageIn(file);
    expect(page.images.map(({ report }) => report.shrunk?.level)).toEqual(['observed', 'reachable']);
    expect(page.diff).toEqual(diff);
    expect(await leftovers()).toEqual([]);
  });
});
