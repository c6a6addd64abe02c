/** Compares the time of `pyshrink --version` and `--help` with `node -e 0`. The runs alternate, so that load affects both. */
import { execa } from 'execa';
import { median, seconds } from './median.js';

const CLI = new URL('../dist/cli.js', import.meta.url).pathname;
const ROUNDS = 15;

const time = (...args: string[]) => seconds(() => execa(process.execPath, args));
for (const flag of ['--version', '--help']) {
  const ratios: number[] = [];
  await time(CLI, flag);
  for (let round = 0; round < ROUNDS; round++) {
    const node = await time('-e', '0');
    ratios.push((await time(CLI, flag)) / node);
  }
  console.log(`pyshrink ${flag}: ${median(ratios).toFixed(2)} x \`node -e 0\` (median of ${ROUNDS} pairs)`);
}
