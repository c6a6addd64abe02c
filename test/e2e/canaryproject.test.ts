import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { canaries } from '../support/canary.js';
import { CanaryHome } from '../support/canaryhome.js';
import { buildImage, describeWithEngine, leftovers, SLIM } from '../support/engine.js';
import { needing } from '../support/needs.js';

const RANDOM = canaries(...(['inline', 'shell', 'database', 'run', 'list', 'login', 'form', 'cookie', 'words'] as const));
const SECRETS = {
  ...RANDOM,
  // Nothing but the place where they stand says that these are secrets.
  secret: `quiet pigeons ${RANDOM.words.slice(6, 11)}`,
  written: `loud herons ${RANDOM.words.slice(11, 16)}`,
};

/** A secret as an expression that Python does not work out when it compiles. So the image does not hold it. */
const parts = (name: keyof typeof SECRETS) => `"".join(["${SECRETS[name].slice(0, 10)}", "${SECRETS[name].slice(10)}"])`;
/** A server that hands out secrets, takes them back, and gives away in answers and in its log all that it gets. */
const APP = `import http.server, json, os, sys, urllib.parse
NAMES = ["INLINE_TOKEN", "SHELL_TOKEN", "DATABASE_URL", "RUN_PASSWORD", "LIST_API_KEY"]
def everything():
    files = [open("/run/secrets/" + name).read() for name in ("key", "word") if os.path.exists("/run/secrets/" + name)]
    return {"environment": {name: os.environ.get(name) for name in NAMES}, "files": files}
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        said = json.dumps({"access_token": ${parts('login')}, "path": self.path, "headers": dict(self.headers), "body": body,
                           "form": "csrf=" + ${parts('form')}, **everything()}).encode()
        self.send_response(200)
        self.send_header("set-cookie", "session=" + ${parts('cookie')} + "; Path=/")
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)
        print("ERROR: answered", self.path, body, dict(self.headers), everything(), file=sys.stderr, flush=True)
    do_POST = do_GET
    def log_message(self, *args):
        pass
if __name__ == "__main__":
    http.server.HTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
`;

/** How a step writes a captured value. */
const given = (name: string) => `$\{${name}}`;
/** Values that the app hands out are captured, and given back in each way. */
const STEPS = [
  {
    http: { path: '/login' },
    capture: { token: { json: 'access_token' }, session: { cookie: 'session' }, csrf: { regex: 'csrf=(\\w+)' } },
  },
  {
    http: { path: `/back?token=${given('token')}`, headers: { authorization: `Bearer ${given('token')}`, 'x-csrf-token': given('csrf') } },
  },
  { http: { method: 'POST', path: '/back', form: { csrf_token: given('csrf'), password: given('session') } } },
];

const READERS = [
  ['report'],
  ['report', '--markdown'],
  ['report', '--html', 'report.html'],
  ['why', 'http'],
  ['diff', '.', '.'],
  ['diff', '.', '.', '--markdown'],
  ['diff', '.', '.', '--html', 'diff.html'],
];

describeWithEngine('secrets of a project', () => {
  const home = new CanaryHome(SECRETS, {
    SHELL_TOKEN: SECRETS.shell,
    RUN_PASSWORD: SECRETS.run,
    DATABASE_URL: `postgresql://ada:${SECRETS.database}@db/shop`,
    WORD: SECRETS.written,
    // docker looks there for compose.
    DOCKER_CONFIG: process.env.DOCKER_CONFIG ?? join(homedir(), '.docker'),
  });
  const work = join(home.path, 'work');
  /** What the user has written. */
  const OWN = ['compose.yaml', 'key.txt', 'list.env', 'pyshrink.yaml'].map((name) => join(work, name));
  const put = (name: string, text: string) => {
    mkdirSync(work, { recursive: true });
    writeFileSync(join(work, name), text, { mode: 0o600 });
  };
  const image = () => buildImage(`FROM ${SLIM}\nWORKDIR /app\nCOPY app.py .\nEXPOSE 8000\nCMD ["python3", "app.py"]\n`, { 'app.py': APP });

  /** Shrinks what the files say, reads the results in each way, and looks at all files. */
  async function requireKept(args: string[], ...expected: string[]): Promise<void> {
    const shrunk = await home.run(['shrink', '--debug', ...args]);
    expect(shrunk.exitCode, shrunk.output).toBe(0);
    for (const reader of READERS) {
      const { exitCode, output } = await home.run(reader);
      expect(exitCode, `${reader.join(' ')}: ${output}`).toBe(0);
    }
    home.checkFiles((path) => OWN.includes(path));
    expect(home.recorded()).toEqual(expect.arrayContaining(expected));
    expect(await leftovers()).toEqual([]);
  }

  it('stay in the run record: variables of a run in pyshrink.yaml, and what is captured', async () => {
    put('list.env', `LIST_API_KEY=${SECRETS.list}\n`);
    put(
      'pyshrink.yaml',
      JSON.stringify({
        image: await image(),
        tag: 'pyshrink-test/canary-project:file',
        environment: ['SHELL_TOKEN', 'DATABASE_URL'],
        runs: [{ name: 'web', environment: ['RUN_PASSWORD'], envFile: 'list.env', steps: STEPS }],
      }),
    );
    await requireKept([], 'run', 'list', 'database', 'shell', 'login');
  });

  needing('docker compose')('stay in the run record: variables, secrets and databases of a compose file', async () => {
    put('key.txt', SECRETS.secret);
    const name = await image();
    put(
      'compose.yaml',
      `
name: pyshrink-test-canary
services:
  web:
    image: ${name}
    environment:
      INLINE_TOKEN: ${SECRETS.inline}
      SHELL_TOKEN: "\${SHELL_TOKEN}"
      DATABASE_URL: postgresql://ada:${SECRETS.database}@db/shop
    secrets: [key, word]
    depends_on: [db]
  db:
    image: ${SLIM}
    command: [sh, -c, "echo my password is $$POSTGRES_PASSWORD; sleep 300"]
    environment: { POSTGRES_PASSWORD: ${SECRETS.run} }
secrets: { key: { file: key.txt }, word: { environment: WORD } }
`,
    );
    put(
      'pyshrink.yaml',
      JSON.stringify({
        compose: 'compose.yaml',
        image: name,
        tag: 'pyshrink-test/canary-project:compose',
        runs: [{ name: 'web', steps: STEPS }],
      }),
    );
    await requireKept(['--write-override', 'small.yaml'], 'inline', 'shell', 'database', 'written', 'secret');
  });
});
