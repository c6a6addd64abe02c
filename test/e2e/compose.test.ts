import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ROLE_LABEL, SESSION_LABEL } from '../../src/engines/docker/labels.js';
import { buildImage, CLI, docker, FIXTURES, HAS_ENGINE, leftovers, pyshrink, runningApps, SLIM, workdir } from '../support/engine.js';
import { has, needing } from '../support/needs.js';

const needs = needing('docker compose');
const compose = async (cwd: string, ...args: string[]) => (await execa('docker', ['compose', ...args], { cwd })).stdout;
/** Containers, networks and volumes that docker compose has made in projects of sessions of this test file. */
const projects = async () => {
  const label = ['com.docker.compose.project', SESSION_LABEL].flatMap((name) => ['--filter', `label=${name}`]);
  const lists = await Promise.all([
    docker('ps', '-a', ...label, '--format', '{{.Names}}'),
    docker('network', 'ls', ...label, '--format', '{{.Name}}'),
    docker('volume', 'ls', ...label, '--format', '{{.Name}}'),
  ]);
  return lists.flatMap((text) => text.split('\n')).filter((name) => /^pyshrink-[0-9a-f]{12}-\d+[-_]/.test(name));
};

describe.runIf(HAS_ENGINE)('a compose file', () => {
  let cwd: string;
  /** The fixture api, with names of this test file where the user's stack has fixed ones. */
  const fixture = () => {
    const folder = workdir();
    cpSync(join(FIXTURES, 'api'), folder, { recursive: true });
    return folder;
  };
  beforeAll(() => {
    cwd = fixture();
  });
  afterEach(async () => expect([await leftovers(), await projects()]).toEqual([[], []]));
  afterAll(async () => {
    if (has('docker compose')) await compose(cwd, 'down', '--volumes', '--timeout', '1');
  });

  needs('gives the runs and the services beside them, fresh for each start, while the stack of the user runs', async () => {
    // A second try starts without the tables of the first one.
    await compose(cwd, 'down', '--volumes', '--timeout', '1');
    await compose(cwd, 'up', '--detach', '--wait', 'db');
    await compose(cwd, 'run', '--rm', 'migrate');
    const own = async () => JSON.parse(await docker('inspect', 'pyshrink-fixture-api-db'))[0];
    const before = await own();
    const run = await pyshrink(['shrink', '--json', '--tag', 'pyshrink-test/compose:api', '--write-override', 'small.yaml'], { cwd });
    expect(run.exitCode, run.all as string).toBe(0);
    expect(JSON.parse(run.stdout as string).runs).toEqual([
      { name: 'web', outcome: 'same', compared: 7, differences: 0, failure: null },
      { name: 'migrate', outcome: 'same', compared: 1, differences: 0, failure: null },
    ]);
    const { untouched } = JSON.parse(run.stdout as string);
    expect(untouched).toMatchObject({ what: 'routes', lines: expect.arrayContaining(['- http: /orders/csv']) });
    expect(untouched.lines).not.toContain('- http: /orders');
    const after = await own();
    expect([after.Id, after.State.StartedAt, after.NetworkSettings.Networks]).toEqual([
      before.Id,
      before.State.StartedAt,
      before.NetworkSettings.Networks,
    ]);
    // The volume that has a name of its own is the user's: pyshrink has added no user to it.
    expect(await compose(cwd, 'exec', 'db', 'psql', '-Atc', 'select name from users')).toBe('admin');
    const small = JSON.parse(await compose(cwd, '-f', 'compose.yaml', '-f', 'small.yaml', 'config', '--format', 'json')).services;
    expect([small.web.image, small.migrate.image, small.db.image]).toEqual([
      'pyshrink-test/compose:api',
      'pyshrink-test/compose:api',
      'pyshrink-fixture/postgres',
    ]);
    // The services come up again for what is stored, and the variables of the services need not be given.
    const smoke = await pyshrink(['smoke', '--json', '--runs', '1'], { cwd });
    expect([smoke.exitCode, JSON.parse(smoke.stdout as string)], smoke.all as string).toMatchObject([0, { passed: true, compared: 8 }]);
    // The service is healthy with the small image, too. The database has its tables already.
    await compose(cwd, '-f', 'compose.yaml', '-f', 'small.yaml', 'up', '--detach', '--wait', '--no-deps', 'web');
  });

  needs('the app gets what docker compose gives the service', async () => {
    const image = await buildImage(`FROM ${SLIM}\nWORKDIR /srv\nCOPY show.py .\nCMD ["python3", "show.py"]\n`, {
      'show.py': `
import os, pathlib, resource, socket
print({name: value for name, value in sorted(os.environ.items()) if name.startswith("A_")})
print(os.getcwd(), os.getuid(), os.getgroups(), socket.gethostname(), resource.getrlimit(resource.RLIMIT_NOFILE))
for path in ["/run/secrets/word", "/run/secrets/key", "/etc/settings.ini", "/shown/own.txt"]:
    text = pathlib.Path(path).read_text()
    print(path, oct(os.stat(path).st_mode & 0o777), text.splitlines())
print([line.split() for line in open("/etc/hosts") if "made-up" in line])
mine = {one[4][0] for one in socket.getaddrinfo(socket.gethostname(), 80)}
for name in ["job", "other-name"]:
    print(name, {one[4][0] for one in socket.getaddrinfo(name, 80)} <= mine | {one[4][0] for one in socket.getaddrinfo("job", 80)})
print(sorted(line.split()[1:3] for line in open("/proc/mounts") if line.split()[1] in ("/shown", "/kept", "/memory")))
print(sorted(os.listdir("/kept")), open("/proc/self/status").read().split("CapBnd:")[1].split()[0])
pathlib.Path("/kept/written").write_text("x")
`,
    });
    const folder = workdir();
    writeFileSync(join(folder, '.env'), 'FROM_ENV_FILE=seven\nSECRET_KEY="of-the-env-file\nQUI=\nB=="\n');
    writeFileSync(join(folder, 'word.txt'), 'a word');
    writeFileSync(join(folder, 'own.txt'), 'mounted');
    writeFileSync(
      join(folder, 'compose.yaml'),
      `
services:
  base:
    image: ${image}
    profiles: [never]
    environment: { A_BASE: from-extends, A_DOLLAR: "$$1" }
  job:
    extends: base
    profiles: !reset []
    environment: { A_FILE: "\${FROM_ENV_FILE}" }
    command: [python3, show.py, one]
    working_dir: /srv/../srv
    user: "1000:1000"
    group_add: ["44"]
    hostname: the-host
    extra_hosts: ["made-up:10.1.2.3"]
    cap_drop: [NET_RAW]
    ulimits: { nofile: 5000 }
    tmpfs: [/memory]
    volumes: [".:/shown:ro", "kept:/kept"]
    secrets: [word, key]
    configs: [{ source: settings, target: /etc/settings.ini }]
    networks: { front: { aliases: [other-name] }, back: {} }
    depends_on: [fill]
  fill:
    image: busybox:glibc
    command: [sh, -c, "touch /kept/filled && chmod 777 /kept"]
    volumes: ["kept:/kept"]
volumes: { kept: {} }
networks: { front: {}, back: {} }
secrets: { word: { file: word.txt }, key: { environment: SECRET_KEY } }
configs: { settings: { content: "size = 3" } }
`,
    );
    const traced = await pyshrink(['shrink', '--json', '--compose', 'compose.yaml', image, '--tag', 'pyshrink-test/compose:shown'], {
      cwd: folder,
    });
    expect(traced.exitCode, traced.all as string).toBe(0);
    const { trace, runs } = JSON.parse(traced.stdout as string);
    expect(runs).toEqual([{ name: 'job', outcome: 'same', compared: 1, differences: 0, failure: null }]);
    const check = JSON.parse(readFileSync(join(folder, trace, '..', 'check.json'), 'utf8'));
    const output = Buffer.from(check.answers[0].app.stdout, 'base64').toString();
    try {
      const real = await compose(folder, 'up', '--no-color', '--no-log-prefix', '--attach', 'job', '--abort-on-container-exit=false');
      expect(real.split('\n')).toEqual(expect.arrayContaining(output.trim().split('\n')));
    } finally {
      await compose(folder, 'down', '--volumes', '--timeout', '1');
    }
    expect(output).toContain("{'A_BASE': 'from-extends', 'A_DOLLAR': '$1', 'A_FILE': 'seven'}");
    expect(output).toContain("/run/secrets/key 0o444 ['of-the-env-file', 'QUI=', 'B==']");
  });

  needs('builds what the file says how to build, and refuses a mount over the app', async () => {
    const folder = workdir();
    for (const service of ['one', 'two']) await docker('rmi', '-f', `pyshrink-test-built-${service}`).catch(() => {}); // of an earlier run
    writeFileSync(join(folder, 'Dockerfile'), `FROM ${SLIM}\nWORKDIR /srv\nCOPY app.py .\nCMD ["python3", "app.py"]\n`);
    writeFileSync(join(folder, 'app.py'), 'print("of the image")\n');
    const services = 'services:\n  one: { build: . }\n  two: { build: ., command: [python3, app.py, again] }\n';
    writeFileSync(join(folder, 'compose.yaml'), `name: pyshrink-test-built\n${services}`);
    writeFileSync(
      join(folder, 'mounted.yaml'),
      `name: pyshrink-test-built\n${services.replace('{ build: . }', '{ build: ., volumes: [".:/srv"] }')}`,
    );
    const options = { cwd: folder, env: { DOCKER_BUILDKIT: '0' } };
    const refused = await pyshrink(['shrink', '--compose', 'mounted.yaml'], options);
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringMatching(/The service one of mounted\.yaml mounts .* over \/srv/)]);
    // The image is there now, and may be the one that runs: as by `docker compose up`, it is not built again.
    writeFileSync(join(folder, 'app.py'), 'print("of a later build")\n');
    const run = await pyshrink(
      ['shrink', '--json', '--compose', 'mounted.yaml', '--no-binds', '--tag', 'pyshrink-test/compose:built'],
      options,
    );
    expect(run.exitCode, run.all as string).toBe(0);
    expect(JSON.parse(run.stdout as string).runs).toMatchObject([
      { name: 'one', outcome: 'same' },
      { name: 'two', outcome: 'same' },
    ]);
    expect(await docker('run', '--rm', 'pyshrink-test/compose:built')).toBe('of the image');
  });

  it('without docker compose, the package to install is named', async () => {
    const folder = workdir();
    writeFileSync(join(folder, 'compose.yaml'), 'services: { app: { image: a } }\n');
    // A docker client without the plugin takes `compose` for a command that it does not know.
    writeFileSync(join(folder, 'docker'), '#!/bin/sh\necho "docker: unknown command: docker compose" >&2\nexit 1\n', { mode: 0o755 });
    const run = await pyshrink(['shrink', '--compose', 'compose.yaml'], { cwd: folder, env: { PATH: `${folder}:${process.env.PATH}` } });
    expect([run.exitCode, run.stderr]).toEqual([1, expect.stringContaining('docker compose (version 2 or newer) is not installed')]);
    expect(run.stderr).toContain('docker-compose-plugin');
  });

  needs('a service that does not become healthy: its log is shown, and nothing is left', async () => {
    const folder = workdir();
    writeFileSync(
      join(folder, 'compose.yaml'),
      `
services:
  app: { image: pyshrink-fixture/api, depends_on: { db: { condition: service_healthy } } }
  db:
    image: busybox:glibc
    command: [sh, -c, "echo no room for tables; sleep 100"]
    healthcheck: { test: [CMD-SHELL, "echo not yet; exit 1"], interval: 200ms, retries: 2 }
`,
    );
    const run = await pyshrink(['shrink', '--compose', 'compose.yaml', 'pyshrink-fixture/api'], { cwd: folder });
    expect([run.exitCode, run.stderr]).toEqual([1, expect.stringContaining('The service db of compose.yaml did not become healthy')]);
    expect(run.stderr).toContain('its last check says: not yet');
    expect(run.stderr).toContain('no room for tables');
  });

  needs('bad input gives one clear message, and what was brought up is taken down', async () => {
    const folder = workdir();
    const refuse = async (compose: string, code: number, message: RegExp, { image = 'pyshrink-fixture/api', runs = '' } = {}) => {
      writeFileSync(join(folder, 'compose.yaml'), compose);
      writeFileSync(join(folder, 'pyshrink.yaml'), `compose: compose.yaml\nimage: ${image}\n${runs}`);
      const run = await pyshrink(['shrink', '--tag', 'pyshrink-test/compose:never'], { cwd: folder });
      expect([run.exitCode, run.stderr]).toEqual([code, expect.stringMatching(message)]);
      expect(run.stderr).not.toMatch(/^ {4}at /m);
      expect([await leftovers(), await projects()]).toEqual([[], []]);
    };
    const app = 'services:\n  app: { image: pyshrink-fixture/api';
    await refuse('services: { app: { imagee: x } }', 2, /docker compose refuses \S*compose\.yaml: .*imagee/);
    await refuse(`${app}, depends_on: [db] }\n  db: { image: a, depends_on: [app] }\n`, 2, /docker compose refuses .*cycle/);
    await refuse(`${app} }\n`, 2, /No service of \S*compose\.yaml uses the image pyshrink-fixture\/hello/, {
      image: 'pyshrink-fixture/hello',
    });
    const runs = 'runs: [{ name: app, steps: [{ http: /, capture: { token: { json: access.token } } }] }]\n';
    const page = `${app}, command: [python3, -m, http.server], depends_on: [db] }\n  db: { image: busybox:glibc, command: [sleep, "100"] }\n`;
    await refuse(page, 4, /there is nothing to capture as token \(json: access\.token\)/, { runs });
  });

  needs('Ctrl-C removes the project, and the next run that of a killed one', async () => {
    const folder = workdir();
    writeFileSync(
      join(folder, 'compose.yaml'),
      `
services:
  app: { image: pyshrink-fixture/api, command: [python3, -c, "import time; time.sleep(300)"], depends_on: [beside] }
  beside: { image: busybox:glibc, command: [sleep, "300"], volumes: ["kept:/kept"], restart: always }
volumes: { kept: { name: pyshrink-test-compose-kept } }
`,
    );
    const args = [CLI, 'shrink', '--compose', 'compose.yaml', 'pyshrink-fixture/api'];
    const running = async () => {
      const run = execa(process.execPath, args, { cwd: folder, reject: false, forceKillAfterDelay: false });
      while ((await runningApps()).length === 0) await new Promise((go) => setTimeout(go, 100));
      return { run };
    };
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const { run } = await running();
      expect((await projects()).length).toBeGreaterThanOrEqual(4);
      run.kill(signal);
      const { exitCode } = await run;
      if (signal === 'SIGINT') expect([exitCode, await projects()]).toEqual([130, []]);
    }
    // A session is dead when its helper has ended.
    while ((await docker('ps', '-q', '--filter', `label=${ROLE_LABEL}=helper`)) !== '') await new Promise((go) => setTimeout(go, 100));
    expect((await projects()).length).toBeGreaterThanOrEqual(4);
    expect((await pyshrink(['trace', 'pyshrink-fixture/hello'])).exitCode).toBe(0);
    expect(await docker('volume', 'ls', '-q')).not.toContain('pyshrink-test-compose-kept');
  });
});
