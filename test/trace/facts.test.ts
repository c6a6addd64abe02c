import { describe, expect, it } from 'vitest';
import { parseFacts, parseImports } from '../../src/watching/facts.js';
import { mergeFacts } from '../../src/watching/trace.js';

describe('parseFacts', () => {
  it('gives each observation the program that the process was at that time', () => {
    const facts = parseFacts(
      [
        '["process", 7, 1, "/bin/sh"]',
        '["fact", "open", 7, "/etc/profile"]',
        '["fact", "exec", 7, "/bin/ls"]',
        '["process", 7, 1, "/bin/ls"]',
        '["fact", "list", 7, "/"]',
        '["warning", "w"]',
        '["exit", 3]',
        '["fact", "op',
      ].join('\n'),
    );
    expect(facts.observations).toEqual([
      { kind: 'open', path: '/etc/profile', process: 0 },
      { kind: 'exec', path: '/bin/ls', process: 0 },
      { kind: 'list', path: '/', process: 1 },
    ]);
    expect([facts.exit, facts.warnings, facts.error]).toEqual([3, ['w'], undefined]);
  });

  it('knows a supervisor that died by the missing end', () => {
    expect(parseFacts('["fact", "open", 1, "/x"]\n').exit).toBeUndefined();
  });

  it('refuses a kind that it does not know', () => {
    expect(() => parseFacts('["fact", "smell", 1, "/x"]')).toThrow();
  });
});

describe('mergeFacts', () => {
  it("numbers the processes of several supervisors on, and leaves out what is ours or the kernel's", () => {
    const one = parseFacts(
      '["process", 7, 1, "/.pyshrink/kit/libs/ld.so"]\n["fact", "open", 7, "/a"]\n["fact", "open", 7, "/.pyshrink/x"]',
    );
    const two = parseFacts(
      '["process", 7, 1, "/bin/b"]\n["fact", "open", 7, "/b"]\n["fact", "open", 7, "/proc/self/maps"]\n["fact", "open", 7, "/device"]',
    );
    expect(mergeFacts([one, two], '/.pyshrink')).toEqual({
      processes: [
        { pid: 7, parent: 1, executable: null },
        { pid: 7, parent: 1, executable: '/bin/b' },
      ],
      observations: [
        { kind: 'open', path: '/a', process: 0 },
        { kind: 'open', path: '/b', process: 1 },
        { kind: 'open', path: '/device', process: 1 },
      ],
    });
  });
});

it('parseImports takes the file that is told last, and the search path in order', () => {
  const { modules, searchPath } = parseImports('os\n\t/app\njson\n\t/usr/lib/python3\nos\t/usr/lib/os.py\n');
  expect([...modules]).toEqual([
    ['os', '/usr/lib/os.py'],
    ['json', null],
  ]);
  expect(searchPath).toEqual(['/app', '/usr/lib/python3']);
});
