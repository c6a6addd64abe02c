import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { execa, type Options } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { canaries, filesBelow, finder, Onlooker } from '../support/canary.js';
import { buildImage, CLI, describeWithEngine, leftovers, SLIM, workdir } from '../support/engine.js';
import { contentsOf } from '../support/layout.js';
import { has } from '../support/needs.js';

/** A server that gives away all secrets that it gets from outside: in answers, in its log, and in what a command prints. */
const APP = `import http.server, json, os, sys
with open("/app/own.conf") as own, open("/run/mounted.conf") as mounted:
    lengths = [len(own.read()), len(mounted.read())]
def everything():
    return {"environment": [os.environ["NAMED"], os.environ["LISTED"]], "arguments": sys.argv[1:], "lengths": lengths}
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        said = json.dumps({"path": self.path, "headers": dict(self.headers), "body": body, **everything()}).encode()
        self.send_response(200)
        self.send_header("set-cookie", "session=" + self.headers.get("authorization", "none").split()[-1])
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)
        print("ERROR: answered", self.path, body, everything(), file=sys.stderr, flush=True)
    do_POST = do_PUT = do_GET
if __name__ == "__main__":
    http.server.HTTPServer(("127.0.0.1", 8000), Handler).serve_forever()
`;
const PRINTS = 'import app, sys\nprint(app.everything(), sys.argv)\n';
const DOCKERFILE = `FROM ${SLIM}\nWORKDIR /app\nCOPY app.py prints.py own.conf ./\nCMD ["python3", "app.py"]\n`;

const SECRETS = canaries(
  ...(['named', 'listed', 'argument', 'header', 'cookie', 'query', 'json', 'form', 'text', 'upload'] as const),
  ...(['command', 'own', 'mounted', 'reset', 'registry'] as const),
);
const find = finder(SECRETS);
/** What the run record may hold: it has all answers. */
const RECORDS = /^(run-record-.*|check)\.json$/;
/** Commands that read results. */
const ALL_READERS = [
  ['report'],
  ['report', '--json'],
  ['report', '--markdown'],
  ['report', '--html', 'report.html'],
  ['why', 'http'],
  ['why', '--unsound'],
  ['why', '/app/own.conf', '--json'],
  ['why', '--programs'],
  ['diff', '.', '.'],
  ['diff', '.', '.', '--html', 'diff.html'],
];
/** The user has typed these as arguments of a command, which every user can see already. */
const TYPED = /^(argument|command) in the command line /;

