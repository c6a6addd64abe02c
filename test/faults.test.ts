import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { PLAIN_EXERCISE, storedExercise } from '../src/exercise/exercise.js';
import { sha256 } from '../src/images/digest.js';
import { applyLayers } from '../src/images/layers/apply.js';
import { parseImageName } from '../src/images/name.js';
import { type LayeredName, openSource } from '../src/images/transports/open.js';
import { Folder, readTrace } from '../src/workspace/folder.js';
import { FILES, type Results } from './support/faultyfiles.js';
import { dockerArchive, layerTar } from './support/image.js';
import { makeTrace } from './support/keep.js';
import { emptyKeepReport } from './support/keepreport.js';

// Each write of a sink, of the workspace and of a file that the user has named fails once with ENOSPC and once with EIO; it
// writes only a half once, as where the disk becomes full; and it kills the process once. What is there afterwards is the old
// result or the new one, and the next run is not disturbed.

const SIDE_BY_SIDE = 4;
/** A write, an fsync and a rename. Writes that come at once may be joined to one, so how many there are differs. */
const LEAST_CALLS = 3;
/** SIGKILL is 0. */
const KILL = 0;
const { ENOSPC, EIO } = constants.errno;
const HALF = -ENOSPC;

let tools: string;
let script: string;
let shim: string;
const hasCompiler = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;

