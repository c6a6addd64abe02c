import { describe, expect, it } from 'vitest';
import { addImports, parseFacts, parseImports } from '../../src/trace/facts.js';

describe('parseFacts', () => {
  it('links each observation to the program that the process ran at that time', () => {
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

  it('dates each observation by the time before it', () => {
    const facts = parseFacts(
      '["fact", "open", 7, "/a"]\n["time", 1000]\n["fact", "open", 7, "/b"]\n["fact", "open", 7, "/c"]\n["time", 1020]\n["fact", "open", 7, "/d"]\n',
    );
    expect(facts.observations.map(({ path, at }) => [path, at])).toEqual([
      ['/a', undefined],
      ['/b', 1000],
      ['/c', 1000],
      ['/d', 1020],
    ]);
  });

  it('has the last exit status where the container was started again', () => {
    expect(parseFacts('["exit", 1]\n["exit", 0]\n').exit).toBe(0);
  });

  it('has no exit status where the supervisor was killed', () => {
    expect(parseFacts('["fact", "open", 1, "/x"]\n').exit).toBeUndefined();
  });

  it('reads what the supervisor lacked, and why it could not work', () => {
    expect(parseFacts('["needs", "SYS_PTRACE"]\n["error", "no threads"]\n')).toMatchObject({ needs: 'SYS_PTRACE', error: 'no threads' });
  });

  it('rejects an unknown kind', () => {
    expect(() => parseFacts('["fact", "smell", 1, "/x"]')).toThrow();
  });

  it.each([
    '["fact", "open", -1, "/x"]',
    '["fact", "open", 1.5, "/x"]',
    '["fact", "open", 99999999, "/x"]',
    '["fact", "open", 1, "x"]',
    '["fact", "open", 1, "../x"]',
    '["fact", "open", 1, "/a\\u0000b"]',
    `["fact", "open", 1, "/${'x'.repeat(9000)}"]`,
    '["process", 1, -7, "/x"]',
    '["exit", 256]',
    '["exit", -1]',
    '[[[]]]',
    'hello]',
  ])('refuses what the kernel can not have told: %s', (text) => {
    expect(() => parseFacts(text)).toThrowError(
      expect.objectContaining({ name: 'UserError', message: expect.stringContaining("observations of a run can't be right") }),
    );
  });
});

it('parseImports takes the last file of a module, and the search path in order', () => {
  const { modules, searchPath } = parseImports('os\n\t/app\njson\n\t/usr/lib/python3\nos\t/usr/lib/os.py\n');
  expect([...modules]).toEqual([
    ['os', '/usr/lib/os.py'],
    ['json', null],
  ]);
  expect(searchPath).toEqual(['/app', '/usr/lib/python3']);
});

it('addImports keeps a known file, and adds new folders at the end', () => {
  const all = parseImports('os\t/usr/lib/os.py\n\t/app\n');
  addImports(all, parseImports('os\njson\t/usr/lib/json.py\n\t/usr/lib\n\t/app\n'));
  expect([...all.modules]).toEqual([
    ['os', '/usr/lib/os.py'],
    ['json', '/usr/lib/json.py'],
  ]);
  expect(all.searchPath).toEqual(['/app', '/usr/lib']);
});

it('parseImports reads which functions ran, and that they are measured', () => {
  expect(parseImports('os\n').measured).toBe(false);
  const none = parseImports('\t\t\nos\n');
  expect([none.measured, none.ran.size, [...none.modules.keys()], none.searchPath]).toEqual([true, 0, ['os'], []]);
  const all = parseImports('os\n');
  addImports(all, parseImports('\t\t\n\t\t/app/a.py\t3\n\t\t/app/a.py\tx\n\t\trelative.py\t3\n\t\t/app/cut.py'));
  expect([all.measured, [...all.ran]]).toEqual([true, ['/app/a.py\t3']]);
});
