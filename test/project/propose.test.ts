import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conceal, forgetSecrets } from '../../src/conceal.js';
import { printable } from '../../src/printable.js';
import { parseProject } from '../../src/project/file.js';
import { type Looked, proposeRuns } from '../../src/project/propose.js';
import { projectText } from '../../src/project/write.js';
import { codeFile, lookedAt } from '../support/looked.js';

const commands = (image: Looked) => Object.fromEntries(proposeRuns(image).map(({ name, command }) => [name, command]));
const parsed = (text: string) =>
  parseProject('pyshrink.yaml', text, {
    read: () => {
      throw new Error('no file');
    },
    shell: {},
  });

it('names are written as they are, also where a password is the same word', () => {
  conceal(['webshop']);
  try {
    const image = lookedAt({ image: 'webshop', command: ['gunicorn', 'webshop.wsgi'] });
    const runs = proposeRuns(image).map((run) => ({ ...run, name: 'webshop' }));
    const text = projectText(image, runs, { file: 'webshop.yaml' });
    expect(text.match(/webshop/g)).toHaveLength(3);
    expect(text).not.toContain('***');
  } finally {
    forgetSecrets();
  }
});

describe('the runs of an image', () => {
  const manage = codeFile('/app/manage.py', { script: true });
  const celery = codeFile('/app/shop/celery.py', { applications: [{ framework: 'celery', variable: 'app' }] });

  it('Django gets web, migrate and check; with celery also worker and beat', () => {
    const django = lookedAt({ command: ['gunicorn', 'shop.wsgi'], distributions: new Set(['django']), code: [manage, celery] });
    expect(commands(django)).toEqual({
      web: undefined,
      migrate: ['/usr/local/bin/python3', 'manage.py', 'migrate', '--noinput'],
      check: ['/usr/local/bin/python3', 'manage.py', 'check'],
    });
    const both = commands({ ...django, distributions: new Set(['django', 'celery']) });
    expect(both).toMatchObject({ worker: ['celery', '-A', 'shop', 'worker'], beat: expect.arrayContaining(['beat']) });
  });

  it('an entrypoint that runs manage.py gets only its arguments', () => {
    const image = lookedAt({
      entrypoint: ['python3', 'manage.py'],
      command: ['runserver'],
      distributions: new Set(['django']),
      code: [manage],
    });
    expect(commands(image)).toMatchObject({ migrate: ['migrate', '--noinput'] });
  });

  it('an image whose command is a worker gets that alone', () => {
    const image = lookedAt({ command: ['celery', '-A', 'shop', 'worker'], distributions: new Set(['celery']), code: [celery] });
    expect(commands(image)).toEqual({ worker: undefined });
  });

  it.each([
    [['celery', '-A', 'other.tasks:app', 'worker'], 'celery -A other.tasks:app'],
    [['celery', '--app=other', 'worker'], 'celery -A other'],
    [['/bin/sh', '-c', 'celery --app other worker'], 'celery -A other'],
    [['celery', 'worker'], 'celery -A shop'],
  ])('a worker is asked by the app that its command names: %j', (command, asked) => {
    const image = lookedAt({ command, distributions: new Set(['celery']), code: [celery] });
    expect(proposeRuns(image)).toMatchObject([{ name: 'worker', steps: [expect.any(String), `exec: ${asked} inspect registered`] }]);
  });

  it('a worker whose app nothing names is one all the same, and an app outside of the working directory is none to name', () => {
    const command = ['celery', 'worker'];
    const steps = [expect.any(String), 'exec: celery inspect registered'];
    for (const code of [[], [{ ...celery, path: '/srv/celery.py' }]])
      expect(proposeRuns(lookedAt({ command, distributions: new Set(['celery']), code }))).toMatchObject([{ name: 'worker', steps }]);
  });

  it('routes are suggested once each, in comments, those without parameters first', () => {
    const routes = ['/b/{id}', '/a', '/a'].map((path) => ({ method: 'GET', path }));
    const image = lookedAt({ ports: ['8000'], code: [codeFile('/app/main.py', { routes })] });
    expect(proposeRuns(image)[0]?.suggested.steps).toEqual(['http: /a', "http: '/b/{id}'"]);
    expect(projectText(image, proposeRuns(image))).toContain("    # steps:\n    #   - http: /a\n    #   - http: '/b/{id}'\n");
  });

  it('a command line gets --help of each subcommand, a job just itself', () => {
    const cli = codeFile('/app/main.py', { applications: [{ framework: 'click', variable: 'cli' }], commands: ['build', 'check'] });
    expect(commands(lookedAt({ code: [cli] }))).toEqual({
      main: undefined,
      help: ['python3', 'main.py', '--help'],
      'help-build': ['python3', 'main.py', 'build', '--help'],
      'help-check': ['python3', 'main.py', 'check', '--help'],
    });
    // After an entrypoint, only the arguments are given.
    expect(commands(lookedAt({ entrypoint: ['python3', 'main.py'], command: [], code: [cli] }))).toMatchObject({ help: ['--help'] });
    expect(commands(lookedAt({ code: [codeFile('/app/main.py')] }))).toEqual({ main: undefined });
  });

  it.each([
    [['acme', 'list'], ['acme']],
    [
      ['uv', 'run', '--no-sync', 'acme', 'list'],
      ['uv', 'run', '--no-sync', 'acme'],
    ],
    [
      ['tini', '--', 'gosu', 'app', 'acme'],
      ['tini', '--', 'gosu', 'app', 'acme'],
    ],
    [
      ['gosu', 'acme', 'acme', 'serve'],
      ['gosu', 'acme', 'acme'],
    ],
    [['bash'], undefined],
    [['bash', '-lc', 'acme serve'], undefined],
  ])('the program of %j is %j', (command, program) => {
    const cli = codeFile('/app/main.py', { applications: [{ framework: 'click', variable: 'cli' }], commands: ['build'] });
    expect(commands(lookedAt({ command, code: [cli] }))['help-build']).toEqual(program && [...program, 'build', '--help']);
  });

  it('a command in the form for a shell is split; what only a shell understands has no subcommands', () => {
    const cli = codeFile('/app/main.py', { applications: [{ framework: 'click', variable: 'cli' }], commands: ['build'] });
    const shell = (text: string, entrypoint: string[] = []) =>
      commands(lookedAt({ entrypoint, command: ['/bin/sh', '-c', text], code: [cli] }));
    const split = { main: undefined, help: ['python', 'main.py', '--help'], 'help-build': ['python', 'main.py', 'build', '--help'] };
    for (const text of ['python main.py', "exec python 'main.py'"]) expect(shell(text)).toEqual(split);
    expect(shell('python main.py', ['tini', '--'])).toEqual(split);
    for (const text of ['python main.py && echo x', 'python main.py $ARGS', 'A=1 python main.py'])
      expect(shell(text)).toEqual({ main: undefined });
    // The shell of such an entrypoint does not see what comes after its text.
    const entrypoint = ['/bin/sh', '-c', 'python main.py'];
    expect(commands(lookedAt({ entrypoint, command: [], code: [cli] }))).toEqual({ main: undefined });
  });
});