beforeAll(async () => {
  tools = mkdtempSync(join(tmpdir(), 'pyshrink-faults-'));
  [script, shim] = [join(tools, 'faulty.mjs'), join(tools, 'faults.so')];
  const source = (name: string) => new URL(`support/${name}`, import.meta.url).pathname;
  if (hasCompiler) execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', shim, source('faults.c'), '-ldl']);
  const banner =
    "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); const __filename = import.meta.filename ?? 'faulty';";
  await build({
    entryPoints: [source('faulty.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: script,
    banner: { js: banner },
    logLevel: 'error',
  });
  // The script reads the version beside the place of its source.
  writeFileSync(join(tools, 'package.json'), readFileSync(new URL('../package.json', import.meta.url)));
});

/** Runs the script under a fault at the nth write below a folder. Returns the number of writes. */
async function run(args: readonly string[], folder: string, number = 0, code = 1): Promise<number> {
  const counted = join(tools, `count-${Math.random()}`);
  const variables = { LD_PRELOAD: shim, PYSHRINK_FAULT: `${number}:${code}`, PYSHRINK_FAULT_BELOW: folder, PYSHRINK_FAULT_COUNT: counted };
  await new Promise<void>((done, failed) => {
    execFile(process.execPath, [script, ...args], { env: { ...process.env, UV_USE_IO_URING: '0', ...variables } }, (error) => {
      if (error && number === 0) failed(error);
      else done();
    });
  });
  return existsSync(counted) ? readFileSync(counted).length : 0;
}

interface Sink {
  /** Arguments of the script for a folder. */
  args: (place: string) => string[];
  /** What is in the folder: `old`, `new`, or `none`. Throws for anything else. */
  found: (place: string) => Promise<string>;
}

/** @param before the folder with the old result */
async function requireOldOrNew({ args, found }: Sink, before: string): Promise<number> {
  const old = await found(before);
  const place = (name: string) => {
    const copy = join(mkdtempSync(join(tools, 'place-')), name);
    cpSync(before, copy, { recursive: true, preserveTimestamps: true });
    return copy;
  };
  const plain = place('p');
  const writes = await run(args(plain), plain);
  expect(await found(plain)).toBe('new');
  const jobs = Array.from({ length: writes }, (_, index) => [KILL, ENOSPC, EIO, HALF].map((code) => [index + 1, code] as const)).flat();
  const work = async () => {
    for (let job = jobs.pop(); job; job = jobs.pop()) {
      const [number, code] = job;
      const at = place('p');
      await run(args(at), at, number, code);
      expect([number, code, await found(at)]).toEqual([number, code, expect.stringMatching(`^(${old}|new)$`)]);
      // One more run without a fault gives the new result, whatever was left behind.
      if (code === KILL) {
        await run(args(at), at);
        expect([number, await found(at)]).toEqual([number, 'new']);
      }
      rmSync(at, { recursive: true });
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  return writes;
}

describe.runIf(hasCompiler)('a fault at any write leaves the old result or the new one', () => {
  const Labels = { 'io.pyshrink.original.id': 'sha256:0' };
  const archiveOf = (name: string) => {
    const path = join(tools, `${name}.tar`);
    // Other processes may be reading it.
    if (!existsSync(path))
      writeFileSync(path, dockerArchive([{ layers: [layerTar([{ path: '/name', content: name }])], config: { Labels }, tags: [] }]));
    return path;
  };
  const spool = () => mkdtempSync(join(tools, 'spool-'));
  const nothing = { make: () => undefined, link: () => {}, update: () => {}, remove: () => {} };

  /** Reads all of an image, and says which one it is. */
  async function imageAt(text: string): Promise<string> {
    const known = new Map<string, string>();
    for (const name of ['old', 'new']) {
      const path = archiveOf(name);
      const source = await openSource(path, { text: path, transport: 'docker-archive', path }, undefined, async () => '');
      known.set(sha256(source.configBytes), name);
      await source.close();
    }
    const source = await openSource(text, parseImageName(text) as LayeredName, undefined, async () => '');
    try {
      await applyLayers(source, nothing);
      return known.get(sha256(source.configBytes)) ?? 'another';
    } finally {
      await source.close();
    }
  }

  it.each([
    ['docker-archive', (place: string) => `docker-archive:${place}/a.tar`],
    ['oci-archive', (place: string) => `oci-archive:${place}/a.tar`],
    ['oci', (place: string) => `oci:${place}/layout:x`],
  ])('%s:', { timeout: 900_000 }, async (_, name) => {
    const before = mkdtempSync(join(tools, 'before-'));
    await run(['image', name(before), archiveOf('old'), spool()], before);
    const args = (place: string) => ['image', name(place), archiveOf('new'), spool()];
    expect(await requireOldOrNew({ args, found: (place) => imageAt(name(place)) }, before)).toBeGreaterThanOrEqual(LEAST_CALLS);
  });

  it('rootfs:', { timeout: 900_000 }, async () => {
    const before = mkdtempSync(join(tools, 'before-'));
    const found = async (place: string) =>
      existsSync(`${place}/root`)
        ? readdirSync(`${place}/root`).join() === 'name'
          ? readFileSync(`${place}/root/name`, 'utf8')
          : 'half'
        : 'none';
    const args = (place: string) => ['image', `rootfs:${place}/root`, archiveOf('new'), spool()];
    expect(await requireOldOrNew({ args, found }, before)).toBeGreaterThanOrEqual(LEAST_CALLS);
  });

  it.each(FILES)('a file that the user has named: %s', { timeout: 900_000 }, async (kind) => {
    const before = mkdtempSync(join(tools, 'before-'));
    // A compose file says how it is used, with its path.
    const readIn = (place: string) => readFileSync(`${place}/named`, 'utf8').replace(/-f .*/, '');
    const args = (name: string) => (place: string) => ['file', `${place}/named`, name, kind];
    const written = async (name: string) => {
      const place = mkdtempSync(join(tools, 'whole-'));
      await run(args(name)(place), place);
      return readIn(place);
    };
    const whole = new Map([
      [await written('old'), 'old'],
      [await written('new'), 'new'],
    ]);
    const found = async (place: string) => (existsSync(`${place}/named`) ? (whole.get(readIn(place)) ?? 'a part') : 'none');
    // A project file is new. All others replace one.
    if (kind !== 'project') await run(args('old')(before), before);
    expect(await requireOldOrNew({ args: args('new'), found }, before)).toBeGreaterThanOrEqual(LEAST_CALLS);
  });

  it('the workspace', { timeout: 900_000 }, async () => {
    const answers = { time: { start: 0, end: 1 }, steps: [], app: { stdout: '', stderr: '', cut: false, exit: 0 } };
    const results = (name: string): Results => ({
      stored: {
        trace: makeTrace([`open /${name}`]),
        record: { runs: [{ exercise: { ...storedExercise(PLAIN_EXERCISE), args: [name] }, watching: {}, done: [], answers: [answers] }] },
      },
      result: { id: name, tag: name, original: 'sha256:0', traces: ['trace.json'], exclude: [], targetGpu: 'any', notes: [] },
      keep: emptyKeepReport(name),
    });
    const args = (name: string) => (place: string) => ['results', `${place}/app`, JSON.stringify(results(name))];
    const found = async (place: string) => {
      const folder = new Folder(`${place}/app`);
      const { trace, record, trusted } = await readTrace(folder.tracePath);
      const names = [trace.observations[0]?.path.slice(1), record.runs[0]?.exercise.args[0]];
      if (names[0] !== names[1] || !trusted) throw new Error(`trace and record are of ${names}`);
      // keep.json comes before result.json, and counts only with it.
      const { id } = await folder.result();
      const kept = await folder.keep().catch(() => undefined);
      if (kept && kept.original.reference !== id) throw new Error(`keep.json is of ${kept.original.reference}, not of ${id}`);
      // The trace is saved first. It may be the new one beside the old result, but never the old one beside the new result.
      if (id === 'new' && names[0] === 'old') throw new Error('the result is newer than its trace');
      return id;
    };
    const before = mkdtempSync(join(tools, 'before-'));
    mkdirSync(`${before}/app`);
    await run(args('old')(before), before);
    expect(await requireOldOrNew({ args: args('new'), found }, before)).toBeGreaterThan(10);
  });
});
