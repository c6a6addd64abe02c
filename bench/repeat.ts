/** Compares originals with themselves, two hundred times over the fixtures: each difference is a false one. */
import { DockerEngine } from '../src/engines/docker/docker.js';
import { ALONE, falseDifferences } from '../test/support/repeats.js';

const RUNS = 200;

const engine = await DockerEngine.open();
const times = Math.ceil(RUNS / ALONE.length);
let found = 0;
for (const name of ALONE) {
  const session = await engine.openSession();
  try {
    const differences = await falseDifferences(engine, session, name, times);
    for (const line of differences) console.log(line);
    found += differences.length;
  } finally {
    await session.close();
  }
}
console.log(`originals compared with themselves: ${found} false differences in ${times * ALONE.length} runs over ${ALONE.length} fixtures`);
