import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, type Exercise, PLAIN_EXERCISE } from '../../src/exercise/exercise.js';
import type { Step } from '../../src/exercise/steps.js';
import { Helper } from '../../src/guest/helper.js';
import type { Watching } from '../../src/trace/watching.js';
import { type Outcome, runWatched, watchingWarnings, whereOf } from '../../src/watching/run.js';
import { imageWith, ProcessSession } from '../guest/processsession.js';
import { describeWithPython, PYTHONS } from '../support/probes.js';
import { type FakeSupervisor, fakeSupervisor, type SupervisorOptions } from './fakesupervisor.js';

const UNTIL_EXIT: Exercise = { ...PLAIN_EXERCISE, args: ['true'], steps: [{ kind: 'until-exit' }] };
/** The app has ended with status 0. */
const DONE = 'write(["exit", 0]);';

let engine: ProcessSession;
let fake: FakeSupervisor;
afterEach(async () => {
  await engine.close();
  fake?.remove();
});

/** Runs an app under a supervisor that does what `script` says. */
async function run(script: string, more: Partial<Exercise> = {}, first: Watching = {}) {
  engine = new ProcessSession();
  fake = fakeSupervisor(script);
  return runIn(fake, more, first);
}

async function runIn({ kit, volume }: FakeSupervisor, more: Partial<Exercise>, first: Watching = {}) {
  const said: string[] = [];
  const where = { image: 'x', config: {}, volume, kit, name: 'trace' };
  const outcome = await runWatched(engine.session, { ...UNTIL_EXIT, ...more }, first, where, (text) => said.push(text));
  return { ...outcome, said, starts: engine.specs.map(({ command }) => JSON.parse(command[4] as string) as SupervisorOptions) };
}

const stdout = ({ answers }: Pick<Outcome, 'answers'>) =>
  answers instanceof Error ? answers : Buffer.from(answers.app.stdout, 'base64').toString();

