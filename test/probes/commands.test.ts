import { expect, it } from 'vitest';
import { summarizeText } from '../support/analyst.js';
import { describeWithPython, PYTHONS } from '../support/probes.js';

describeWithPython('command lines', () => {
  it.each(PYTHONS)('under %s tell shells that get a computed command line from others', (python) => {
    const { commands } = summarizeText(
      `import subprocess
def a(command):
    subprocess.run(["bash", "-c", command], check=True)
def b():
    subprocess.run(["bash", "-c", 'echo "\${BASH_VERSION}"'])
def c(name):
    subprocess.run(["bash", name, "-c"])
def d(name):
    subprocess.run(["/bin/bash", "-ec", name])
def e(name):
    subprocess.run(["tar", "-c", name])
def f(name):
    subprocess.run(["bash", "script.sh", name])
def g(name):
    subprocess.run(name, shell=True, executable="/bin/bash")
def h(name, options):
    subprocess.run(name, shell=True, executable="/bin/zsh", **options)
if __name__ == "__main__":
    subprocess.run("echo x | sort", shell=True, executable="/bin/dash")
`,
      python,
    );
    expect(commands.filter(([, , text]) => text.endsWith('*'))).toEqual([
      [3, 'a', 'bash -c *'],
      [7, 'c', 'bash -c *'],
      [9, 'd', '/bin/bash -c *'],
      [15, 'g', '/bin/bash -c *'],
      [17, 'h', '/bin/zsh -c *'],
      [19, '__main__', '/bin/dash -c *'],
    ]);
    expect(commands).toEqual(
      expect.arrayContaining([
        [5, 'b', 'bash'],
        [11, 'e', 'tar'],
        [13, 'f', 'bash'],
      ]),
    );
  });
});
