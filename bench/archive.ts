/**
 * Measures how long it takes to read, unpack and write a 1.5 GB image as a docker-archive, as ratios to the time of tar(1)
 * for the same layers. Each task runs in its own process, so that its peak memory can be measured.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyLayers, unpackImage } from '../src/images/layers/apply.js';
import { openDockerArchive } from '../src/images/transports/dockerarchive/source.js';
import { writeImage } from '../src/images/transports/write.js';
import { median, seconds } from './median.js';

const RUNS = 3;
/** Not /tmp, because that may be in memory (tmpfs). */
const CACHE = join(process.env.HOME ?? '/root', '.cache');

if (process.argv[2] !== undefined) await once(process.argv[2], process.argv[3] as string, process.argv[4] as string);
else main();

/** Runs one task. Prints its time in seconds and its peak memory in MiB, as JSON. */
async function once(what: string, archive: string, folder: string): Promise<void> {
  const source = await openDockerArchive('bench', archive, undefined, async () => join(folder, 'spool'));
  const time = await seconds(async () => {
    if (what === 'read') await applyLayers(source, { make: () => undefined, link: () => {}, update: () => {}, remove: () => {} });
    if (what === 'unpack') await unpackImage(source, folder);
    if (what === 'write')
      await writeImage(source, { text: '', transport: 'docker-archive', path: join(folder, 'small.tar') }, 'bench:1', async () =>
        join(folder, 'spool'),
      );
  });
  await source.close();
  console.log(JSON.stringify({ time, memory: process.resourceUsage().maxRSS / 1024 }));
}

function main(): void {
  const place = mkdtempSync(join(CACHE, 'pyshrink-bench-'));
  try {
    const [large, small] = [join(place, 'large.tar'), join(place, 'small.tar')];
    writeFileSync(join(place, 'Dockerfile'), 'FROM pyshrink-fixture/hello\nRUN head -c 300M /dev/urandom >/opt/data\n');
    execFileSync(
      'docker',
      ['build', '-q', '-t', 'pyshrink-bench/large', '-f', join(place, 'Dockerfile'), mkdtempSync(join(place, 'context-'))],
      { env: { ...process.env, DOCKER_BUILDKIT: '0' } },
    );
    execFileSync('docker', ['save', 'pyshrink-bench/large', '-o', large]);
    execFileSync('docker', ['save', 'pyshrink-fixture/hello:latest-shrunk', '-o', small]);
    const layers =
      (JSON.parse(execFileSync('tar', ['-xOf', large, 'manifest.json']).toString()) as { Layers: string[] }[])[0]?.Layers ?? [];
    const tar = (command: string) => {
      for (const layer of layers) execFileSync('sh', ['-c', `tar -xOf ${large} ${layer} | ${command}`], { stdio: 'ignore' });
    };
    const inFolder = <T>(work: (folder: string) => T): T => {
      const folder = join(place, 'work');
      mkdirSync(folder);
      try {
        return work(folder);
      } finally {
        rmSync(folder, { recursive: true });
      }
    };
    const own = (what: string, archive: string) =>
      inFolder((folder) =>
        JSON.parse(execFileSync('npx', ['--no-install', 'tsx', 'bench/archive.ts', what, archive, folder]).toString()),
      ) as { time: number; memory: number };
    const timed = (work: () => void) => {
      const start = performance.now();
      work();
      return (performance.now() - start) / 1000;
    };
    const rows: Record<string, { time: number[]; memory: number[] }> = {};
    const note = (name: string, time: number, memory = 0) => {
      rows[name] ??= { time: [], memory: [] };
      rows[name].time.push(time);
      rows[name].memory.push(memory);
    };
    for (let run = 0; run < RUNS; run++) {
      note(
        'tar -t',
        timed(() => tar('tar -t')),
      );
      for (const [what, archive] of [
        ['read', large],
        ['unpack', large],
        ['write', small],
      ] as const) {
        const { time, memory } = own(what, archive);
        note(what, time, memory);
      }
      note(
        'tar -x',
        inFolder((folder) => timed(() => tar(`tar -x -C ${folder}`))),
      );
    }
    for (const [name, { time, memory }] of Object.entries(rows))
      console.log(`${name}: ${median(time).toFixed(2)} s, ${median(memory).toFixed(0)} MB`);
    const ratio = (a: string, b: string) => (median(rows[a]?.time ?? []) / median(rows[b]?.time ?? [])).toFixed(2);
    console.log(`reading takes ${ratio('read', 'tar -t')} x tar -t, unpacking ${ratio('unpack', 'tar -x')} x tar -x`);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
