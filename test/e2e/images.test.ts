import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unpackImage } from '../../src/images/layers/apply.js';
import { parseImageName } from '../../src/images/name.js';
import { type ImageSource, readConfig } from '../../src/images/source.js';
import { type LayeredName, openSource } from '../../src/images/transports/open.js';
import { type FileTarget, writeImage } from '../../src/images/transports/write.js';
import { buildImage, describeWithEngine, docker, workdir } from '../support/engine.js';
import { exportedRoot } from '../support/local.js';
import { needing } from '../support/needs.js';
import { daemonSession } from '../support/sessions.js';

const has = (program: string) => spawned('sh', ['-c', `command -v ${program}`]);
const LISTING = ['-mindepth', '1', '-not', '-path', './dev*', '-not', '-path', './.dockerenv', '-printf', '%P %y %m %U %G %s %n %l\\n'];
const LAYERS = `FROM busybox:glibc
RUN mkdir -p /d/sub /opaque/sub && echo one >/d/a && echo two >/d/sub/b && ln /d/a /d/hard && ln -s ../d/a /link && echo old >/opaque/old
RUN rm -r /d/sub && chmod 4755 /d/hard && mkdir /d/sub && echo three >/d/sub/c && chown 12:34 /d/sub
RUN rm -rf /opaque && mkdir /opaque && echo new >/opaque/new && rm /link && mkdir /link && touch "/link/a name with spaces and ümlaut"
ENV A=1
CMD ["cat", "/d/a"]
`;

