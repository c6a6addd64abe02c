import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createConnection } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { expect, it } from 'vitest';
import { describeWithEngine, docker, leftovers, pyshrink, workdir } from '../support/engine.js';

const HELLO = 'pyshrink-fixture/hello';
const SSHD = '/usr/sbin/sshd';

/** Shrinks an image on a remote daemon. `env` selects the daemon, as in a user's shell. */
async function shrinkThere(env: Record<string, string>): Promise<void> {
  const run = await pyshrink(['shrink', HELLO, '--level', 'observed', '--tag', 'pyshrink-test/remote:1'], { env });
  expect(run.exitCode, run.all as string).toBe(0);
  expect(await docker('run', '--rm', 'pyshrink-test/remote:1')).toBe('hello, world');
  expect(await leftovers()).toEqual([]);
}

describeWithEngine('a remote daemon', () => {
  it('works over TCP with TLS and a client certificate', async () => {
    const folder = workdir();
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
    openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca-key.pem', '-out', 'ca.pem', '-subj', '/CN=ca', '-days', '30');
    for (const name of ['server', 'client']) {
      openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}-key.pem`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
      writeFileSync(join(folder, `${name}.ext`), 'subjectAltName=IP:127.0.0.1\n');
      const signed = ['-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-extfile', `${name}.ext`, '-days', '30'];
      openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, ...signed);
    }
    const read = (name: string) => readFileSync(join(folder, name));
    const server = createServer(
      { ca: read('ca.pem'), cert: read('server.pem'), key: read('server-key.pem'), requestCert: true, rejectUnauthorized: true },
      (client) => {
        const daemon = createConnection('/var/run/docker.sock');
        client.on('error', () => daemon.destroy()).pipe(daemon);
        daemon.on('error', () => client.destroy()).pipe(client);
      },
    );
    server.on('tlsClientError', () => {});
    await new Promise<void>((go) => server.listen(0, '127.0.0.1', go));
    const host = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const certificates = join(folder, 'client');
    mkdirSync(certificates);
    for (const [from, to] of [
      ['ca.pem', 'ca.pem'],
      ['client.pem', 'cert.pem'],
      ['client-key.pem', 'key.pem'],
    ] as const)
      writeFileSync(join(certificates, to), read(from));
    try {
      await shrinkThere({ DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certificates });
      const refused = await pyshrink(['trace', HELLO], { env: { DOCKER_HOST: host } });
      expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining(`The Docker daemon at ${host}`)]);
    } finally {
      server.close();
    }
  });

  it.skipIf(!existsSync(SSHD))("works over ssh, with the user's own configuration", async () => {
    const folder = workdir();
    chmodSync(folder, 0o700);
    for (const name of ['host', 'user']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
    const port = 20000 + Math.floor(Math.random() * 10000);
    writeFileSync(join(folder, 'authorized'), readFileSync(join(folder, 'user.pub')));
    writeFileSync(
      join(folder, 'sshd_config'),
      `Port ${port}\nListenAddress 127.0.0.1\nHostKey ${folder}/host\nAuthorizedKeysFile ${folder}/authorized\nPidFile none\nUsePAM no\nStrictModes no\n`,
    );
    writeFileSync(join(folder, 'known'), `[127.0.0.1]:${port} ${readFileSync(join(folder, 'host.pub'), 'utf8')}`);
    // A wrapper passes the configuration: ssh(1) finds ~/.ssh through /etc/passwd and ignores HOME.
    const ssh = `#!/bin/sh\nexec /usr/bin/ssh -F none -i ${folder}/user -o UserKnownHostsFile=${folder}/known "$@"\n`;
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin/ssh'), ssh, { mode: 0o755 });
    mkdirSync('/run/sshd', { recursive: true });
    const server = spawn(SSHD, ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: 'ignore' });
    const env = { PATH: `${folder}/bin:${process.env.PATH}` };
    const host = `ssh://root@127.0.0.1:${port}`;
    try {
      await new Promise((go) => setTimeout(go, 500));
      await shrinkThere({ ...env, DOCKER_HOST: host });
      const refused = await pyshrink(['trace', HELLO], { env: { ...env, DOCKER_HOST: `ssh://nobody@127.0.0.1:${port}` } });
      expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringMatching(/ssh:\/\/nobody.*Permission denied/)]);
    } finally {
      server.kill();
    }
  });
});
