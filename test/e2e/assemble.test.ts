import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { DockerEngine } from '../../src/engines/docker/docker.js';
import { Helper } from '../../src/guest/helper.js';
import { makeElf } from '../support/elf.js';
import { buildImage, DEBIAN, describeWithEngine, docker, leftovers, pyshrink, SLIM, workdir } from '../support/engine.js';
import { exported, OF_THE_DAEMON } from '../support/exported.js';

const LONG = `${'d'.repeat(90)}/${'e'.repeat(90)}/ünï`;

const DOCKERFILE = `FROM ${SLIM}
WORKDIR /srv/app
RUN mkdir -p /srv/${LONG} /data/inner && echo long > /srv/${LONG}/file && echo seed > /data/inner/seed \\
 && echo same > one && ln one two && ln -s ../app/one three && chmod 4750 one && chown 1234:55 one && touch -d 2001-02-03T04:05:06Z one \\
 && python3 -c "import os; open('cap', 'w').write('c'); os.setxattr('cap', 'security.capability', bytes.fromhex('0100000200040000000000000000000000000000'))" \\
 && chown -R 1234:55 /data && chmod 2775 /data/inner
COPY app.py .
VOLUME /data
EXPOSE 8000 9000/udp
LABEL who=me
ENV A=b
STOPSIGNAL SIGINT
HEALTHCHECK --interval=5s CMD python3 -c "import os; os.stat('/srv/app/cap')"
USER 1234
ENTRYPOINT ["python3"]
CMD ["app.py"]
`;
const APP = `import http.server, os
for path in ("one", "two", "three", "cap", "/srv/${LONG}/file", "/data/inner/seed"):
    os.stat(path)
http.server.HTTPServer(("127.0.0.1", 8000), http.server.SimpleHTTPRequestHandler).serve_forever()
`;

