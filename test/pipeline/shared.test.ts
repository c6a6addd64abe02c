import { expect, it } from 'vitest';
import { PLAIN_RUN } from '../../src/engines/runoptions.js';
import { type Exercise, PLAIN_EXERCISE } from '../../src/exercise/exercise.js';
import { clash, sharedBy } from '../../src/pipeline/shared.js';

const exercise = (run: Partial<Exercise['run']>, more: Partial<Exercise> = {}): Exercise => ({
  ...PLAIN_EXERCISE,
  ...more,
  run: { ...PLAIN_RUN, ...run },
});
const shared = (one: Exercise, ownPorts = true) => sharedBy(one, { ownPorts });

it.each<[string, Exercise, string[]]>([
  ['nothing', exercise({ env: ['A=1'], tmpfs: ['/run'], volume: ['/only/inside'], publish: ['80'] }), []],
  ['folders that both may write to', exercise({ volume: ['/data:/data', '/conf:/conf:ro'] }), ['/data']],
  ['mounts', exercise({ mount: ['type=bind,source=/a,target=/b', 'type=volume,source=kept,target=/c'] }), ['/a', 'volume:kept']],
  ['volumes by name', exercise({ volume: ['kept:/kept'] }), ['volume:kept']],
  ['a network with whatever runs in it', exercise({ network: 'shop' }), ['network:shop']],
  ['no network', exercise({ network: 'none' }), []],
  ['a port of this computer', exercise({ publish: ['127.0.0.1:8080:80'] }), ['port:8080']],
  ['devices', exercise({ gpus: 'all' }), ['device']],
  ['commands on this computer', exercise({}, { reset: ['true'] }), ['computer']],
  ['scripts', exercise({}, { steps: [{ kind: 'script', command: 'pytest' }] }), ['computer']],
])('runs have in common: %s', (_, one, expected) => {
  expect(shared(one)).toEqual(expected);
});

it('without ports of their own, containers have those of this computer in common', () => {
  expect(shared(exercise({}), false)).toEqual(['network:host']);
  expect(shared(exercise({ network: 'bridge' }), false)).toEqual([]);
});

it('a run of a compose file has in common what its service has', () => {
  const one = exercise({}, { compose: { file: '/compose.yaml', service: 'web' } });
  expect(sharedBy(one, { ownPorts: true }, { shared: (service) => [`/data/of/${service}`] })).toEqual(['/data/of/web']);
});

it('runs clash where they share a name, or one has a folder within a folder of the other', () => {
  expect(clash(['/data/a'], ['volume:x', '/data'])).toBe(true);
  expect(clash(['/data'], ['/data/a'])).toBe(true);
  expect(clash(['computer'], ['computer'])).toBe(true);
  expect(clash(['/data'], ['/database'])).toBe(false);
  expect(clash(['volume:data'], ['network:data'])).toBe(false);
  expect(clash([], ['/'])).toBe(false);
});