describeWithEngine('secrets', () => {
  const home = workdir();
  const inputs = workdir();
  const PORT = 5123;
  const registry = `127.0.0.1:${PORT}`;
  const possible = has('program docker-registry') && has('program htpasswd');
  let server: ReturnType<typeof startRegistry> | undefined;
  let image: string;
  const startRegistry = () => execa('docker-registry', ['serve', join(inputs, 'registry.yml')], { reject: false });

  beforeAll(async () => {
    image = await buildImage(DOCKERFILE, { 'app.py': APP, 'prints.py': PRINTS, 'own.conf': SECRETS.own });
    const put = (name: string, text: string) => {
      writeFileSync(join(inputs, name), text, { mode: 0o600 });
    };
    put('list.env', `LISTED=${SECRETS.listed}\n`);
    put('mounted.conf', SECRETS.mounted);
    put('upload.txt', SECRETS.upload);
    put(
      'exercise.yaml',
      JSON.stringify({
        steps: [
          {
            http: {
              path: `/a?token=${SECRETS.query}`,
              headers: { authorization: `Bearer ${SECRETS.header}`, cookie: `id=${SECRETS.cookie}` },
            },
          },
          { http: { path: '/b', json: { password: SECRETS.json } } },
          { http: { path: '/c', form: { user: 'ada', password: SECRETS.form } } },
          { http: { path: '/d', file: { attachment: 'upload.txt' } } },
          { http: `PUT /e ${SECRETS.text}` },
          { exec: `python3 prints.py --password ${SECRETS.command}` },
        ],
        reset: [`test ${SECRETS.reset.slice(0, 6)} = "$(cut -c 1-6 ${join(inputs, 'reset.txt')})"`],
      }),
    );
    put('reset.txt', SECRETS.reset);
    if (!possible) return;
    put('htpasswd', execFileSync('htpasswd', ['-Bin', 'ada'], { input: SECRETS.registry }).toString());
    put('config.json', JSON.stringify({ auths: { [registry]: { auth: Buffer.from(`ada:${SECRETS.registry}`).toString('base64') } } }));
    const config = {
      version: 0.1,
      storage: { filesystem: { rootdirectory: join(inputs, 'data') } },
      http: { addr: registry },
      auth: { htpasswd: { realm: 'test', path: join(inputs, 'htpasswd') } },
    };
    put('registry.yml', JSON.stringify(config));
    server = startRegistry();
    while (!(await fetch(`http://${registry}/v2/`).catch(() => undefined))) await sleep(50);
  });
  afterAll(async () => {
    server?.kill();
    await server;
  });

  /** Runs a command with a home, a cache and a temporary folder of its own, and checks that others can't see a secret. */
  async function run(args: string[], options: Options = {}): Promise<{ exitCode: number | undefined; output: string }> {
    for (const name of ['cache', 'state', 'tmp', 'home', 'work']) mkdirSync(join(home, name), { recursive: true });
    const onlooker = new Onlooker(find, home);
    const { exitCode, stdout, stderr } = await execa(process.execPath, [CLI, ...args], {
      reject: false,
      cwd: join(home, 'work'),
      ...options,
      env: {
        HOME: join(home, 'home'),
        PYSHRINK_CACHE: join(home, 'cache'),
        XDG_STATE_HOME: join(home, 'state'),
        TMPDIR: join(home, 'tmp'),
        DOCKER_CONFIG: inputs,
        NAMED: SECRETS.named,
        ...options.env,
      },
    });
    onlooker.stop();
    expect([...onlooker.seen].filter((text) => !TYPED.test(text))).toEqual([]);
    expect(onlooker.rounds).toBeGreaterThan(3);
    const lines = `${stdout}\n${stderr}`.split('\n');
    expect(lines.filter((line) => find(line).length > 0)).toEqual([]);
    return { exitCode, output: lines.slice(-30).join('\n') };
  }

  const EXERCISE = ['--exercise', join(inputs, 'exercise.yaml'), '-e', 'NAMED', '--env-file', join(inputs, 'list.env')];
  const MOUNT = ['-v', `${join(inputs, 'mounted.conf')}:/run/mounted.conf:ro`];
  const COMMAND = ['--', 'python3', 'app.py', '--password', SECRETS.argument];

  /** Checks every file that the commands have written. */
  function checkFiles(): void {
    const wrong = filesBelow(home).flatMap(({ path, mode }) => {
      if (path.startsWith(join(home, 'work/image'))) return [];
      const bytes = readFileSync(path);
      // A page holds its data compressed.
      const packed = path.endsWith('.html') ? (bytes.toString('latin1').match(/H4sI[A-Za-z0-9+/=]{100,}/g) ?? []) : [];
      if (path.endsWith('.html')) expect(packed.length, `${path} has data`).toBe(1);
      const texts = [bytes, ...packed.map((data) => gunzipSync(Buffer.from(data, 'base64')))];
      const found = texts.flatMap(find);
      if (found.length === 0 || (RECORDS.test(basename(path)) && mode === 0o600)) return [];
      return [`${path} (mode ${mode.toString(8)}) holds: ${[...new Set(found)].join(', ')}`];
    });
    expect(wrong).toEqual([]);
  }

  /** Checks all commands that read results, and then all files. */
  async function checkReaders(readers: string[][] = ALL_READERS): Promise<void> {
    for (const args of readers) expect((await run(args)).exitCode, args.join(' ')).toBe(0);
    checkFiles();
    const records = filesBelow(home).filter(({ path }) => RECORDS.test(basename(path)));
    expect(records.flatMap(({ path }) => find(readFileSync(path)))).toEqual(expect.arrayContaining(['header', 'json', 'upload', 'query']));
  }

  /** Checks the texts and layers of an OCI layout, or of a registry: only the user's own file may hold its secret. */
  async function checkLayout(layout: string): Promise<void> {
    const held: string[] = [];
    for await (const { name, bytes } of contentsOf(layout)) held.push(...find(bytes).map((where) => `${where} in ${name}`));
    expect(held).toEqual(['own in app/own.conf']);
  }

  it.runIf(possible)('stay in the run record: docker engine, and a registry that it pushes to', async () => {
    const args = [image, '--debug', '--json', '--engine', 'docker', ...EXERCISE, ...MOUNT, '--output', `docker://${registry}/team/app:1`];
    // All of Python, so that the next test can watch the small image.
    const shrunk = await run(['shrink', ...args, '--include', '/usr/local/lib/python3.13/**', ...COMMAND]);
    expect(shrunk.exitCode, shrunk.output).toBe(0);
    await checkReaders();
    await checkLayout(join(inputs, 'data'));
    expect(await leftovers()).toEqual([]);
  });

  it.runIf(possible)('stay in the run record: local engine, and a registry that it pulls from', async () => {
    const args = [
      `docker://${registry}/team/app:1`,
      '--debug',
      '--json',
      '--engine',
      'local',
      ...EXERCISE,
      ...MOUNT,
      '--network',
      'none',
      '--output',
      'oci:image2',
    ];
    const shrunk = await run(['shrink', ...args, ...COMMAND]);
    expect(shrunk.exitCode, shrunk.output).toBe(0);
    await checkReaders([
      ['report', '--json'],
      ['report', '--html', 'report.html'],
    ]);
    await checkLayout(join(home, 'work/image2'));
  });
});