describe('runWatched', () => {
  it('starts the app under the supervisor, and reads what both did', async () => {
    const script = `write(["process", 7, 1, "/bin/x"], ["fact", "open", 7, "/etc/x"]); console.log(command.join(" ")); ${DONE}`;
    const outcome = await run(script, { args: ['app', 'a b'] });
    expect(stdout(outcome)).toBe('app a b\n');
    expect(outcome.observed.facts).toMatchObject([{ observations: [{ kind: 'open', path: '/etc/x', process: 0 }], exit: 0 }]);
    expect(outcome.watching).toEqual({});
    expect(outcome.starts).toEqual([
      {
        facts: expect.stringMatching(`^${join(fake.volume, 'observations/facts-trace-')}\\d+-app.jsonl$`),
        stop: 15,
        patience: 10,
        first: true,
        beside: false,
        listener: true,
        ptrace: false,
        contained: false,
        refused: [],
      },
    ]);
  });

  it('says which steps were done, and does those of an earlier default exercise', async () => {
    engine = new ProcessSession();
    fake = fakeSupervisor(`setTimeout(() => { ${DONE} process.exit(0); }, 500);`);
    const where = { image: 'x', config: {}, volume: fake.volume, kit: fake.kit, name: 'trace' };
    const wait: Step = { kind: 'wait', seconds: 0.01 };
    const { done, took } = await runWatched(engine.session, { ...PLAIN_EXERCISE, args: ['x'] }, {}, where, () => {}, [
      wait,
      { kind: 'until-exit' },
    ]);
    expect([done, took]).toEqual([[wait, { kind: 'until-exit' }], {}]);
  });

  it('runs the app again with CAP_SYS_PTRACE where the supervisor lacks it', async () => {
    const outcome = await run(`options.ptrace ? write(["exit", 0]) : lacks("SYS_PTRACE");`);
    expect(outcome.watching).toEqual({ ptrace: true });
    expect(engine.specs.map(({ run: { capAdd } }) => capAdd)).toEqual([[], ['SYS_PTRACE']]);
    expect(outcome.starts.map(({ facts, ptrace }) => [facts.replace(/.*\/|\d+-(?=app)/g, ''), ptrace])).toEqual([
      ['facts-trace-app.jsonl', false],
      ['facts-trace-again1-app.jsonl', true],
    ]);
    expect(outcome.observed.facts.map(({ exit }) => exit)).toEqual([0]);
    expect(outcome.said).toContain(`running it again: ${watchingWarnings({ ptrace: true })[0]}`);
  });

  it('runs the app again without a listener where it is refused, and keeps what it knows', async () => {
    const outcome = await run(`if (!options.ptrace) lacks("SYS_PTRACE"); else if (options.listener) lacks("listener"); else ${DONE}`);
    expect(outcome.watching).toEqual({ ptrace: true, noListener: expect.stringContaining('seccomp profile refuses') });
    expect(outcome.starts.map(({ listener, ptrace }) => [listener, ptrace])).toEqual([
      [true, false],
      [true, true],
      [false, true],
    ]);
  });

  it.each([
    ['the app ends with another status than a supervisor that can not watch', `write(["needs", "SYS_PTRACE"], ["exit", 0]);`],
    [
      'the file is not that of a supervisor',
      `fs.writeFileSync(options.facts.replace("-app", "-exec7"), '["needs","SYS_PTRACE"]\\n'); write(["exit", 125]); process.exit(125);`,
    ],
    [
      'the file is in a folder',
      `const path = require('node:path');
      const folder = path.join(path.dirname(options.facts), 'observations');
      fs.mkdirSync(folder);
      fs.writeFileSync(path.join(folder, path.basename(options.facts)), '["needs","SYS_PTRACE"]\\n');
      write(["exit", 125]); process.exit(125);`,
    ],
  ])('gives no capability where %s', async (_, script) => {
    const { watching, starts } = await run(script);
    expect([watching, starts.length]).toEqual([{}, 1]);
  });

  it('gives no capability where the facts of a command beside the app ask for it', async () => {
    const script = `if (options.beside) { write(["needs", "SYS_PTRACE"], ["exit", 125]); process.exit(125); }
      write(["exit", 125]); setTimeout(() => process.exit(125), 1000);`;
    const { watching, starts } = await run(script, { steps: [{ kind: 'exec', command: ['true'] }] });
    expect([watching, starts.length]).toEqual([{}, 1]);
  });

  it('refuses to the app what the container refuses without the capability', async () => {
    const { watching, starts } = await run(`if (options.ptrace) { ${DONE} } else { write(["refused", 312, 1]); lacks("SYS_PTRACE"); }`);
    expect(watching).toEqual({ ptrace: true, refused: [[312, 1]] });
    expect(starts.map(({ refused }) => refused)).toEqual([[], [[312, 1]]]);
  });

  it('gives each only once', async () => {
    await expect(run('lacks("SYS_PTRACE");')).rejects.toThrow(/The supervisor was killed before the app ended/);
    expect(engine.specs.map(({ run: { capAdd } }) => capAdd)).toEqual([[], ['SYS_PTRACE']]);
  });

  it('starts as it was told to', async () => {
    const first: Watching = { ptrace: true, noListener: 'no ctypes' };
    const outcome = await run(DONE, {}, first);
    expect([outcome.watching, outcome.starts.length, outcome.starts[0]]).toEqual([
      first,
      1,
      expect.objectContaining({ listener: false, ptrace: true }),
    ]);
  });

  it('leaves the capability alone where the user has given it to the app', async () => {
    const { starts } = await run(DONE, { run: { ...PLAIN_EXERCISE.run, capAdd: ['cap_sys_ptrace'] } }, { ptrace: true });
    expect(starts[0]?.ptrace).toBe(false);
  });

  it('gives the app its standard input', async () => {
    const input = Buffer.from('typed').toString('base64');
    expect(stdout(await run(`console.log(fs.readFileSync(0, 'utf8')); ${DONE}`, { input }))).toBe('typed\n');
  });

  it('runs the reset commands before each start', async () => {
    engine = new ProcessSession();
    fake = fakeSupervisor('options.ptrace ? write(["exit", 0]) : lacks("SYS_PTRACE");');
    const log = join(fake.volume, 'log');
    await runIn(fake, { reset: [`echo one >> ${log}`, `echo two >> ${log}`] });
    expect(readFileSync(log, 'utf8')).toBe('one\ntwo\none\ntwo\n');
    // A command may hold a password. All users can read command lines.
    await runIn(fake, { reset: [`: s3cret; cat /proc/$$/cmdline > ${log}`] });
    expect(readFileSync(log, 'utf8')).not.toContain('s3cret');
  });

  it('does not start the app where a reset command fails, and shows its output', async () => {
    await expect(run(DONE, { reset: ['echo no database >&2; exit 4', 'true'] })).rejects.toMatchObject({
      message: expect.stringMatching(/The reset command `echo no database .*` of the exercise file failed with status 4: no database/),
      exitCode: 2,
    });
    expect(engine.specs).toEqual([]);
  });

  it('returns the failure of the exercise where the observations are complete', async () => {
    const { answers, done, took } = await run(`${DONE} setInterval(() => {}, 1000);`, { limits: { ...DEFAULT_LIMITS, exit: 1 } });
    expect([done, took]).toEqual([[], {}]);
    expect(answers).toMatchObject({ message: expect.stringContaining('did not end within 1 s') });
  });

  it.each([
    ['a supervisor that can not work', 'write(["error", "no threads"]);', /The app could not be watched: no threads\./, /doctor/],
    ['a killed supervisor', '', /The supervisor was killed before the app ended\. The trace is incomplete/, /--until-exit/],
    [
      'a full disk',
      `console.error("pyshrink: the observations can't be written: No space left on device");`,
      /could not write down what it saw: No space left on device\. The trace is incomplete/,
      /free space/,
    ],
    [
      'processes that outlive the app',
      `console.error("\\npyshrink: the app's processes can't be ended");`,
      /could not end all processes of the app\. The trace is incomplete/,
      /--cap-add KILL/,
    ],
  ])('rejects the observations of %s', async (_, script, message, remedy) => {
    await expect(run(script)).rejects.toMatchObject({
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(remedy),
      exitCode: 1,
    });
  });

  it('names the lack of memory where the kernel killed the container', async () => {
    engine = new ProcessSession();
    engine.outOfMemory = true;
    fake = fakeSupervisor('');
    await expect(runIn(fake, {})).rejects.toMatchObject({
      message: expect.stringContaining('ran out of memory'),
      remedy: expect.stringContaining('--memory'),
    });
  });

  it('rejects the observations where the supervisor of a command beside the app was killed', async () => {
    const script = 'write(["fact", "open", 7, "/x"]); if (!options.beside) { write(["exit", 0]); setInterval(() => {}, 1000); }';
    await expect(run(script, { steps: [{ kind: 'exec', command: ['true'] }] })).rejects.toThrow(/was killed before the app ended/);
  });
});