describe('the file', () => {
  it('names the variables that the code needs and the image does not set', () => {
    const image = lookedAt({ environment: ['SET'], code: [codeFile('/app/a.py', { variables: ['SET', 'TOKEN', 'TOKEN'] })] });
    expect(projectText(image, proposeRuns(image))).toContain('# environment: [TOKEN]\n');
  });

  // Whatever the image holds, the file has the form of a project file, and says the same as the proposal.
  const word = fc.oneof(
    fc.string({ maxLength: 8, unit: 'binary' }),
    fc.constantFrom(
      '#',
      ': ',
      "'",
      '\n',
      '\u202e',
      '\x9b31m',
      '\udc80',
      '\n    reset: [date]',
      'null',
      'yes',
      '- a',
      'celery',
      'worker',
      'a ',
    ),
  );
  const code = fc.record({
    path: fc.oneof(
      fc.constantFrom('/app/manage.py', '/app/main.py', '/app/shop/celery.py'),
      word.map((text) => `/app/${text}.py`),
    ),
    applications: fc.array(fc.record({ framework: fc.constantFrom('flask', 'click', 'celery'), variable: word }), { maxLength: 2 }),
    routes: fc.array(fc.record({ method: fc.constantFrom('GET', 'POST'), path: word.map((text) => `/${text}`) }), { maxLength: 3 }),
    commands: fc.array(word, { maxLength: 3 }),
    variables: fc.array(word, { maxLength: 3 }),
    script: fc.boolean(),
  });
  const any = fc
    .record({
      entrypoint: fc.array(word, { maxLength: 2 }),
      command: fc.array(word, { maxLength: 3 }),
      ports: fc.constantFrom([], ['8000']),
      healthcheck: fc.array(fc.string()),
      distributions: fc.subarray(['django', 'celery']).map((names) => new Set(names)),
      code: fc.array(code, { maxLength: 3 }),
    })
    .map(lookedAt);

  it('is always a project file', () => {
    fc.assert(
      fc.property(any, (image) => {
        const text = projectText(image, proposeRuns(image));
        for (const line of text.split('\n')) expect(printable(line)).toBe(line);
        const { runs } = parsed(text);
        expect(runs.map(({ name, exercise }) => [name, exercise.args])).toEqual(
          proposeRuns(image).map(({ name, command = [] }) => [name, command]),
        );
      }),
      { seed: 21, numRuns: 1000 },
    );
  });
});