describeWithEngine('an assembled image', () => {
  let image: string;
  let cwd: string;
  const tag = 'pyshrink-test/assembled:shrunk';
  beforeAll(async () => {
    image = await buildImage(DOCKERFILE, { 'app.py': APP });
    cwd = workdir();
    const run = await pyshrink(['shrink', image, '--json', '--tag', tag, '--http', '/app.py'], { cwd });
    expect([run.exitCode, run.exitCode === 0 ? '' : run.all]).toEqual([0, '']);
  });

  it('has an original whose inventory matches docker export exactly', async () => {
    const engine = await DockerEngine.open();
    const session = await engine.openSession();
    try {
      const fs = await (await Helper.start(session, await engine.inspect(image))).rootFs();
      const shown = (paths: Iterable<string>) => [...paths].filter((path) => path !== '/' && !OF_THE_DAEMON.test(path)).sort();
      expect(shown(fs.entries.keys())).toEqual(shown((await exported(image)).keys()));
    } finally {
      await session.close();
    }
  });

  it('is made of files whose digests the daemon gives, too', async () => {
    const engine = await DockerEngine.open();
    const session = await engine.openSession();
    try {
      const { id } = await engine.inspect(image);
      const app = (await docker('run', '--rm', '--entrypoint', 'sha256sum', image, '/srv/app/app.py')).split(' ')[0];
      expect(await session.fileDigest?.(id, '/srv/app/app.py')).toBe(`sha256:${app}`);
      expect(await session.fileDigest?.(id, '/srv/app')).toBeUndefined();
    } finally {
      await session.close();
    }
  });

  it('keeps the owners, modes, times, links and extended attributes of the original', async () => {
    const [original, shrunk] = await Promise.all([exported(image), exported(tag)]);
    const paths = [...shrunk.keys()].filter((path) => !OF_THE_DAEMON.test(path));
    expect(paths.length).toBeGreaterThan(50);
    for (const path of paths) {
      const [a, b] = [original.get(path), shrunk.get(path)];
      if (a?.type === 'link' || b?.type === 'link') continue;
      // For each container, the daemon fills volumes and makes files in /etc. This changes the times of these directories.
      const touched = a?.type === 'directory' && /^\/(etc$|data)/.test(path);
      expect([path, b]).toEqual([path, touched ? { ...a, mtime: b?.mtime } : a]);
    }
    expect(shrunk.get('/srv/app/cap')?.pax).toHaveProperty('SCHILY.xattr.security.capability');
    expect([shrunk.get('/srv/app/one')?.type, shrunk.get('/srv/app/two')?.type].sort()).toEqual(['file', 'link']);
    expect(shrunk.has(`/srv/${LONG}/file`)).toBe(true);
    expect(shrunk.get('/data/inner')).toMatchObject({ mode: 0o2775, uid: 1234, gid: 55 });
    expect(shrunk.get('/tmp')).toMatchObject({ type: 'directory', mode: 0o1777 });
    expect(shrunk.has('/usr/local/lib/python3.13/sqlite3')).toBe(false);
  });

  it('keeps the configuration of the original and adds our labels', async () => {
    const config = async (name: string) => JSON.parse(await docker('image', 'inspect', '-f', '{{json .Config}}', name));
    const [original, shrunk] = [await config(image), await config(tag)];
    for (const field of ['Entrypoint', 'Cmd', 'Env', 'User', 'WorkingDir', 'ExposedPorts', 'Volumes', 'Healthcheck', 'StopSignal']) {
      expect([field, shrunk[field]]).toEqual([field, original[field]]);
    }
    const { 'io.pyshrink.original.id': id, who } = shrunk.Labels;
    expect([id, who]).toEqual([(await docker('image', 'inspect', '-f', '{{.Id}}', image)).trim(), 'me']);
    expect(Object.keys(shrunk.Labels).filter((name) => name.startsWith('org.opencontainers.image.base'))).toEqual([]);
  });

  it('is healthy as another uid, on a read-only root and without capabilities', async () => {
    const id = (await docker('run', '-d', '--rm', '--user', '4321', '--read-only', '--cap-drop', 'ALL', tag)).trim();
    try {
      let health = '';
      for (let i = 0; i < 300 && health !== 'healthy'; i++) {
        health = (await docker('inspect', '-f', '{{.State.Health.Status}}', id)).trim();
        await new Promise((go) => setTimeout(go, 100));
      }
      expect(health).toBe('healthy');
    } finally {
      await docker('rm', '-f', id);
    }
  });

  it('can be compared again by smoke, which finds what an exclusion breaks', async () => {
    const good = await pyshrink(['smoke', tag], { cwd });
    expect([good.exitCode, good.stdout]).toEqual([0, expect.stringMatching(/answers? equal/)]);
    const made = await pyshrink(['assemble', '--tag', 'pyshrink-test/broken:shrunk', '--exclude', '/srv/app/app.py'], { cwd });
    expect([made.exitCode, made.stdout]).toEqual([0, expect.stringContaining('--exclude removes /srv/app/app.py')]);
    const bad = await pyshrink(['smoke', '--json'], { cwd });
    expect(bad.exitCode).toBe(3);
    expect(JSON.parse(bad.stdout as string).differences).toContainEqual(
      expect.objectContaining({ what: 'last output', shrunk: expect.stringContaining("can't open file '/srv/app/app.py'") }),
    );
  });

  it('gets no tag when it behaves differently', async () => {
    const run = await pyshrink(
      ['shrink', image, '--tag', 'pyshrink-test/never:shrunk', '--http', '/app.py', '--exclude', '**/socketserver*'],
      { cwd: workdir() },
    );
    expect([run.exitCode, run.stdout]).toEqual([3, expect.stringContaining('behaves differently')]);
    await expect(docker('image', 'inspect', 'pyshrink-test/never:shrunk')).rejects.toThrow(/No such/i);
    expect(await leftovers()).toEqual([]);
  });

  it('contains what --include and .pyshrinkkeep add', async () => {
    const here = workdir();
    writeFileSync(join(here, '.pyshrinkkeep'), 'usr/local/lib/python3.13/wave.py\n');
    const run = await pyshrink(
      ['shrink', image, '--tag', 'pyshrink-test/more:shrunk', '--http', '/app.py', '--include', '/usr/local/lib/python3.13/sqlite3'],
      { cwd: here },
    );
    expect(run.exitCode).toBe(0);
    const entries = await exported('pyshrink-test/more:shrunk');
    expect(entries.has('/usr/local/lib/python3.13/wave.py')).toBe(true);
    expect(entries.has('/usr/local/lib/python3.13/sqlite3/__init__.py')).toBe(true);
  });
});

