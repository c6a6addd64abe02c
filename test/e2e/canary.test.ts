import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { canaries } from '../support/canary.js';
import { CanaryHome } from '../support/canaryhome.js';
import { buildImage, describeWithEngine, docker, leftovers, SLIM, workdir } from '../support/engine.js';
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
  ['diff', '.', '.', '--markdown'],
  ['diff', '.', '.', '--json'],
  ['diff', '.', '.', '--html', 'diff.html'],
];
describeWithEngine('secrets', () => {
  const inputs = workdir();
  const home = new CanaryHome(SECRETS, { DOCKER_CONFIG: inputs, NAMED: SECRETS.named });
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

  const EXERCISE = ['--exercise', join(inputs, 'exercise.yaml'), '-e', 'NAMED', '--env-file', join(inputs, 'list.env')];
  const MOUNT = ['-v', `${join(inputs, 'mounted.conf')}:/run/mounted.conf:ro`];
  const COMMAND = ['--', 'python3', 'app.py', '--password', SECRETS.argument];

  /** Checks all commands that read results, and then all files. */
  async function checkReaders(readers: string[][] = ALL_READERS): Promise<void> {
    for (const args of readers) expect((await home.run(args)).exitCode, args.join(' ')).toBe(0);
    home.checkFiles((path) => path.startsWith(join(home.path, 'work/image')));
    expect(home.recorded()).toEqual(expect.arrayContaining(['header', 'json', 'upload', 'query']));
  }

  /** Checks the texts and layers of an OCI layout, or of a registry: only the user's own file may hold its secret. */
  async function checkLayout(layout: string): Promise<void> {
    const held: string[] = [];
    for await (const { name, bytes } of contentsOf(layout)) held.push(...home.find(bytes).map((where) => `${where} in ${name}`));
    expect(held).toEqual(['own in app/own.conf']);
  }

  it.runIf(possible)('stay in the run record: docker engine, and a registry that it pushes to', async () => {
    const args = [image, '--debug', '--json', '--engine', 'docker', ...EXERCISE, ...MOUNT, '--output', `docker://${registry}/team/app:1`];
    // All of Python, so that the next test can watch the small image.
    const words = ['shrink', ...args, '--include', '/usr/local/lib/python3.13/**', ...COMMAND];
    const shrunk = await home.run(words, { everyProgram: has('program strace') });
    expect(shrunk.exitCode, shrunk.output).toBe(0);
    await checkReaders();
    await checkLayout(join(inputs, 'data'));
    // The daemon gives away configuration, history and layers without compression.
    const [small, saved] = ['pyshrink-test/canary:small', join(workdir(), 'saved.tar')];
    const assembled = await home.run(['assemble', '--tag', small, '--env-file', join(inputs, 'list.env')]);
    expect(assembled.exitCode, assembled.output).toBe(0);
    await docker('save', '-o', saved, small);
    await docker('rmi', '-f', small);
    expect(home.find(readFileSync(saved))).toEqual(['own']);
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
    const shrunk = await home.run(['shrink', ...args, ...COMMAND]);
    expect(shrunk.exitCode, shrunk.output).toBe(0);
    await checkReaders([
      ['report', '--json'],
      ['report', '--html', 'report.html'],
    ]);
    await checkLayout(join(home.path, 'work/image2'));
  });
});
