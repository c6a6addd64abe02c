/**
 * Draws bytes against behaviours: how large the images of the fixtures are, and how many behaviours match the original, for several
 * limits on what weak evidence may bring. The limits of src/keep/data/costs.ts are read off this curve.
 * Arguments select fixtures, for instance `flask-pandas` or `flask-pandas:full`; default: all.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { PLAIN_EXERCISE } from '../src/exercise/exercise.js';
import { readExercise } from '../src/exercise/file.js';
import { parseImageName } from '../src/images/name.js';
import type { MostBytes } from '../src/keep/data/costs.js';
import { assembleDraft } from '../src/pipeline/assemble.js';
import { withSession } from '../src/pipeline/context.js';
import { openImage } from '../src/pipeline/images.js';
import { traceStage } from '../src/pipeline/trace.js';
import { Folder } from '../src/workspace/folder.js';
import { behave } from '../test/support/behaviour.js';
import { databaseFor, withDatabase } from './database.js';
import { type Fixture, fixtures, mb } from './fixtures.js';

const KB = 1 << 10;
const MB = 1 << 20;
const LIMITS: readonly MostBytes[] = [
  { call: 0, name: 0 },
  { call: 256 * KB, name: 64 * KB },
  { call: MB, name: 256 * KB },
  { call: 2 * MB, name: 512 * KB },
  { call: 4 * MB, name: 512 * KB },
  { call: 8 * MB, name: MB },
  { call: 32 * MB, name: 4 * MB },
  { call: Number.POSITIVE_INFINITY, name: Number.POSITIVE_INFINITY },
];

/** Of a larger image only some limits are tried, since each small image may take gigabytes of the disk. Bytes. */
const LARGE = 4e9;
const FEW: ReadonlySet<MostBytes | undefined> = new Set([0, 3, 4, LIMITS.length - 1].map((at) => LIMITS[at]));

const DRAFTS = `pyshrink-bench/curve-${process.pid}`;

interface Point {
  bytes: number;
  same: number;
  of: number;
}

const names = await fixtures(process.argv.slice(2));

const head = LIMITS.map(({ call, name }) => ` ${mb(call)}, ${mb(name)} |`).join('');
console.log(`| call, name |${head}\n|---|${LIMITS.map(() => '--:|').join('')}`);
await withDatabase(async () => {
  for (const fixture of names) {
    const points = await curve(fixture);
    console.log(`| ${fixture.name} |${points.map(cell).join('')}`);
  }
});

/** A point for each limit; undefined where it was not tried. */
async function curve(fixture: Fixture): Promise<(Point | undefined)[]> {
  const { folder, args } = fixture;
  const image = parseImageName(fixture.image);
  const run = { ...PLAIN_EXERCISE.run, ...databaseFor(fixture.name) };
  const exercise = { ...PLAIN_EXERCISE, run, ...(await readExercise(join(folder, 'exercise.yaml'))), ...(args.length > 0 && { args }) };
  return await withSession({}, image, async (context) => {
    const original = await openImage(context, image);
    const traced = await traceStage(context, original, exercise, new Folder(mkdtempSync(join(tmpdir(), 'pyshrink-'))));
    const ids: (string | undefined)[] = [];
    try {
      for (const mostBytes of LIMITS) {
        if (original.size > LARGE && !FEW.has(mostBytes)) {
          ids.push(undefined);
          continue;
        }
        const { id } = await assembleDraft(
          traced,
          { level: 'reachable', targetGpu: 'any', include: [], exclude: [], mostBytes },
          undefined,
        );
        // The next draft replaces this one.
        await execa('docker', ['tag', id, `${DRAFTS}:${ids.length}`]);
        ids.push(id);
      }
      // Many limits make the same image.
      const points = await measure(fixture, [...new Set(ids.flatMap((id) => id ?? []))]);
      return ids.map((id) => id && points.get(id)) as (Point | undefined)[];
    } finally {
      await execa('docker', ['rmi', '-f', ...ids.flatMap((id, index) => (id === undefined ? [] : [`${DRAFTS}:${index}`]))]);
    }
  });
}

/** Compares all images with the original at once, since the original then runs only once. */
async function measure({ name, folder, image }: Fixture, ids: readonly string[]): Promise<Map<string, Point>> {
  const results = await behave(
    folder,
    image,
    ids.map((id) => ({ image: id, levels: ['reachable'] })),
    databaseFor(name),
  );
  const promised = results.filter(({ level }) => level === 'reachable');
  const points = ids.map(async (id, index): Promise<[string, Point]> => {
    const { stdout } = await execa('docker', ['image', 'inspect', '-f', '{{.Size}}', id]);
    const same = promised.filter(({ differences }) => differences[index]?.length === 0).length;
    return [id, { bytes: Number(stdout), same, of: promised.length }];
  });
  return new Map(await Promise.all(points));
}

function cell(point: Point | undefined): string {
  return point ? ` ${mb(point.bytes)}, ${point.same}/${point.of} |` : ' |';
}
