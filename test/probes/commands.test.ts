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
`,
      python,
    );
    expect(commands.filter(([, , text]) => text.endsWith('*'))).toEqual([[3, 'a', 'bash -c *']]);
    expect(commands).toContainEqual([5, 'b', 'bash']);
    expect(commands).toContainEqual([7, 'c', 'bash']);
  });
});
