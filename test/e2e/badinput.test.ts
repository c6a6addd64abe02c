import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { buildImage, describeWithEngine, docker, leftovers, pyshrink, SLIM, workdir } from '../support/engine.js';

const HELLO = 'pyshrink-fixture/hello';

describeWithEngine('bad input gives one clear message and the right exit code, and leaves nothing behind', () => {
  const refuse = async (args: string[], code: number, message: RegExp, options: { cwd?: string; env?: Record<string, string> } = {}) => {
    const run = await pyshrink(args, { cwd: workdir(), ...options });
    expect([run.exitCode, run.stderr]).toEqual([code, expect.stringMatching(message)]);
    expect(run.stderr).not.toMatch(/^ {4}at /m);
    expect(run.stdout).toBe('');
    expect(await leftovers()).toEqual([]);
  };

  it('an image that does not exist', () =>
    refuse(['shrink', 'no/such:image'], 1, /There is no image no\/such:image.*\n.*docker pull no\/such:image/));
  it('an invalid image name', () => refuse(['trace', 'NOT A NAME'], 2, /is not an image name/));
  it('no daemon', () =>
    refuse(['trace', HELLO], 1, /does not answer.*\n.*Start it, or unset DOCKER_HOST/, {
      env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' },
    }));
  it('a wrong --http', () => refuse(['trace', HELLO, '--http', 'FETCH x'], 2, /is not a request/));
  it('a wrong --wait', () => refuse(['trace', HELLO, '--wait', 'long'], 2, /number of seconds/));
  it('an unknown option', () => refuse(['trace', HELLO, '--fast'], 2, /unknown option '--fast'/));
  it('an unknown command', () => refuse(['squeeze', HELLO], 2, /unknown command 'squeeze'/));
  it('a missing argument', () => refuse(['trace'], 2, /missing required argument/));
  it.each([
    ['an unknown key', 'runs: [{ name: a, comand: x }]', /`comand`: did you mean `command`\? \(pyshrink\.yaml, line 2, column 19\)/],
    ['a run name twice', 'runs: [{ name: a }, { name: a }]', /There are two runs `a` \(pyshrink\.yaml, line 2, column 29\)/],
    [
      'a variable without a value',
      'runs: [{ name: a, environment: [NOT_SET] }]',
      /The variable `NOT_SET` has no value \(pyshrink\.yaml, line 2/,
    ],
  ])('a project file with %s', (_, runs, message) => {
    const cwd = workdir();
    writeFileSync(join(cwd, 'pyshrink.yaml'), `image: ${HELLO}\n${runs}\n`);
    return refuse(['shrink'], 2, message, { cwd });
  });
  it('neither an image nor a project file', () => refuse(['shrink'], 2, /There is no image to shrink[\s\S]*pyshrink init IMAGE/));
  it('an unknown level', () => refuse(['shrink', HELLO, '--level', 'tiny'], 2, /observed, reachable, whole/));
  it('an exercise file that does not exist', () => refuse(['trace', HELLO, '--exercise', 'none.yaml'], 2, /none.yaml can't be read/));
  it('a run option that the daemon rejects', () => refuse(['trace', HELLO, '--cap-add', 'MAGIC'], 1, /daemon refused to create.*MAGIC/i));
  it('an invalid tag', () => refuse(['shrink', HELLO, '--tag', 'A B'], 2, /is not an image name/));
  it.each(['small.tar', 'x/small.tar.gz'])('an --output that looks like a file: %s', (output) =>
    refuse(['shrink', HELLO, '--output', output], 2, /looks like a file[\s\S]*docker-archive:.*docker-daemon:/),
  );
  it('--force with a folder that is no OCI layout, before anything runs', () => {
    const cwd = workdir();
    mkdirSync(join(cwd, 'data'));
    writeFileSync(join(cwd, 'data/mine.txt'), 'x');
    return refuse(['shrink', HELLO, '--output', 'oci:data', '--force'], 2, /is no OCI layout: .* It has files/, { cwd });
  });
  it('a base that does not exist', () => refuse(['shrink', HELLO, '--base', 'no/base'], 1, /There is no image no\/base/));
  it('assemble before any trace', () => refuse(['assemble'], 1, /There is no trace here yet/));
  it('smoke with an image that pyshrink did not make', () => refuse(['smoke', HELLO], 1, /was not made by pyshrink/));

  it('an image without Python', async () => {
    await refuse(['shrink', 'busybox:glibc'], 1, /busybox:glibc has no Python/);
  });

  it('an app that crashes before it listens (the message shows its last output)', async () => {
    const image = await buildImage(`FROM ${SLIM}\nEXPOSE 80\nCMD ["python3", "-c", "raise ValueError('boom')"]\n`);
    await refuse(['shrink', image], 4, /The app ended with status 1\.[\s\S]*ValueError: boom/);
  });

  it('an app that ends before --exec can run a command in it', async () => {
    await refuse(
      ['shrink', HELLO, '--wait', '5', '--exec', 'true'],
      4,
      /ended with status 0 before `true` could be run in it[\s\S]*hello, world/,
    );
  });

  it('an app that never opens its port', async () => {
    const image = await buildImage(`FROM ${SLIM}\nEXPOSE 80\nCMD ["python3", "-uc", "import time; print('sleeping'); time.sleep(99)"]\n`);
    await refuse(['trace', image, '--start-timeout', '2'], 1, /never opened 80 within 2 s[\s\S]*sleeping[\s\S]*--start-timeout/);
    await refuse(['trace', image, '--until-exit', '--exit-timeout', '2'], 1, /did not end within 2 s[\s\S]*--exit-timeout/);
  });

  it('an app that does not answer', async () => {
    const image = await buildImage(
      `FROM ${SLIM}\nCMD ["python3", "-c", "import socket, time; s = socket.create_server(('', 80)); time.sleep(99)"]\n`,
    );
    await refuse(
      ['trace', image, '--http', '/slow', '--step-timeout', '1'],
      1,
      /did not answer GET \/slow within 1 s[\s\S]*--step-timeout/,
    );
  });

  it('a supervisor that is killed (no incomplete trace is written)', async () => {
    const image = await buildImage(
      `FROM ${SLIM}\nCMD ["python3", "-c", "import os, signal; os.kill(os.getppid(), signal.SIGKILL); import time; time.sleep(2); os.abort()"]\n`,
    );
    const cwd = workdir();
    // The kernel protects process 1 from signals from its own namespace. The supervisor of --exec is not process 1.
    const run = await pyshrink(
      ['trace', image, '--exec', 'python3 -c "import os, signal; os.kill(os.getppid(), signal.SIGKILL)"', '--wait', '1'],
      { cwd },
    );
    expect([run.exitCode, run.stderr]).toEqual([1, expect.stringContaining('The trace is incomplete')]);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('a tag of an image that pyshrink did not make, unless --force is given', async () => {
    const name = 'pyshrink-test/taken:1';
    await docker('tag', 'pyshrink-base/debian:bookworm', name);
    await refuse(['shrink', HELLO, '--tag', name], 1, /belongs to an image that pyshrink did not make[\s\S]*--force/);
    expect((await pyshrink(['shrink', HELLO, '--tag', name, '--force'])).exitCode).toBe(0);
    await docker('rmi', '-f', name);
  });
});

describeWithEngine('a trace that does not match', () => {
  let good: string;
  beforeAll(async () => {
    const cwd = workdir();
    expect((await pyshrink(['trace', HELLO], { cwd })).exitCode).toBe(0);
    good = join(cwd, '.pyshrink', 'pyshrink-fixture_hello_latest');
  });
  const changed = (change: (text: string) => string) => {
    const cwd = workdir();
    mkdirSync(join(cwd, 'x'));
    cpSync(good, join(cwd, 'x'), { recursive: true });
    writeFileSync(join(cwd, 'x', 'trace.json'), change(readFileSync(join(good, 'trace.json'), 'utf8')));
    return pyshrink(['assemble', 'x/trace.json', '--tag', 'pyshrink-test/unfit:1'], { cwd });
  };

  it('is rejected by smoke when the shrunk image comes from another image', async () => {
    const cwd = workdir();
    expect((await pyshrink(['shrink', HELLO, '--tag', 'pyshrink-test/other:1'], { cwd })).exitCode).toBe(0);
    expect((await pyshrink(['trace', 'pyshrink-fixture/ssl-hello'], { cwd })).exitCode).toBe(0);
    const [mine, other] = ['pyshrink-fixture_hello_latest', 'pyshrink-fixture_ssl-hello_latest'].map((name) =>
      join(cwd, '.pyshrink', name),
    );
    cpSync(other as string, mine as string, { recursive: true });
    const run = await pyshrink(['smoke'], { cwd });
    expect([run.exitCode, run.stderr]).toEqual([1, expect.stringMatching(/made from another image than the one that was traced here/)]);
  });

  it.each([
    ['truncated', (text: string) => text.slice(0, 500), /truncated or not JSON/],
    ['with an unknown version', (text: string) => text.replace('"version":3', '"version":7'), /has version 7/],
    [
      'of an image that no longer exists',
      (text: string) =>
        text.replace(/"id":"sha256:\w{8}/, '"id":"sha256:00000000').replace('"pyshrink-fixture/hello"', '"pyshrink-fixture/gone"'),
      /is no longer there/,
    ],
    [
      'of a name that now belongs to another image',
      (text: string) => text.replace('"reference":"pyshrink-fixture/hello"', '"reference":"busybox:glibc"'),
      /is another image now/,
    ],
  ])('is rejected by assemble: %s', async (_, change, message) => {
    const run = await changed(change);
    expect([run.exitCode, run.stderr]).toEqual([1, expect.stringMatching(message)]);
    await expect(docker('image', 'inspect', 'pyshrink-test/unfit:1')).rejects.toThrow();
  });
});