describeWithEngine('images as files', () => {
  let image: string;
  let archive: string;
  let id: string;

  beforeAll(async () => {
    image = await buildImage(LAYERS);
    archive = join(workdir(), 'image.tar');
    await docker('save', image, '-o', archive);
    id = await docker('image', 'inspect', '-f', '{{.Id}}', image);
  });

  const withSource = async <T>(text: string, work: (source: ImageSource, spool: () => Promise<string>) => Promise<T>): Promise<T> => {
    const place = workdir();
    let count = 0;
    const spool = async () => join(place, String(count++));
    const source = await openSource(text, parseImageName(text) as LayeredName, undefined, spool);
    try {
      return await work(source, spool);
    } finally {
      await source.close();
    }
  };
  const idOf = (text: string) => withSource(text, async (source) => readConfig(source.configBytes, text).id);
  const write = (target: string, from = `docker-archive:${archive}`, force = false) =>
    withSource(from, (source, spool) => writeImage(source, parseImageName(target) as FileTarget, 'pyshrink-test/written:1', spool, force));
  const list = (folder: string) =>
    execFileSync('find', ['.', ...LISTING], { cwd: folder })
      .toString()
      .split('\n')
      .filter((line) => !/^(etc\/(hosts|hostname|resolv\.conf|mtab)|proc|sys|dev)? /.test(line) && !/^(etc|proc|sys|dev) d /.test(line))
      .sort();

  it('unpacks layers to the same files as the daemon', async () => {
    const folder = workdir();
    await withSource(`docker-archive:${archive}`, (source) => unpackImage(source, folder));
    expect(list(folder)).toEqual(list(await exportedRoot(image)));
  });

  it('the digests of all files are known where an archive goes to the daemon, and they are those of the daemon', async () => {
    const [session, info] = await daemonSession(undefined, image, archive);
    try {
      const found = session.digestsOf?.(info.id) as ReadonlyMap<string, string>;
      expect([...found.keys()]).toEqual(expect.arrayContaining(['/d/a', '/d/hard', '/d/sub/c', '/opaque/new', '/bin/busybox']));
      expect([...found.keys()].filter((path) => /^.(d.sub.b|opaque.old|link)$/.test(path))).toEqual([]);
      for (const path of ['/d/a', '/d/hard', '/d/sub/c', '/opaque/new'])
        expect([path, await session.fileDigest?.(info.id, path)]).toEqual([path, found.get(path)]);
    } finally {
      await session.close();
    }
  });

  it('docker load reads our docker-archive as the same image', async () => {
    const path = join(workdir(), 'written.tar');
    await write(`docker-archive:${path}`);
    expect(await docker('load', '-i', path)).toContain('pyshrink-test/written:1');
    expect(await docker('image', 'inspect', '-f', '{{.Id}}', 'pyshrink-test/written:1')).toBe(id);
    await docker('rmi', 'pyshrink-test/written:1');
  });

  it('an image stays the same when it is copied from format to format', async () => {
    const folder = workdir();
    let from = `docker-archive:${archive}`;
    for (const target of [
      `oci:${folder}/layout:a`,
      `oci-archive:${folder}/archive.tar`,
      `docker-archive:${folder}/docker.tar`,
      `oci:${folder}/layout:b`,
    ]) {
      await write(target, from);
      expect(await idOf(target)).toBe(id);
      from = target;
    }
    expect(await idOf(`oci:${folder}/layout:a`)).toBe(id); // layout:b was written next to it
    const small = await buildImage('FROM busybox:glibc\nENV B=1\n');
    await docker('save', small, '-o', `${folder}/small.tar`);
    const blobs = () => readdirSync(`${folder}/alone/blobs/sha256`).length;
    await write(`oci:${folder}/alone`);
    const before = blobs();
    await expect(write(`oci:${folder}/alone`, `docker-archive:${folder}/small.tar`)).rejects.toThrowError(/did not make/);
    await write(`oci:${folder}/alone`, `docker-archive:${folder}/small.tar`, true);
    expect(blobs()).toBeGreaterThan(before); // the blobs of an image that pyshrink did not make stay
    expect(await idOf(`oci:${folder}/alone`)).toBe(await docker('image', 'inspect', '-f', '{{.Id}}', small));
    const again = workdir();
    await write(`oci-archive:${again}/archive.tar`, from);
    expect(readFileSync(`${again}/archive.tar`).equals(readFileSync(`${folder}/archive.tar`))).toBe(true);
  });

  needing('program skopeo')('skopeo reads what we write, and we read what skopeo writes', async () => {
    const folder = workdir();
    for (const target of [`oci:${folder}/layout:1`, `oci-archive:${folder}/archive.tar:1`, `docker-archive:${folder}/docker.tar:app:1`]) {
      await write(target);
      const config = execFileSync('skopeo', ['inspect', '--config', '--raw', target]);
      expect(readConfig(config, target).id).toBe(id);
      const copied = `${folder}/${target.split(':')[0]}-dir`;
      execFileSync('skopeo', ['--insecure-policy', 'copy', target, `dir:${copied}`], { stdio: 'pipe' }); // checks every digest
      expect(existsSync(`${copied}/manifest.json`)).toBe(true);
    }
    for (const options of [[], ['--dest-compress-format', 'zstd'], ['--dest-decompress']]) {
      const target = `oci:${folder}/skopeo${options.length}${options[0] ?? ''}:1`;
      execFileSync('skopeo', ['--insecure-policy', 'copy', ...options, `docker-archive:${archive}`, target], { stdio: 'pipe' });
      const unpacked = workdir();
      await withSource(target, (source) => unpackImage(source, unpacked));
      expect(list(unpacked)).toEqual(list(await exportedRoot(image)));
    }
  });

  needing('program umoci')('umoci unpacks our images to the same files as we do', async () => {
    const folder = workdir();
    await write(`oci:${folder}/layout:1`);
    execFileSync('umoci', ['raw', 'unpack', '--image', `${folder}/layout:1`, `${folder}/theirs`], { stdio: 'pipe' });
    await write(`rootfs:${folder}/ours`);
    expect(list(`${folder}/ours`)).toEqual(list(`${folder}/theirs`));
  });

  it('leaves nothing behind when a layer is damaged, and does not change existing files', async () => {
    const folder = workdir();
    const damaged = join(workdir(), 'damaged.tar');
    const bytes = readFileSync(archive);
    const at = bytes.indexOf('three\n');
    bytes.write('thr3e\n', at);
    writeFileSync(damaged, bytes);
    for (const target of [`oci:${folder}/layout`, `oci-archive:${folder}/a.tar`, `docker-archive:${folder}/d.tar`, `rootfs:${folder}/root`])
      await expect(write(target, `docker-archive:${damaged}`)).rejects.toThrowError(/its digest is/);
    expect(readdirSync(folder)).toEqual([]);
    await write(`oci:${folder}/layout:1`);
    const index = readFileSync(`${folder}/layout/index.json`);
    await expect(write(`oci:${folder}/layout:2`, `docker-archive:${damaged}`)).rejects.toThrowError();
    expect(readFileSync(`${folder}/layout/index.json`).equals(index)).toBe(true);
    mkdirSync(`${folder}/full`);
    writeFileSync(`${folder}/full/x`, '');
    await expect(write(`rootfs:${folder}/full`)).rejects.toThrowError(/is not empty/);
  });

  needing('mount')('reports a full disk in one message, and leaves nothing behind', async () => {
    const folder = workdir();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder]);
    try {
      for (const target of [`oci:${folder}/layout`, `docker-archive:${folder}/d.tar`, `rootfs:${folder}/root`])
        await expect(write(target)).rejects.toThrowError(/no space left on the disk/);
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      execFileSync('umount', [folder]);
    }
  });

  describe.runIf(has('docker-registry') && has('htpasswd'))('a registry', () => {
    const start = () => execa('docker-registry', ['serve', join(home, 'registry.yml')], { reject: false });
    let registry: ReturnType<typeof start>;
    const host = 'localhost:5117';
    const home = workdir();

    beforeAll(async () => {
      const users = execFileSync('htpasswd', ['-Bbn', 'ada', 'secret']).toString();
      writeFileSync(join(home, 'htpasswd'), users);
      const config = {
        version: 0.1,
        storage: { filesystem: { rootdirectory: join(home, 'data') } },
        http: { addr: host },
        auth: { htpasswd: { realm: 'test', path: join(home, 'htpasswd') } },
      };
      writeFileSync(join(home, 'registry.yml'), JSON.stringify(config));
      registry = start();
      while (!(await fetch(`http://${host}/v2/`).catch(() => undefined))) await sleep(50);
    });
    afterAll(async () => {
      registry.kill();
      await registry;
    });

    const login = (config: object) => {
      mkdirSync(join(home, 'docker'), { recursive: true });
      writeFileSync(join(home, 'docker/config.json'), JSON.stringify(config));
      process.env.DOCKER_CONFIG = join(home, 'docker');
    };

    it('gives one message when it rejects an unknown user', async () => {
      login({});
      await expect(write(`docker://${host}/team/app:1`)).rejects.toMatchObject({
        message: expect.stringContaining('does not let you pull team/app'),
        remedy: expect.stringContaining(`docker login ${host}`),
      });
    });

    it('accepts a push and a pull with credentials from the configuration and from a helper', async () => {
      login({ auths: { [host]: { auth: Buffer.from('ada:secret').toString('base64') } } });
      await write(`docker://${host}/team/app:1`);
      expect(await idOf(`docker://${host}/team/app:1`)).toBe(id);
      writeFileSync(join(home, 'docker-credential-test'), `#!/bin/sh\nread -r host; echo '{"Username":"ada","Secret":"secret"}'\n`, {
        mode: 0o755,
      });
      process.env.PATH = `${home}:${process.env.PATH}`;
      login({ credHelpers: { [host]: 'test' } });
      expect(await idOf(`docker://${host}/team/app:1`)).toBe(id);
      const digest = await withSource(`docker://${host}/team/app:1`, async ({ digests }) => digests[0] as string);
      expect(await idOf(`docker://${digest}`)).toBe(id);
      await docker('login', '-u', 'ada', '-p', 'secret', host);
      await docker('pull', `${host}/team/app:1`);
      expect(await docker('image', 'inspect', '-f', '{{.Id}}', `${host}/team/app:1`)).toBe(id);
      await docker('rmi', `${host}/team/app:1`);
    });

    it('gives one message for a missing image and for a registry that does not answer', async () => {
      login({ auths: { [host]: { auth: Buffer.from('ada:secret').toString('base64') } } });
      await expect(idOf(`docker://${host}/team/app:none`)).rejects.toThrowError(/the registry has no image team\/app:none/);
      await expect(idOf('docker://localhost:5119/x')).rejects.toThrowError(/does not answer: ECONNREFUSED/);
    });
  });
});

function spawned(file: string, args: string[]): boolean {
  try {
    execFileSync(file, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
