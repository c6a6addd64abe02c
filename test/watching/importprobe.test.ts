import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { extract, pack } from 'tar-stream';
import { expect, it } from 'vitest';
import type { Container, ContainerSpec, Session } from '../../src/engines/engine.js';
import type { Helper } from '../../src/guest/helper.js';
import { addImportProbe } from '../../src/watching/importprobe.js';
import { imageWith } from '../guest/processsession.js';

/** A session with one container, which records the archives that are put into it. */
function recorder(freshFiles: boolean) {
  const specs: ContainerSpec[] = [];
  const put: string[] = [];
  let removed = false;
  const container: Partial<Container> = {
    putArchive: async (directory, archive) => {
      const entries = (Buffer.isBuffer(archive) ? Readable.from([archive]) : archive).pipe(extract());
      for await (const entry of entries) put.push(`${directory} ${entry.header.name}: ${await text(entry)}`);
    },
    getArchive: async (path) => {
      const archive = pack();
      archive.entry({ name: path.replace(/.*\//, '') }, 'interpreter');
      archive.finalize();
      return Readable.from([await buffer(archive)]);
    },
    commit: async () => 'sha256:2',
    remove: async () => {
      removed = true;
    },
  };
  const session = {
    engine: freshFiles ? 'local' : 'docker',
    features: { commit: true, freshFiles },
    create: async (spec: ContainerSpec) => {
      specs.push(spec);
      return container;
    },
  } as unknown as Session;
  return { session, specs, put, wasRemoved: () => removed };
}

const helperWith = (sitePackages: string[]) =>
  ({ volume: 'v', python: { sitePackages, real: '/usr/bin/python3.13' } }) as unknown as Helper;

it('puts the probe into each folder that site reads, and gives the interpreter a new inode', async () => {
  const { session, specs, put, wasRemoved } = recorder(false);
  expect(await addImportProbe(session, helperWith(['/usr/lib/site-packages', '/venv/site-packages']), imageWith())).toBe('sha256:2');
  expect(put).toEqual([
    expect.stringMatching(/^\/ usr\/lib\/site-packages\/_pyshrink_imports\.pth: import os; /),
    expect.stringMatching(/^\/ venv\/site-packages\/_pyshrink_imports\.pth: import os; /),
    '/ usr/bin/python3.13: interpreter',
  ]);
  expect(put[0]).toContain('/.pyshrink/pyshrink_probes/imports.py');
  expect([specs.map(({ image, role }) => [image, role]), wasRemoved()]).toEqual([[['sha256:1', 'app']], true]);
});

it('leaves the interpreter alone where the engine unpacks images anew', async () => {
  const { session, put } = recorder(true);
  await addImportProbe(session, helperWith(['/s']), imageWith());
  expect(put).toHaveLength(1);
});

it('changes nothing where site reads no folder', async () => {
  const { session, specs } = recorder(false);
  expect([await addImportProbe(session, helperWith([]), imageWith()), specs]).toEqual(['sha256:1', []]);
});
