import { expect, it } from 'vitest';
import { buildImage, describeWithEngine, docker, pyshrink, SLIM, workdir } from '../support/engine.js';
import { exported } from '../support/exported.js';

const APP = `import os, sys
name = sys.argv[1] if len(sys.argv) > 1 else "one"
print(open("/var/lib/thing/" + name).read())
`;
const DOCKERFILE = `FROM ${SLIM}
WORKDIR /app
RUN mkdir -p /var/lib/thing && echo 1 > /var/lib/thing/one && echo 2 > /var/lib/thing/two
COPY app.py .
CMD ["python3", "app.py"]
`;

describeWithEngine('several traces', () => {
  const done = async (args: string[], cwd: string) => {
    const run = await pyshrink(args, { cwd });
    expect([run.exitCode, run.exitCode === 0 ? '' : run.all]).toEqual([0, '']);
    return run.stdout as string;
  };
  const both = ['/var/lib/thing/one', '/var/lib/thing/two'];
  const kept = async (tag: string) => {
    const entries = await exported(tag);
    return both.filter((path) => entries.has(path));
  };

  it('trace --append adds a run, and smoke compares both', async () => {
    const image = await buildImage(DOCKERFILE, { 'app.py': APP });
    const cwd = workdir();
    const tag = 'pyshrink-test/append:1';
    await done(['trace', image], cwd);
    await done(['assemble', '--level', 'observed', '--tag', tag], cwd);
    expect(await kept(tag)).toEqual(both.slice(0, 1));
    await done(['trace', image, '--append', '--', 'python3', 'app.py', 'two'], cwd);
    await done(['assemble', '--level', 'observed', '--tag', tag], cwd);
    expect(await kept(tag)).toEqual(both);
    expect(await done(['smoke'], cwd)).toContain('2 answers equal');
    const late = await pyshrink(['trace', image, '--append'], { cwd: workdir() });
    expect([late.exitCode, late.stderr]).toEqual([1, expect.stringMatching(/there is no trace|No trace|not there/i)]);
  });

  it('assemble joins traces of the same image, and rejects traces of different images', async () => {
    const image = await buildImage(DOCKERFILE, { 'app.py': APP });
    const [one, two, other] = [workdir(), workdir(), workdir()] as [string, string, string];
    const path = async (cwd: string, reference: string, args: string[] = []) =>
      `${cwd}/${JSON.parse(await done(['trace', reference, '--json', ...args], cwd)).trace}`;
    const traces = [await path(one, image), await path(two, image, ['--', 'python3', 'app.py', 'two'])];
    const tag = 'pyshrink-test/joined:1';
    await done(['assemble', ...traces, '--level', 'observed', '--tag', tag], one);
    expect(await kept(tag)).toEqual(both);
    expect(await done(['smoke'], one)).toContain('2 answers equal');
    const foreign = await path(other, 'pyshrink-fixture/hello');
    const refused = await pyshrink(['assemble', traces[0] as string, foreign, '--tag', 'pyshrink-test/refused:1'], { cwd: one });
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringMatching(/traces are of different images: .*hello/)]);
    await expect(docker('image', 'inspect', 'pyshrink-test/refused:1')).rejects.toThrow();
  });
});

describeWithEngine('repair', () => {
  it('adds the paths that the shrunk image missed, and asks for a better rule', async () => {
    // The answer depends on the files in the folder, but the trace only has the listing of the folder.
    const image = await buildImage(DOCKERFILE, { 'app.py': 'import os\nprint(sorted(os.listdir("/var/lib/thing")))\n' });
    const cwd = workdir();
    const run = await pyshrink(['shrink', image, '--level', 'observed', '--tag', 'pyshrink-test/repair:1'], { cwd });
    expect([run.exitCode, run.stderr]).toEqual([0, expect.stringContaining('2 paths that it looked for are added')]);
    expect(run.stdout).toContain('repaired: /var/lib/thing/one: the shrunk image listed /var/lib/thing, and its answers differed');
    expect(run.stdout).toContain('A rule should have known');
    expect(await docker('run', '--rm', 'pyshrink-test/repair:1')).toBe("['one', 'two']");
    const why = await pyshrink(['why', '/var/lib/thing/two'], { cwd });
    expect(why.stdout).toContain('[repair] the shrunk image listed /var/lib/thing, and its answers differed');
    // The trace records the repair, so a new assembly has it too.
    const again = await pyshrink(['assemble', '--level', 'observed', '--tag', 'pyshrink-test/repair:1'], { cwd });
    expect(again.exitCode).toBe(0);
    expect(await docker('run', '--rm', 'pyshrink-test/repair:1')).toBe("['one', 'two']");
  });
});

describeWithEngine('a test suite as the exercise', () => {
  it('keeps the files that the tested app needs, but not the test runner', async () => {
    const image = await buildImage(
      `FROM ${SLIM}
ARG PIP_CERT=/usr/local/share/build-ca.crt
RUN python3 -m pip install -q --no-cache-dir --root-user-action ignore pytest && mkdir -p /var/lib/thing && echo 1 > /var/lib/thing/one && echo 2 > /var/lib/thing/two
WORKDIR /app
COPY app.py test_app.py ./
CMD ["python3", "app.py"]
`,
      { 'app.py': APP, 'test_app.py': 'import runpy, sys\ndef test():\n    sys.argv = ["app.py", "two"]\n    runpy.run_path("app.py")\n' },
    );
    const cwd = workdir();
    const run = await pyshrink(['trace', image, '--', 'python3', '-m', 'pytest', '-q', '-p', 'no:cacheprovider'], { cwd });
    expect([run.exitCode, run.exitCode === 0 ? '' : run.all]).toEqual([0, '']);
    expect((await pyshrink(['trace', image, '--append'], { cwd })).exitCode).toBe(0);
    const tag = 'pyshrink-test/tested:1';
    const made = await pyshrink(['assemble', '--tag', tag], { cwd });
    expect([made.exitCode, made.stdout]).toEqual([
      0,
      expect.stringMatching(/a test suite was the exercise: \d+ files that only .*pytest needed/),
    ]);
    const entries = await exported(tag);
    const names = [...entries.keys()];
    expect(names.filter((path) => /_pytest|pluggy|test_app/.test(path))).toEqual([]);
    expect(await docker('run', '--rm', tag, 'python3', 'app.py', 'two')).toBe('2\n');
    expect((await pyshrink(['smoke'], { cwd })).stdout).toContain('1 answer equal');
  });
});
