import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

const FIXTURES = new URL('../fixtures/', import.meta.url).pathname;

/** A fixture, on its usual base image or as a variant. */
export interface Fixture {
  /** `django` or `django:full`. */
  name: string;
  image: string;
  folder: string;
  /** Arguments after the image's name. */
  args: string[];
}

/** The fixtures that can be shrunk, with the variants of them that were built (fixtures/build.sh). @param wanted names; empty for all */
export async function fixtures(wanted: readonly string[]): Promise<Fixture[]> {
  const { stdout } = await execa('docker', ['images', '--format', '{{.Repository}}:{{.Tag}}', 'pyshrink-fixture/*']);
  const images = stdout.split('\n').map((image) => image.replace(/^pyshrink-fixture\//, ''));
  return readdirSync(FIXTURES)
    .filter((name) => images.includes(`${name}:latest`) && readdirSync(join(FIXTURES, name)).includes('expected.json'))
    .flatMap((name) => images.filter((image) => image.startsWith(`${name}:`)).sort())
    .map((name) => name.replace(/:latest$/, ''))
    .filter((name) => wanted.length === 0 || wanted.includes(name))
    .map((name) => {
      const folder = join(FIXTURES, name.replace(/:.*/, ''));
      const { args = [] } = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as { args?: string[] };
      return { name, image: `pyshrink-fixture/${name}`, folder, args };
    });
}

/** Megabytes, as `docker images` shows them. */
export function mb(bytes: number): string {
  return Number.isFinite(bytes) ? `${(bytes / 1e6).toFixed(1)} MB` : 'all';
}
