import { expect, it } from 'vitest';
import { PLAIN_RUN } from '../../src/engines/runoptions.js';
import { type Exercise, PLAIN_EXERCISE } from '../../src/exercise/exercise.js';
import { sharedBy } from '../../src/pipeline/shared.js';
import { clash } from '../../src/sharing.js';

const exercise = (run: Partial<Exercise['run']>, more: Partial<Exercise> = {}): Exercise => ({
  ...PLAIN_EXERCISE,
  ...more,
  run: { ...PLAIN_RUN, ...run },
});
/** Names of what a run shares; what it only reads ends with `:ro`. */
const shared = (one: Exercise, ownPorts = true) => sharedBy(one, { ownPorts }).map(({ name, writes }) => (writes ? name : `${name}:ro`));
const clashing = (one: Exercise, other: Exercise) => {
  const [mine, its] = [one, other].map((run) => sharedBy(run, { ownPorts: true }));
  if (!mine || !its) throw new Error('there are two runs');
  expect(clash(mine, its)).toBe(clash(its, mine));
  return clash(mine, its);
};

it.each<[string, Exercise, string[]]>([
  ['nothing', exercise({ env: ['A=1'], tmpfs: ['/run'], volume: ['/only/inside'], publish: ['80'] }), []],
  ['folders', exercise({ volume: ['/data:/data', '/conf:/conf:ro'] }), ['/data', '/conf:ro']],
  ['mounts', exercise({ mount: ['type=bind,source=/a,target=/b', 'type=volume,source=kept,target=/c'] }), ['/a', 'volume:kept']],
  ['volumes by name', exercise({ volume: ['kept:/kept'] }), ['volume:kept']],
  ['a network with whatever runs in it', exercise({ network: 'shop' }), ['network:shop']],
  [
    'other computers, and this one',
    exercise({ addHost: ['db:10.0.0.5', 'six=[fd00::5]', 'me:host-gateway', 'self:127.0.0.1'] }),
    ['host:10.0.0.5', 'host:fd00::5', 'network:host'],
  ],
  ['no network', exercise({ network: 'none' }), []],
  ['a port of this computer', exercise({ publish: ['127.0.0.1:8080:80'] }), ['network:host/8080']],
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
  const ofService = (service: string) => [{ name: `/data/of/${service}`, writes: true }];
  expect(sharedBy(one, { ownPorts: true }, { shared: ofService })).toEqual(ofService('web'));
});

const writer = exercise({ volume: ['/data:/data'] });
const reader = exercise({ volume: ['/data:/data:ro'] });
const cleaner = exercise({}, { reset: ['rm -rf /data/*'] });
const caller = exercise({ addHost: ['db:host-gateway'] });
it.each<[string, Exercise, Exercise, boolean]>([
  ['one writes where the other only reads', writer, reader, true],
  ['one writes into a volume that the other only reads', exercise({ volume: ['v:/a'] }), exercise({ volume: ['v:/a:ro'] }), true],
  ['both only read', reader, reader, false],
  ['one has a folder below a folder of the other', exercise({ volume: ['/data/a:/a'] }), writer, true],
  ['names only begin alike', exercise({ volume: ['/database:/a'] }), writer, false],
  ['kinds differ', exercise({ volume: ['data:/a'] }), exercise({ network: 'data' }), false],
  ['one has nothing', exercise({}), exercise({ volume: ['/:/host'] }), false],
  ['commands meet a run that mounts', cleaner, writer, true],
  ['commands meet a run that only reads', cleaner, reader, true],
  ['commands meet a network', cleaner, exercise({ network: 'shop' }), true],
  ['commands meet commands', cleaner, cleaner, true],
  ['commands meet a run that has nothing', cleaner, exercise({}), false],
  ['both reach this computer', caller, caller, true],
  ['one reaches the network of this computer, where the other is', caller, exercise({ network: 'host' }), true],
  ['one reaches this computer, where the other has a port', caller, exercise({ publish: ['8080:80'] }), true],
  ['ports differ', exercise({ publish: ['8080:80'] }), exercise({ publish: ['80:80'] }), false],
])('runs may disturb each other where %s', (_, one, other, expected) => {
  expect(clashing(one, other)).toBe(expected);
});
