import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { buildImage, describeWithEngine, docker, pyshrink, SLIM, workdir } from '../support/engine.js';
import { firstRun } from '../support/records.js';

const SERVER = `import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.send_response(201 if self.command == "POST" else 200)
        self.send_header("content-type", "text/plain")
        self.end_headers()
        self.wfile.write(b"%s %s %s %d" % (self.command.encode(), self.path.encode(), body, os.getuid()))
    do_GET = do_POST = answer
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
`;

describeWithEngine('the exercise', () => {
  const trace = async (image: string, options: string[], args: string[] = []) => {
    const cwd = workdir();
    const run = await pyshrink(['trace', image, '--json', ...options, ...(args.length > 0 ? ['--', ...args] : [])], { cwd });
    expect([run.exitCode, run.exitCode === 0 ? '' : run.all]).toEqual([0, '']);
    const path = join(cwd, JSON.parse(run.stdout as string).trace);
    const { answers } = firstRun(path);
    return { answers: answers[0].steps, trace: JSON.parse(readFileSync(path, 'utf8')), text: readFileSync(path, 'utf8') };
  };
  const body = (answer: { body: string }) => Buffer.from(answer.body, 'base64').toString();
  const server = (lines: string) => buildImage(`FROM ${SLIM}\nWORKDIR /srv\nCOPY server.py .\n${lines}\n`, { 'server.py': SERVER });

  it('by default requests / from an image that exposes a port, and runs its HEALTHCHECK', async () => {
    const image = await server('EXPOSE 80\nHEALTHCHECK CMD cat /etc/debian_version\nCMD ["python3", "server.py", "0.0.0.0", "80"]');
    const { answers, trace: written } = await trace(image, []);
    expect(answers.map(({ step }: { step: string }) => step)).toEqual(['GET /', 'HEALTHCHECK']);
    expect(body(answers[0].answer)).toBe('GET /  0');
    expect(answers[1].answer).toMatchObject({ kind: 'exec', exit: 0 });
    expect(written.observations).toContainEqual(expect.objectContaining({ kind: 'open', path: '/etc/debian_version' }));
  });

  it('detects a server without EXPOSE by its listening socket on 127.0.0.1, even without a network', async () => {
    const image = await server('USER 1000\nCMD ["python3", "server.py", "127.0.0.1", "8080"]');
    const { answers } = await trace(image, ['--network', 'none']);
    expect([answers.length, body(answers[0].answer)]).toEqual([1, 'GET /  1000']);
  });

  it('runs the steps in the given order: requests with bodies, commands, waits', async () => {
    const image = await server('CMD ["python3", "server.py", "0.0.0.0", "8080"]');
    const {
      answers,
      trace: written,
      text,
    } = await trace(image, [
      '--http',
      'POST /a?token=s3cret {"x": 1}',
      '--exec',
      'sh -c "cat /etc/debian_version >/dev/null; echo \'out put\'; exit 4" s3cret',
      '--wait',
      '0.1',
      '--http',
      '/b',
    ]);
    expect(answers.map(({ answer }: { answer: { kind: string } }) => answer.kind)).toEqual(['http', 'exec', 'wait', 'http']);
    expect(answers[0].answer.status).toBe(201);
    expect(body(answers[0].answer)).toBe('POST /a?token=s3cret {"x": 1} 0');
    expect([answers[1].answer.exit, Buffer.from(answers[1].answer.stdout, 'base64').toString()]).toEqual([4, 'out put\n']);
    expect(written.observations).toContainEqual(expect.objectContaining({ kind: 'exec', path: '/usr/bin/cat' }));
    expect(written.runs[0].exercise).toEqual(['POST /a', 'exec sh', 'wait 0.1 s', 'GET /b']);
    expect(text).not.toContain('s3cret');
  });

  it('reads steps and a port from an exercise file, and environment values from a file', async () => {
    const image = await server('CMD ["python3", "server.py", "0.0.0.0", "8080"]');
    const folder = workdir();
    writeFileSync(join(folder, 'e.yaml'), 'steps:\n  - http: {path: /x, port: 9090}\n  - exec: printenv FROM_FILE GIVEN\n');
    writeFileSync(join(folder, 'env'), '# comment\nFROM_FILE=one\n');
    const {
      answers,
      trace: written,
      text,
    } = await trace(
      image,
      ['--exercise', join(folder, 'e.yaml'), '--env-file', join(folder, 'env'), '-e', 'GIVEN=two'],
      ['python3', 'server.py', '0.0.0.0', '9090'],
    );
    expect(body(answers[0].answer)).toBe('GET /x  0');
    expect(Buffer.from(answers[1].answer.stdout, 'base64').toString()).toBe('one\ntwo\n');
    expect(written.runs[0].environment).toEqual(['FROM_FILE', 'GIVEN']);
    expect(text).not.toMatch(/"(one|two)"|=one|=two/);
  });

  it('traces an app whose entrypoint is a shell script that starts Python', async () => {
    const image = await server(
      'RUN printf "#!/bin/sh\\nexec python3 \\"\\$@\\"\\n" > /start && chmod +x /start\nENTRYPOINT ["/start"]\nCMD ["-c", "print(6 * 7)"]',
    );
    const { trace: written } = await trace(image, []);
    expect(written.runs[0].exit).toBe(0);
    expect(written.processes.map(({ executable }: { executable: string }) => executable)).toEqual(
      expect.arrayContaining(['/usr/bin/dash', '/usr/local/bin/python3.13']),
    );
  });

  it('doctor tries tracing on this computer and reports that it works', async () => {
    const run = await pyshrink(['doctor', '--json']);
    const { checks } = JSON.parse(run.stdout as string) as { checks: { name: string; ok: boolean; detail: string }[] };
    expect([run.exitCode, checks.filter(({ ok }) => ok === false)]).toEqual([0, []]);
    expect(checks.find(({ name }) => name === 'tracing')?.detail).toMatch(/seccomp notification works, memory was read/);
  });

  it("the abort of a library's user ends a script that runs", async () => {
    const cwd = workdir();
    // The program outlives the abort until the script is gone: its own end would end the script, too.
    const program = `
import { existsSync, readFileSync } from 'node:fs';
import { trace } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
const aborter = new AbortController();
const command = 'sleep 300 & echo $! > new; mv new pid; wait';
const args = ['python3', '-m', 'http.server', '8000'];
const traced = trace({ image: '${SLIM}', exercise: { args, steps: [{ kind: 'script', command }] }, signal: aborter.signal });
const until = async (done) => { while (!done()) await new Promise((go) => setTimeout(go, 50)); };
await until(() => existsSync('pid'));
const line = '/proc/' + readFileSync('pid', 'utf8').trim() + '/cmdline';
aborter.abort();
await traced.catch(({ exitCode }) => console.log(exitCode));
await until(() => !existsSync(line) || readFileSync(line, 'utf8') === '');
`;
    const run = await execa(process.execPath, ['--input-type=module', '--eval', program], { cwd, reject: false, timeout: 60_000 });
    expect([run.exitCode, run.stdout, run.stderr]).toEqual([0, '130', '']);
  });

  it('shows a live task list on a terminal', async () => {
    const cli = new URL('../../dist/cli.js', import.meta.url).pathname;
    const command = `stty cols 120 rows 40; ${process.execPath} ${cli} shrink pyshrink-fixture/hello --tag pyshrink-test/live:1`;
    const run = await execa('script', ['-qec', command, '/dev/null'], {
      cwd: workdir(),
      env: { CI: '', NO_COLOR: '1', TERM: 'xterm' },
      reject: false,
    });
    expect([run.exitCode, stripVTControlCharacters(run.stdout)]).toEqual([
      0,
      expect.stringMatching(/✔ Tracing pyshrink-fixture\/hello[\s\S]*✔ Comparing it with the original/),
    ]);
  });

  it('without a terminal, prints progress to stderr and only the result to stdout', async () => {
    const run = await pyshrink(['shrink', 'pyshrink-fixture/hello', '--tag', 'pyshrink-test/plain:1'], { env: { CI: '1' } });
    expect(run.stderr).toMatch(/Tracing pyshrink-fixture\/hello[\s\S]*Assembling pyshrink-test\/plain:1[\s\S]*Comparing/);
    expect(run.stdout).toMatch(/size +\d+\.\d MB +\d+\.\d MB/);
    expect(run.stdout).toMatch(/answers +equal/);
    expect(await docker('run', '--rm', 'pyshrink-test/plain:1')).toBe('hello, world');
  });
});
