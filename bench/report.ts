/**
 * `pyshrink report` and `pyshrink report --html` about an image of 45,000 made-up paths (as one of 1.7 GB has), from the
 * workspace alone: seconds, seconds of the processor (which other programs slow down less), and the most memory that the process
 * takes. The goal for the report is 2 s and 300 MB. With an argument: about the newest results in that folder instead.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { Folder } from '../src/workspace/folder.js';
import { largeImage } from '../test/support/largeinside.js';
import { median } from './median.js';

const CLI = new URL('../dist/cli.js', import.meta.url).pathname;
const PATHS = 45_000;
const RUNS = 3;

const [real] = process.argv.slice(2);
const home = mkdtempSync(join(tmpdir(), 'pyshrink-bench-'));
process.chdir(real ?? home);
try {
  if (real === undefined) {
    const { trace, record, made, check } = largeImage(PATHS);
    const folder = new Folder(join('.pyshrink', 'large'));
    await folder.saveTrace({ trace, record });
    await folder.saveResult({ ...made.result, traces: [folder.tracePath] }, made.keep);
    if (check) await folder.saveCheck(check);
  }
  // Tells what the process took when it ends.
  const probe = join(home, 'probe.mjs');
  const numbers = join(home, 'numbers');
  writeFileSync(
    probe,
    `import { writeFileSync } from 'node:fs';
process.on('exit', () => writeFileSync(${JSON.stringify(numbers)}, JSON.stringify([performance.now(), process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000, process.resourceUsage().maxRSS / 1024])));
`,
  );
  for (const words of [[], ['--html', join(home, 'page.html')]]) {
    const runs: [number, number, number][] = [];
    for (let run = 0; run < RUNS; run++) {
      await execa(process.execPath, ['--import', probe, CLI, 'report', ...words]);
      runs.push(JSON.parse(readFileSync(numbers, 'utf8')) as (typeof runs)[number]);
    }
    const seconds = (of: 0 | 1) => (median(runs.map((run) => run[of])) / 1000).toFixed(2);
    const memory = Math.max(...runs.map(([, , megabytes]) => megabytes));
    console.log(
      `report ${words[0] ?? ''}: ${seconds(0)} s, of the processor ${seconds(1)} s (medians of ${RUNS}), ${memory.toFixed(0)} MB`,
    );
  }
} finally {
  process.chdir('/');
  rmSync(home, { recursive: true });
}
