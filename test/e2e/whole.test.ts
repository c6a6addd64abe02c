import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { describeWithEngine, docker, leftovers, pyshrink, workdir } from '../support/engine.js';

const IMAGE = 'pyshrink-fixture/hello';
const TAG = 'pyshrink-test/hello:whole';
const DEFINITION = new URL('../support/whole.py', import.meta.url).pathname;

describeWithEngine('the level whole', () => {
  it('keeps what its definition lists, on an image with a full base: the bytes differ by less than 5 %', async () => {
    const cwd = workdir();
    const run = await pyshrink(['shrink', IMAGE, '--level', 'whole', '--until-exit', '--tag', TAG], { cwd });
    expect([run.exitCode, run.exitCode === 0 ? '' : run.all]).toEqual([0, '']);
    const read = (name: string) => JSON.parse(readFileSync(join(cwd, '.pyshrink', 'pyshrink-fixture_hello_latest', name), 'utf8'));
    const { observations } = read('trace.json') as { observations: { kind: string; path: string }[] };
    const used = observations.filter(({ kind }) => ['open', 'write', 'map', 'exec'].includes(kind)).map(({ path }) => path);
    const script = readFileSync(DEFINITION, 'utf8');
    const { stdout } = await execa('docker', ['run', '--rm', '-i', '--entrypoint', 'python3', IMAGE, '-B', '-c', script], {
      input: JSON.stringify({ used }),
    });
    const listed = JSON.parse(stdout) as Record<string, number>;
    const bytes = Object.values(listed).reduce((sum, size) => sum + size, 0);
    const { kept, totals } = read('keep.json') as { kept: Record<string, unknown>; totals: { kept: { bytes: number } } };
    expect(Object.keys(listed).filter((path) => !(path in kept))).toEqual([]);
    expect(totals.kept.bytes / bytes).toBeGreaterThan(0.95);
    expect(totals.kept.bytes / bytes).toBeLessThan(1.05);
    await docker('rmi', '-f', TAG);
    expect(await leftovers()).toEqual([]);
  }, 550_000);
});
