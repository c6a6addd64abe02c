import { expect, it } from 'vitest';
import { DockerEngine } from '../../src/engines/docker/docker.js';
import { DEFAULT_LIMITS, PLAIN_EXERCISE } from '../../src/exercise/exercise.js';
import { Helper } from '../../src/guest/helper.js';
import { runWatched, whereOf } from '../../src/watching/run.js';
import { describeWithEngine, leftovers } from '../support/engine.js';

const RUNS = 200;
const AT_ONCE = 3;
/** Kinds of processes in the zoo, with the expected output and exit status. */
const KINDS: readonly [args: string, says: RegExp, exit: number][] = [
  ['fork', /fork \['0', '1\/9'/, 0],
  ['spawn', /spawn \['0', '1\/9'/, 0],
  ['orphans,zombies', /orphan says b'1' and ends with 5[\s\S]*zombies \d/, 0],
  ['threads', /taken over/, 6],
  ['daemon', /daemon says 42/, 0],
  ['pipes', /\['y', 'y', '141'\]/, 0],
  ['quick', /leaving/, 9],
  ['descriptors', /wave \[0, 1, 2\]/, 0],
];

describeWithEngine('the process zoo', () => {
  it(`can be traced ${RUNS} times: no run hangs, each trace is complete, nothing is left behind`, { timeout: 600_000 }, async () => {
    const engine = await DockerEngine.open();
    const session = await engine.openSession();
    try {
      const image = await engine.inspect('pyshrink-fixture/entrypoint-zoo');
      const helper = await Helper.start(session, image);
      const where = await whereOf(helper, image);
      const limits = { ...DEFAULT_LIMITS, exit: 60 };
      const pending = Array.from({ length: RUNS }, (_, index) => index);
      const work = async () => {
        for (let index = pending.shift(); index !== undefined; index = pending.shift()) {
          const [args, says, exit] = KINDS[index % KINDS.length] as (typeof KINDS)[number];
          const exercise = { ...PLAIN_EXERCISE, args: ['python', 'processes.py', args], steps: [{ kind: 'until-exit' as const }], limits };
          const { answers, observed } = await runWatched(session, exercise, {}, { ...where, name: `often${index}` }, () => {});
          if (answers instanceof Error) throw answers;
          expect([Buffer.from(answers.app.stdout, 'base64').toString(), answers.app.exit]).toEqual([expect.stringMatching(says), exit]);
          expect(observed.facts.map((facts) => facts.exit)).toEqual([exit]);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    } finally {
      await session.close();
    }
    expect(await leftovers()).toEqual([]);
  });
});
