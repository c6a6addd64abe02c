import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { buildImage, DEBIAN, describeWithEngine, docker, leftovers, pyshrink, workdir } from '../support/engine.js';

/** A web app whose paths answer with their own status, and a job, all in one image. */
const APP = `
import http.server, os, sys, threading, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status = {"/nope": 404, "/boom": 500, "/moved": 302}.get(self.path, 200)
        body = str(time.time_ns()).encode() if self.path == "/now" else b"hello"
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        if status == 500:
            print("Traceback (most recent call last):\\n  File \\"app.py\\", line 1, in f\\nValueError: boom", flush=True)
    def log_message(self, *args):
        pass
def serve():
    http.server.ThreadingHTTPServer(("127.0.0.1", 8000), Handler).serve_forever()
if os.path.isdir("/runs"):
    open("/runs/started", "a").write("x")
what = (sys.argv + ["web"])[1]
if what == "web":
    serve()
elif what == "needs":
    print("token", os.environ["TOKEN"])
elif what == "fails":
    import nowhere
elif what == "migrate":
    print("migrated")
elif what == "thread":
    threading.Thread(target=serve, daemon=True).start()
    time.sleep(0.5)
    print("done")
elif what == "data":
    print(open("/var/data/one").read(), os.path.exists("/var/data/two"))
elif what == "listing":
    open("/var/data/one").read()
    if len(os.listdir("/var/data")) < 3:
        print("too few files", file=sys.stderr)
        sys.exit(1)
    serve()
elif what == "slow":
    if len(os.listdir("/var/data")) < 3:
        time.sleep(30)
    serve()
`;
const image = () =>
  buildImage(
    `FROM ${DEBIAN}\nCOPY app.py /srv/app.py\nRUN mkdir /var/data && cd /var/data && echo 1 > one && echo 2 > two && echo 3 > three\n` +
      'EXPOSE 8000\nENTRYPOINT ["python3", "/srv/app.py"]\n',
    { 'app.py': APP },
  );

const TAG = 'pyshrink-test/verdict:small';
const exists = async () => (await docker('images', '-q', TAG)) !== '';