describeWithEngine('debug information', () => {
  const elf = makeElf({ soname: 'x', sections: { '.text': Buffer.alloc(20000, 1) }, unloaded: { '.debug_info': Buffer.alloc(2e6, 1) } });
  const dockerfile = `FROM ${SLIM}
WORKDIR /app
COPY app.py elf.b64 ./
RUN base64 -d elf.b64 > /usr/local/lib/one.so && rm elf.b64 && chmod 750 /usr/local/lib/one.so && touch -d 2001-02-03T04:05:06Z /usr/local/lib/one.so \\
 && cp -p /usr/local/lib/one.so /usr/local/lib/two.so && cp -p /usr/local/lib/one.so /app/data.so
CMD ["python3", "app.py"]
`;
  const app = (what: string) => `for path in ("/usr/local/lib/one.so", "/usr/local/lib/two.so", "/app/data.so"):
    with open(path, "rb") as file:
        print(path, ${what})
`;
  const tag = 'pyshrink-test/debug:shrunk';
  const shrink = async (what: string, cwd: string) => {
    const image = await buildImage(dockerfile, { 'app.py': app(what), 'elf.b64': elf.toString('base64') });
    const run = await pyshrink(['shrink', image, '--json', '--tag', tag, '--include', '/usr/local/lib/two.so'], { cwd });
    expect([run.exitCode, run.exitCode === 0 ? '' : run.all]).toEqual([0, '']);
    const { notes, trace } = JSON.parse(run.stdout as string);
    return {
      original: await exported(image),
      shrunk: await exported(tag),
      keep: join(cwd, dirname(trace), 'keep.json'),
      notes,
      said: run.stderr,
    };
  };

  it('is left out of libraries and counted, and stays in data of the app and where the user or the level wants it', async () => {
    const cwd = workdir();
    const { original, shrunk, keep, notes } = await shrink('file.read(4)', cwd);
    expect(notes).toContainEqual(expect.stringMatching(/left out debug information of one program or library \(2\.0 MB\)/));
    const [one, before] = [shrunk.get('/usr/local/lib/one.so'), original.get('/usr/local/lib/one.so')];
    expect(one).toEqual({ ...before, size: one?.size, digest: one?.digest });
    const stripped = Number(before?.size) - Number(one?.size);
    expect(stripped).toBeGreaterThan(1_999_000);
    for (const path of ['/usr/local/lib/two.so', '/app/data.so']) expect(shrunk.get(path)).toEqual(original.get(path));
    const { kept } = JSON.parse(readFileSync(keep, 'utf8'));
    expect(kept['/usr/local/lib/one.so']).toMatchObject({ size: one?.size, stripped, digest: `sha256:${one?.digest}` });
    expect((await pyshrink(['why', '/usr/local/lib/one.so'], { cwd })).stdout).toContain('left out of it: its debug information (2.0 MB)');
    expect((await pyshrink(['assemble', '--level', 'whole', '--tag', tag], { cwd })).exitCode).toBe(0);
    expect((await exported(tag)).get('/usr/local/lib/one.so')).toEqual(before);
  });

  it('stays where the app needs it', async () => {
    const cwd = workdir();
    const { original, shrunk, said } = await shrink('len(file.read())', cwd);
    expect(said).toMatch(/behaves differently .*debug information is kept now/);
    expect(shrunk.get('/usr/local/lib/one.so')).toEqual(original.get('/usr/local/lib/one.so'));
    const again = await pyshrink(['assemble', '--tag', tag], { cwd });
    expect(again.stdout).toContain('debug information is kept: without it, the app behaved differently');
    expect((await exported(tag)).get('/usr/local/lib/one.so')).toEqual(original.get('/usr/local/lib/one.so'));
  });
});

describeWithEngine('an image on the base busybox:glibc', () => {
  const tag = 'pyshrink-test/busybox:shrunk';
  it("shares the base's layers, runs the app, and has a working shell", async () => {
    const cwd = workdir();
    const run = await pyshrink(['shrink', 'pyshrink-fixture/ssl-hello', '--base', 'busybox:glibc', '--tag', tag, '--json'], { cwd });
    expect([run.exitCode, run.exitCode === 0 ? '' : run.all]).toEqual([0, '']);
    const layers = async (name: string) => JSON.parse(await docker('image', 'inspect', '-f', '{{json .RootFS.Layers}}', name)) as string[];
    expect((await layers(tag))[0]).toBe((await layers('busybox:glibc'))[0]);
    expect(await docker('image', 'inspect', '-f', '{{index .Config.Labels "org.opencontainers.image.base.name"}}', tag)).toBe(
      'busybox:glibc',
    );
    const shell = await docker(
      'run',
      '--rm',
      '--entrypoint',
      'sh',
      tag,
      '-c',
      'ls /bin/busybox && id -u && echo "a b" | tr a-z A-Z && python3 /app/app.py',
    );
    expect(shell).toMatch(/^\/bin\/busybox\n0\nA B\n\{"tls": true.*\}$/);
    const keep = JSON.parse(readFileSync(join(cwd, '.pyshrink/pyshrink-fixture_ssl-hello_latest/keep.json'), 'utf8'));
    expect(
      keep.kept['/usr/lib/x86_64-linux-gnu/libresolv.so.2'].reasons.some(({ rule }: { rule: string }) => rule === 'base' || rule === 'elf'),
    ).toBe(true);
  });

  it("refuses a base whose programs the app's C library cannot run", async () => {
    const newer = await buildImage(`FROM ${DEBIAN} AS full
RUN mkdir -p /out/bin /out/lib64 && cp /bin/sh /out/bin/sh && cp /lib64/ld-linux-x86-64.so.2 /out/lib64/ && sed -i 's/GLIBC_2\\.34/GLIBC_9.99/' /out/bin/sh
FROM scratch
COPY --from=full /out/ /
CMD ["sh"]
`);
    const run = await pyshrink(['shrink', 'pyshrink-fixture/hello', '--base', newer]);
    expect([run.exitCode, run.stderr]).toEqual([1, expect.stringMatching(/does not fit this image/)]);
    expect(run.stderr).toContain('--base scratch');
    expect(await leftovers()).toEqual([]);
  });
});