describeWithPython('runWatched with the real supervisor', () => {
  it('observes an app and the commands beside it', async () => {
    engine = new ProcessSession();
    const image = imageWith({ Cmd: ['sh', '-c', 'cat /etc/passwd > /dev/null; exec sleep 60'] });
    const helper = await Helper.start(engine.session, image, PYTHONS[0]);
    const exercise: Exercise = {
      ...PLAIN_EXERCISE,
      steps: [
        { kind: 'exec', command: ['cat', '/etc/hostname'] },
        { kind: 'wait', seconds: 0.5 },
      ],
    };
    const outcome = await runWatched(engine.session, exercise, {}, { ...(await whereOf(helper, image)), name: 'real' }, () => {});
    const { answers, observed, watching } = outcome;
    if (answers instanceof Error) throw answers;
    expect(answers.steps[0]?.answer).toMatchObject({ kind: 'exec', exit: 0 });
    expect(observed.facts.map(({ exit }) => exit)).toEqual([expect.any(Number), expect.any(Number)]);
    const opened = observed.facts.flatMap(({ observations }) => observations.map(({ path }) => path));
    // A kernel or a sandbox that refuses a listener leaves less to see.
    if (watching.noListener === undefined) expect(opened).toEqual(expect.arrayContaining(['/etc/passwd', '/etc/hostname']));
  }, 30_000);
});

describe('watchingWarnings', () => {
  it('is empty for the usual way', () => {
    expect(watchingWarnings({})).toEqual([]);
  });

  it('names each difference', () => {
    expect(watchingWarnings({ ptrace: true, noListener: 'no ctypes' })).toEqual([
      expect.stringContaining('CAP_SYS_PTRACE'),
      expect.stringContaining('only the weaker tracers ran, since no ctypes:'),
    ]);
  });
});