describeWithEngine('the verdict', () => {
  afterAll(async () => {
    await docker('rmi', '-f', TAG).catch(() => {});
    expect(await leftovers()).toEqual([]);
  });

  /** Shrinks at the level `observed`, which is quick. */
  async function shrink(options: string[], command: string[] = [], cwd = workdir()) {
    await docker('rmi', '-f', TAG).catch(() => {});
    const run = await pyshrink(
      ['shrink', await image(), '--level', 'observed', '--tag', TAG, ...options, ...(command.length > 0 ? ['--', ...command] : [])],
      { cwd },
    );
    return { code: run.exitCode, said: run.all as string, stdout: run.stdout as string, named: await exists(), cwd };
  }

  it.each<[string, string[], string[], RegExp[]]>([
    ['an app that dies', [], ['fails'], [/status 1/, /No module named 'nowhere'/, /--expect-exit 1/]],
    ['an app that needs a variable', [], ['needs'], [/status 1/, /KeyError: 'TOKEN'/, /-e/]],
    ['a 404 that the user asked for', ['--http', '/nope'], [], [/GET \/nope/, /404/, /--expect 404/]],
    ['a 500', ['--http', '/', '--http', '/boom'], [], [/GET \/boom/, /500/, /ValueError: boom/]],
    ['a command that fails', ['--exec', 'false'], [], [/false/, /status 1|exit 1/]],
    ['another answer than the expected one', ['--http', '/', '--expect', '404'], [], [/GET \//, /200/, /404/]],
    ['nothing but a wait', ['--wait', '1'], [], [/not compared: wait 1 s/, /nothing is proven/i]],
  ])('is that nothing is proven by %s: exit code 4, and no name', async (_, options, command, texts) => {
    const { code, said, named, cwd } = await shrink(options, command);
    expect([code, named], said).toEqual([4, false]);
    for (const text of texts) expect(said).toMatch(text);
    // The trace is there, to look at.
    expect(existsSync(join(cwd, '.pyshrink'))).toBe(true);
  });

  it.each<[string, string[], string[]]>([
    ['statuses', ['--http', '/nope', '--expect', '404', '--http', '/boom', '--expect', '500'], []],
    ['the exit status of the app', ['--expect-exit', '1'], ['fails']],
    ['the exit status of a command', ['--exec', 'false', '--expect', '1'], []],
    ['any failure', ['--allow-failing', '--http', '/boom'], []],
    ['a redirect, without being asked', ['--http', '/moved'], []],
  ])('accepts what the user expects: %s', async (_, options, command) => {
    const { code, said, named } = await shrink(options, command);
    expect([code, named], said).toEqual([0, true]);
  });

  it('of a trace is only a warning', async () => {
    const run = await pyshrink(['trace', await image(), '--http', '/boom', '--http', '/nope']);
    expect(run.exitCode, run.all as string).toBe(0);
    expect(run.stdout).toMatch(/warning: .*GET \/boom.*500/);
    expect(run.stdout).toMatch(/warning: .*GET \/nope.*404/);
    const smoke = await pyshrink(['shrink', await image(), '--http', '/', '--tag', TAG]);
    expect(smoke.exitCode, smoke.all as string).toBe(0);
  });

  it('lists what varies by itself, with what was accepted, and two counts', async () => {
    const { code, said, stdout } = await shrink(['--http', '/', '--http', '/now', '--json']);
    expect(code, said).toBe(0);
    const { outcome, verdict } = JSON.parse(stdout);
    expect(outcome).toBe('same');
    expect(verdict.compared).toBe(2);
    expect(verdict.varied).toContainEqual(expect.objectContaining({ where: 'GET /now', what: 'body' }));
    const text = await shrink(['--http', '/', '--http', '/now']);
    expect(text.stdout).toMatch(/^varies: GET \/now: body.*: "\d+" or "\d+" in the original, "\d+" in the shrunk image$/m);
    expect(text.stdout).toMatch(/^2 answers equal, \d+ static checks passed$/m);
  });

  it.each([
    [['--runs', '1'], 'xx'],
    [[], 'xxx'],
  ])('starts the original as often as --runs says: %j', async (options, starts) => {
    const runs = join(workdir(), 'runs');
    mkdirSync(runs);
    const { code, said } = await shrink(['-v', `${runs}:/runs`, '--http', '/', ...options]);
    expect(code, said).toBe(0);
    expect(readFileSync(join(runs, 'started'), 'utf8')).toBe(starts);
  });

  it.each(['migrate', 'thread'])('takes an app that ends by itself for a job, also where the image exposes ports: %s', async (command) => {
    const { code, said } = await shrink(command === 'thread' ? ['--until-exit'] : [], [command]);
    expect(code, said).toBe(0);
    expect(said).toMatch(/1 answer equal/);
  });

  it('joins a job to the trace of a server in the same image', async () => {
    const cwd = workdir();
    expect((await pyshrink(['trace', await image()], { cwd })).exitCode).toBe(0);
    const job = await pyshrink(['trace', await image(), '--append', '--', 'migrate'], { cwd });
    expect(job.exitCode, job.all as string).toBe(0);
    expect((await pyshrink(['assemble', '--tag', TAG], { cwd })).exitCode).toBe(0);
    const smoke = await pyshrink(['smoke'], { cwd });
    expect(smoke.exitCode, smoke.all as string).toBe(0);
    expect(smoke.stdout).toMatch(/2 answers equal/);
  });

  it('names a timeout of the shrunk image alone, and adds nothing for it', async () => {
    const { code, said, stdout } = await shrink(['--start-timeout', '6', '--json'], ['slow']);
    expect(code, said).toBe(3);
    const { verdict, repairs } = JSON.parse(stdout);
    expect(verdict.differences).toEqual([expect.objectContaining({ what: 'a timeout (--start-timeout)' })]);
    expect(repairs).toEqual([]);
  });

  it('repairs a server that dies in the shrunk image, under the default exercise', async () => {
    const { code, said } = await shrink([], ['listing']);
    expect(code, said).toBe(0);
    expect(said).toContain('repaired: /var/data/two');
  });

  it('says why a server died in the shrunk image', async () => {
    const { code, said } = await shrink(['--exclude', '/var/data/t*'], ['listing']);
    expect(code, said).toBe(3);
    expect(said).toMatch(/differs: app: last output[\s\S]*too few files/);
  });

  it('does not add again what the user leaves out, and says what breaks by it', async () => {
    const { code, said, named } = await shrink(['--exclude', '/var/data/one', '--until-exit'], ['data']);
    expect([code, named], said).toEqual([3, false]);
    expect(said).toContain('excluded: the shrunk image looked for /var/data/one, which --exclude leaves out');
    expect(said).not.toContain('repaired:');
  });

  it('warns of a mistake in an exercise file by line and column, before anything runs', async () => {
    const file = join(workdir(), 'exercise.yaml');
    writeFileSync(file, 'steps:\n  - htp: GET /\n');
    const run = await pyshrink(['trace', await image(), '--exercise', file]);
    expect(run.exitCode).toBe(2);
    expect(run.all).toMatch(/`htp`: did you mean `http`\?.*line 2, column 5/s);
  });
});
