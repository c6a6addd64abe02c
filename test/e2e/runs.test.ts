import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KIT_MOUNT, OBSERVATIONS } from '../../src/engines/engine.js';
import { runOf, type Trace } from '../../src/trace/schema.js';
import { buildImage, describeWithEngine, docker, leftovers, pyshrink, runningApps, SLIM, workdir } from '../support/engine.js';

const SERVER = `
import json, os
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        import colorsys
        body = json.dumps([self.path, colorsys.rgb_to_hsv(1, 0, 0), len(os.environ["TOKEN"])]).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
HTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
`;
const JOB = `
import importlib, sys
print(importlib.import_module("".join(["wa", "ve"])).__name__, sys.argv[1:])
`;

describeWithEngine('several runs of one image', () => {
  let image: string;
  beforeAll(async () => {
    image = await buildImage(`FROM ${SLIM}\nWORKDIR /srv\nCOPY *.py ./\nEXPOSE 8000\nCMD ["python3", "server.py"]\n`, {
      'server.py': SERVER,
      'job.py': JOB,
    });
  });
  afterAll(async () => expect(await leftovers()).toEqual([]));

  it('pyshrink.yaml makes one image in which every run passes, and options override it', async () => {
    const cwd = workdir();
    const secret = 'value-that-is-never-written';
    writeFileSync(join(cwd, 'web.env'), `TOKEN=${secret}\n`);
    writeFileSync(
      join(cwd, 'pyshrink.yaml'),
      `
image: ${image}
tag: pyshrink-test/runs:from-file
budget: { maxSize: 1GB }
runs:
  - name: web
    envFile: web.env
    steps:
      - http: GET /one
      - http: GET /two
  - name: job
    command: python3 job.py 'two words'
`,
    );
    const tag = 'pyshrink-test/runs:small';
    const run = await pyshrink(['shrink', '--json', '--tag', tag, '--level', 'observed'], { cwd });
    expect(run.exitCode, run.all as string).toBe(0);
    const result = JSON.parse(run.stdout as string);
    expect(result).toMatchObject({ image: tag, passed: true, level: 'observed', budget: { maxSize: 1e9, exceeded: false } });
    expect(result.runs).toEqual([
      { name: 'web', outcome: 'same', compared: 2, differences: 0, failure: null },
      { name: 'job', outcome: 'same', compared: 1, differences: 0, failure: null },
    ]);
    // One image serves both: the job's module is computed, so only its own run can have brought it.
    expect(await docker('run', '--rm', tag, 'python3', 'job.py', 'x')).toBe("wave ['x']");
    const why = async (subject: string) => JSON.parse((await pyshrink(['why', '--json', subject], { cwd })).stdout as string).runs;
    expect(await why('wave')).toEqual(['job']);
    expect(await why('colorsys')).toEqual(['web']);
    expect(await why('/usr/local/bin/python3.13')).toEqual(['web', 'job']);
    const folder = join(cwd, result.trace, '..');
    for (const file of readdirSync(folder)) expect(readFileSync(join(folder, file), 'latin1')).not.toContain(secret);
    // Stored results are compared again, run by run; the variable's value is given anew.
    const smoke = await pyshrink(['smoke', '--json', '-e', `TOKEN=${secret}`], { cwd });
    expect(JSON.parse(smoke.stdout as string)).toMatchObject({ passed: true, compared: 3 });
  });

  it('a run that fails stops nothing but the name', async () => {
    const cwd = workdir();
    writeFileSync(
      join(cwd, 'runs.yaml'),
      `
runs:
  - name: late
    command: [python3, -c, import time; time.sleep(60)]
    startTimeout: 2
    steps: [http: GET /]
  - name: wrong
    command: [python3, job.py]
    expect: { exit: 3 }
  - name: job
    command: [python3, job.py]
`,
    );
    const tag = 'pyshrink-test/runs:never';
    const run = await pyshrink(['shrink', image, '-f', 'runs.yaml', '--json', '--tag', tag], { cwd });
    expect(run.exitCode, run.all as string).toBe(4);
    const result = JSON.parse(run.stdout as string);
    expect(result).toMatchObject({ image: null, passed: false, outcome: 'unproven', verdict: { compared: 1, differences: [] } });
    const outcomes = Object.fromEntries(result.runs.map(({ name, outcome }: { name: string; outcome: string }) => [name, outcome]));
    expect(outcomes).toEqual({ wrong: 'failed', job: 'same', late: 'failed' });
    const failures = result.runs.map(({ failure }: { failure: { what: string } | null }) => failure?.what ?? '');
    expect(failures.join()).toContain('ended with status 0 instead of 3');
    expect(failures.join()).toContain('never opened');
    await expect(docker('image', 'inspect', tag)).rejects.toThrow();
  });

  it('pyshrink init looks at the image, and its file works without an edit', async () => {
    const cwd = workdir();
    const made = await pyshrink(['init', image], { cwd });
    expect([made.exitCode, made.stdout]).toEqual([0, expect.stringContaining('pyshrink.yaml: the run web')]);
    expect(readFileSync(join(cwd, 'pyshrink.yaml'), 'utf8')).toContain('# environment: [TOKEN]\n');
    const again = await pyshrink(['init', image], { cwd });
    expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining('pyshrink.yaml is there already.')]);
    const run = await pyshrink(['shrink', '--json', '--tag', 'pyshrink-test/runs:init', '-e', 'TOKEN=x'], { cwd });
    expect(run.exitCode, run.all as string).toBe(0);
    expect(JSON.parse(run.stdout as string).runs).toMatchObject([{ name: 'web', outcome: 'same' }]);
  });

  it('runs go on side by side, with the same trace as one after the other; an interrupt ends all', async () => {
    const cwd = workdir();
    const gate = workdir();
    // Each waits at a gate that only this test opens.
    const waiting = await buildImage(`FROM ${SLIM}\nENV PYTHONDONTWRITEBYTECODE=1\nWORKDIR /srv\nCOPY *.py ./\n`, {
      'wait.py': `
import importlib, os, sys, time
while not os.path.exists("/gate/open"): time.sleep(0.05)
print(importlib.import_module(sys.argv[1]).__name__)
`,
    });
    const run = (name: string) =>
      `  - { name: ${name}, command: python3 wait.py ${name}, mount: "type=bind,source=${gate},target=/gate,readonly" }\n`;
    writeFileSync(join(cwd, 'pyshrink.yaml'), `image: ${waiting}\ntag: pyshrink-test/runs:beside\nruns:\n${run('wave')}${run('colorsys')}`);
    const started = async (...args: string[]) => {
      const shrinking = pyshrink(['shrink', '--json', ...args], { cwd, forceKillAfterDelay: false });
      while ((await runningApps()).length < 2) await new Promise((go) => setTimeout(go, 100));
      return { shrinking };
    };
    const interrupted = (await started('--jobs', '2')).shrinking;
    interrupted.kill('SIGINT');
    expect([(await interrupted).exitCode, await leftovers()]).toEqual([130, []]);
    const { shrinking } = await started('--jobs', '2');
    writeFileSync(join(gate, 'open'), '');
    const beside = await shrinking;
    expect(beside.exitCode, beside.all as string).toBe(0);
    // Of what is done in a run, each line says whose it is.
    expect(beside.stderr).not.toMatch(/^ *until exit/m);
    expect(beside.stderr).toMatch(/^ {2}wave: Tracing$/m);
    expect(beside.stderr).toMatch(/^ {2}colorsys: Tracing$/m);
    const seen = (stdout: unknown) => {
      const trace: Trace = JSON.parse(readFileSync(join(cwd, JSON.parse(stdout as string).trace), 'utf8'));
      const facts = trace.observations.map((one) => `${runOf(one, trace)} ${one.kind} ${one.path}`);
      return { ...trace, observations: [...new Set(facts)].filter((fact) => !fact.includes(' /proc/')).sort(), processes: [], unsound: [] };
    };
    const one = seen(beside.stdout);
    expect(one.runs.map(({ name }) => name)).toEqual(['wave', 'colorsys']);
    const after = await pyshrink(['shrink', '--json', '--jobs', '1'], { cwd });
    expect(after.stderr).toMatch(/Tracing wave: [\s\S]*Tracing colorsys/);
    const { observations, modules, warnings } = seen(after.stdout);
    expect({ observations, modules, warnings }).toEqual({
      observations: one.observations,
      modules: one.modules,
      warnings: one.warnings,
    });
  });

  it('an app that keeps writing beside the observations disturbs no other run', async () => {
    const cwd = workdir();
    const busy = await buildImage(`FROM ${SLIM}\nWORKDIR /srv\nCOPY *.py ./\n`, {
      'write.py': `
import os, time
path, end = "${KIT_MOUNT}/${OBSERVATIONS}/junk", time.time() + 8
with open(path, "wb", buffering=0) as file:
    while time.time() < end:
        file.write(b"x" * 65536)
        if file.tell() > 32 << 20:
            file.seek(0)
            file.truncate()
os.remove(path)
`,
      'short.py': 'import time\ntime.sleep(3)\n',
    });
    const run = (name: string) => `  - { name: ${name}, command: python3 ${name}.py }\n`;
    writeFileSync(join(cwd, 'pyshrink.yaml'), `image: ${busy}\ntag: pyshrink-test/runs:busy\nruns:\n${run('write')}${run('short')}`);
    const shrunk = await pyshrink(['shrink', '--json', '--jobs', '2'], { cwd });
    expect(shrunk.exitCode, shrunk.all as string).toBe(0);
    // A stored trace has no helpers.
    const smoke = await pyshrink(['smoke', '--json', '--jobs', '2'], { cwd });
    expect(smoke.exitCode, smoke.all as string).toBe(0);
  });

  it('where no run works, that is said with the name of a run', async () => {
    const cwd = workdir();
    writeFileSync(join(cwd, 'pyshrink.yaml'), `image: ${image}\nruns:\n  - name: broken\n    command: python3 none.py\n`);
    const run = await pyshrink(['shrink'], { cwd });
    expect(run.exitCode).toBe(4);
    expect(run.stderr).toContain('so nothing is proven. broken: The app ended with status 2');
  });
});
