import { cp, mkdtemp, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type Compared, compare, type Result, withFolder } from '../compare.js';
import { build, copyOut, runIn, shrink } from '../images.js';
import { casesOf } from './junit.js';

const HERE = new URL('.', import.meta.url).pathname;
/** Milliseconds after which a suite is given up. */
const LONGEST = 3 * 3_600_000;
/** Seconds after which one file of tests is given up. */
const LONGEST_FILE = '600';

/** Files of tests about what an image may lack: programs, libraries, data of the system and of the standard library. */
const PART = `bz2 codecencodings_jp codecs compileall ctypes curses dbm doctest email ensurepip encodings gettext grp gzip hashlib idle
  importlib inspect locale lzma mailcap mimetypes os pathlib pkgutil platform posix posixpath pty pwd pydoc readline regrtest runpy
  shutil site sqlite3 spwd ssl subprocess sysconfig tarfile tempfile time tomllib ucn unicodedata unittest venv webbrowser xml_etree
  zipapp zipfile zipimport zoneinfo`
  .split(/\s+/)
  .map((word) => `test_${word}`);

interface Interpreter {
  base: string;
  /** The folder of the Dockerfile that brings the tests, and the image that it is built over. */
  tests: 'debian' | 'source';
  builder: string;
}

export const INTERPRETERS: ReadonlyMap<string, Interpreter> = new Map<string, Interpreter>([
  ['cpython-3.11', { base: 'pyshrink-base/debian-python:3.11', tests: 'debian', builder: 'pyshrink-base/debian-python:3.11' }],
  ['cpython-3.13', { base: 'pyshrink-base/official-python:3.13-slim', tests: 'source', builder: 'pyshrink-base/official-python:3.13' }],
]);

/**
 * Runs CPython's own tests in an image with an interpreter, and in that image shrunk to `whole`. The tests lie where they belong.
 * @param whole all of the files, not only those of {@link PART}
 */
export async function compareInterpreter(name: string, whole = false): Promise<Compared> {
  const interpreter = INTERPRETERS.get(name);
  if (!interpreter) throw new Error(`there is no suite ${name}; the suites are ${[...INTERPRETERS.keys()].join(', ')}`);
  return withFolder(async (folder) => {
    const image = `pyshrink-suite/${name}`;
    await build(join(HERE, 'app'), 'app', image, { BASE: interpreter.base });
    await build(join(HERE, interpreter.tests), 'tests', `${image}:outside`, { BASE: interpreter.builder });
    await copyOut(`${image}:outside`, folder);
    const small = `${image}:shrunk`;
    const sizes = await shrink(image, small, 'whole', folder);
    const [original, shrunk] = await Promise.all([image, small].map((one) => runTests(whole ? [] : PART, one, folder)));
    return compare(original as Result, shrunk as Result, sizes);
  });
}

/** Runs the tests in a container of an image. Each run has its own copy of the tests. */
async function runTests(files: readonly string[], image: string, folder: string): Promise<Result> {
  const run = await mkdtemp(join(folder, 'run-'));
  await cp(join(folder, 'suite'), join(run, 'suite'), { recursive: true });
  const flags = ['-v', `${run}:/results`, '-e', 'HOME=/tmp'];
  for (const path of await testFolders(join(run, 'suite'))) flags.push('-v', `${path}:/${relative(join(run, 'suite'), path)}`);
  const command = ['python3', '-m', 'test', '-j1', '--timeout', LONGEST_FILE, '--junit-xml', '/results/junit.xml', ...files];
  const output = await runIn(image, flags, command, LONGEST);
  const xml = await readFile(join(run, 'junit.xml'), 'utf8').catch(() => undefined);
  if (xml === undefined) throw new Error(`the tests did not end in ${image}: ${output.slice(-3000)}`);
  return { ...casesOf(xml), own: [], lent: [] };
}

/** The topmost folders of tests below a folder. */
async function testFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => (/^(test|tests|idle_test)$/.test(name) ? [join(folder, name)] : testFolders(join(folder, name)))),
  );
  return found.flat();
}
