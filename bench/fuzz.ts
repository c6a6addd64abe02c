/**
 * Gives each parser ten thousand hostile inputs: none may crash it, take more than a second, or make the process take more
 * than 512 MB. `bench/run.sh fuzz`; with the name of a parser, a first seed and a number, only
 * these inputs.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { fuzz } from '../test/support/fuzz.js';
import { TARGETS } from '../test/support/fuzztargets.js';
import { PACKAGE_FOLDER, PYTHONS } from '../test/support/probes.js';

const COUNT = 10_000;
const SECONDS = 1;
const MEGABYTES = 512;
/** Seconds after which one input counts as a hang: then its process is ended. */
const HANG = 120;
/** Parsers of test/support/fuzzprobes.py. */
const PROBES = ['bytecode', 'source', 'binaries', 'plain JSON', 'notifications', 'socket addresses'];
const PROGRAM = fileURLToPath(new URL('../test/support/fuzzprobes.py', import.meta.url));

const [, , name, first = '1', count = String(COUNT)] = process.argv;
if (name === undefined) {
  let bad = 0;
  const own = [...process.execArgv, fileURLToPath(import.meta.url)];
  for (const { name } of TARGETS) bad += await watched(name, process.execPath, [...own, name], count);
  if (PYTHONS.length === 0) console.log('the parsers of the probes: skipped, as no python3 is here');
  else for (const name of PROBES) bad += await ofProbes(name, first, count);
  process.exitCode = bad === 0 ? 0 : 1;
} else if (PROBES.includes(name)) process.exitCode = (await ofProbes(name, first, count)) === 0 ? 0 : 1;
else await child(name, Number(first), Number(count));

/** Runs one parser of the probes. @returns the number of finds */
async function ofProbes(name: string, first: string, count: string): Promise<number> {
  const python = PYTHONS[0];
  if (python === undefined) throw new Error(`${name} is a parser in Python, and no python3 is here`);
  return watched(name, python, ['-B', PROGRAM, name, first, count, String(SECONDS)], count);
}

/** Runs one target in this process and prints its finds as JSON lines. */
async function child(name: string, first: number, count: number): Promise<void> {
  const one = TARGETS.find((candidate) => candidate.name === name);
  if (!one) throw new Error(`no parser ${name}: ${[...TARGETS.map((candidate) => candidate.name), ...PROBES].join(', ')}`);
  let last = 0;
  const before = (seed: number) => {
    if (performance.now() - last < 1000 && seed !== first) return;
    last = performance.now();
    process.stdout.write(`${JSON.stringify({ seed })}\n`);
  };
  for (const find of await fuzz(one, first, count, SECONDS, before)) process.stdout.write(`${JSON.stringify(find)}\n`);
  process.stdout.write(`${JSON.stringify({ megabytes: Math.round(process.resourceUsage().maxRSS / 1024) })}\n`);
}

/** Runs one parser in a process of its own, and prints a line about it. @returns the number of finds */
async function watched(name: string, program: string, args: readonly string[], count: string): Promise<number> {
  const start = performance.now();
  const run = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PYTHONPATH: PACKAGE_FOLDER } });
  let seed = 0;
  let megabytes = 0;
  const finds: string[] = [];
  const dog = { timer: setTimeout(() => {}, 0) };
  const watch = () => {
    clearTimeout(dog.timer);
    dog.timer = setTimeout(() => run.kill('SIGKILL'), HANG * 1000);
  };
  watch();
  const ended = new Promise<NodeJS.Signals | number | null>((resolve) => run.on('close', (code, signal) => resolve(signal ?? code)));
  for await (const line of createInterface({ input: run.stdout })) {
    watch();
    const said = JSON.parse(line) as { seed?: number; what?: string; megabytes?: number };
    if (said.seed !== undefined) seed = said.seed;
    if (said.what !== undefined) finds.push(`seed ${said.seed}: ${said.what}`);
    megabytes = Math.max(megabytes, said.megabytes ?? 0);
  }
  clearTimeout(dog.timer);
  const end = await ended;
  if (end !== 0) finds.push(`seed ${seed} or later: the process ended with ${end}`);
  if (megabytes > MEGABYTES) finds.push(`took ${megabytes} MB`);
  console.log(`${name}: ${count} inputs, ${finds.length} finds, ${((performance.now() - start) / 1000).toFixed(1)} s, ${megabytes} MB`);
  for (const find of finds.slice(0, 20)) console.log(`  ${find}`);
  return finds.length;
}
