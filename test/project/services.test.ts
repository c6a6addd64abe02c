import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/compose/model.js';
import { PLAIN_EXERCISE } from '../../src/exercise/exercise.js';
import type { Step } from '../../src/exercise/steps.js';
import { onlyImage, runOfService, usersOf } from '../../src/project/services.js';
import { commandOf } from '../../src/watching/app.js';

const model = (services: object) => ({ name: 'shop', services }) as unknown as Model;
const OF = { file: '/compose.yaml', service: 'web' };

describe('the image of a compose file', () => {
  it('is the one that it says how to build, or the only one', () => {
    expect(
      onlyImage('c', model({ web: { build: { context: '/a' } }, worker: { build: { context: '/a' } }, db: { image: 'postgres' } })),
    ).toBe('shop-web');
    expect(onlyImage('c', model({ web: { image: 'a' }, worker: { image: 'a' } }))).toBe('a');
  });

  it.each([
    ['two are built', { web: { build: { context: '/a' } }, other: { build: { context: '/b' } } }],
    ['two are named', { web: { image: 'a' }, db: { image: 'b' } }],
  ])('has to be named where %s', (_, services) => expect(() => onlyImage('c', model(services))).toThrow('none is named'));

  it('is that of the services of its name, and of those that are built in the same way', () => {
    const services = model({
      web: { build: { context: '/a' } },
      beat: { build: { context: '/a' } },
      other: { build: { context: '/b' } },
      db: { image: 'b' },
    });
    expect(usersOf(services, (image) => image === 'shop-web')).toEqual(['web', 'beat']);
    expect(usersOf(services, (image) => image === 'b')).toEqual(['db']);
    expect(usersOf(services, () => false)).toEqual([]);
  });
});

describe('a run of a service', () => {
  const config = { Entrypoint: ['/entry'], Cmd: ['serve'] };
  const command = (service: Parameters<typeof runOfService>[0], args: string[] = [], run = {}) => {
    const exercise = runOfService(service, { ...PLAIN_EXERCISE, args, run: { ...PLAIN_EXERCISE.run, ...run } }, OF);
    return commandOf(config, exercise.run, exercise.args);
  };

  // https://github.com/compose-spec/compose-spec/blob/main/05-services.md#entrypoint
  it.each([
    ['the command of the image', {}, ['/entry', 'serve']],
    ['its command after the entrypoint of the image', { command: ['work'] }, ['/entry', 'work']],
    ['its entrypoint, without the command of the image', { entrypoint: ['sh', '-c'] }, ['sh', '-c']],
    ['its entrypoint and command', { entrypoint: ['sh', '-c'], command: ['x y'] }, ['sh', '-c', 'x y']],
    ['its command alone where its entrypoint is empty', { entrypoint: [], command: ['a', 'b'] }, ['a', 'b']],
    ['nothing of its own where both are null', { entrypoint: null, command: null }, ['/entry', 'serve']],
  ])('has %s', (_, service, expected) => expect(command(service)).toEqual(expected));

  it('has what the user says instead', () => {
    expect(command({ command: ['work'] }, ['check'])).toEqual(['/entry', 'check']);
    expect(command({ entrypoint: ['a', 'b'], command: ['work'] }, ['check'])).toEqual(['a', 'b', 'check']);
    expect(command({ entrypoint: ['a', 'b'], command: ['work'] }, ['-c'], { entrypoint: 'sh' })).toEqual(['sh', '-c']);
  });

  it.each([
    ['is started again always', { restart: 'always' }, [], true],
    ['is started again unless it is stopped', { restart: 'unless-stopped' }, [], true],
    ['is started again after a failure', { restart: 'on-failure' }, [], undefined],
    ['publishes a port', { restart: 'always', ports: [{ target: 80 }] }, [], undefined],
    ['names a port', { restart: 'always', expose: ['80'] }, [], undefined],
    ['gets another command', { restart: 'always' }, ['check'], undefined],
  ])('lasts, or may be a job: a service that %s', (_, service, args, lasts) => {
    expect(runOfService(service, { ...PLAIN_EXERCISE, args }, OF).lasts).toBe(lasts);
  });

  it('waits until a service that lasts is ready, before a step that does not wait itself', () => {
    const kinds = (...steps: Step[]) =>
      runOfService({ restart: 'always' }, { ...PLAIN_EXERCISE, steps }, OF).steps?.map(({ kind }) => kind);
    expect(kinds({ kind: 'exec', command: ['a'] })).toEqual(['ready', 'exec']);
    expect(kinds({ kind: 'log', text: 'a' }, { kind: 'exec', command: ['a'] })).toEqual(['log', 'exec']);
  });

  it('has the variables, the user and the folder of the service', () => {
    const service = { environment: { A: 'x', N: 1, F: false, UNSET: null }, user: '5', working_dir: '/w', tty: true, read_only: true };
    const { run, compose } = runOfService(service, { ...PLAIN_EXERCISE, run: { ...PLAIN_EXERCISE.run, env: ['A=mine'] } }, OF);
    expect(run).toMatchObject({ env: ['A=x', 'N=1', 'F=false', 'A=mine'], user: '5', workdir: '/w', tty: true, readOnly: true });
    expect(compose).toEqual(OF);
    expect(runOfService(service, { ...PLAIN_EXERCISE, run: { ...PLAIN_EXERCISE.run, user: '7' } }, OF).run.user).toBe('7');
  });
});
