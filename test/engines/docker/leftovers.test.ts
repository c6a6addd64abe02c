import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeLeftovers } from '../../../src/engines/docker/leftovers.js';
import { type Owner, thisOwner } from '../../../src/os/owner.js';
import { FakeDaemon } from '../../support/daemon.js';

const now = () => Math.floor(Date.now() / 1000);
const container = (id: string, session: string, role: string, state: string, age = 3600) => ({
  Id: id.padEnd(64, '0'),
  Labels: { 'io.pyshrink.session': session, 'io.pyshrink.role': role },
  State: state,
  Created: now() - age,
});
const volume = (name: string, session: string, age = 3600) => ({
  Name: name,
  Labels: { 'io.pyshrink.session': session },
  CreatedAt: new Date((now() - age) * 1000).toISOString(),
});
const image = (id: string, session: string) => ({ Id: `sha256:${id.padEnd(64, '0')}`, Labels: { 'io.pyshrink.session': session } });

describe('removeLeftovers', () => {
  let daemon: FakeDaemon;
  /** What the daemon has. Lists of images are asked for by label and by name. */
  const has = (containers: object[], volumes: object[] = [], images: object[] = [], named: string[] = []) =>
    daemon
      .on('GET /containers/json', [200, containers])
      .on('GET /volumes', [200, { Volumes: volumes }])
      .on('GET /images/json', ({ query }) => [
        200,
        query.get('filters')?.includes('reference') ? named.map((name) => ({ Id: 'sha256:x', RepoTags: [name] })) : images,
      ]);
  const removals = () => daemon.asked.map(({ what }) => what).filter((what) => what.startsWith('DELETE'));

  beforeEach(async () => {
    daemon = (await new FakeDaemon().listen())
      .on('GET /networks', [200, []])
      .on('DELETE /networks/*', [204])
      .on('DELETE /containers/*', [204])
      .on('DELETE /volumes/*', [204])
      .on('DELETE /images/*', [200, []])
      .on('DELETE /images/pyshrink.tmp/*', [200, []]);
  });
  afterEach(() => daemon.close());

  it('asks again where an image goes away while Podman lists it', async () => {
    has([container('h', 'dead', 'helper', 'exited')], [], [image('1', 'dead')]);
    const lists = [1, 2, 3].map((at): [number, object] => [500, { message: `locating image with ID "${at}": image not known` }]);
    daemon.on('GET /images/json', () => (lists.shift() ?? [200, [image('1', 'dead')]]) as [number, object]);
    expect(await removeLeftovers(daemon.docker)).toContain('image 100000000000');
    daemon.on('GET /images/json', [500, { message: 'database is broken' }]);
    await expect(removeLeftovers(daemon.docker)).rejects.toThrow('database is broken');
  });

  it('removes everything of a session whose helper has ended', async () => {
    has(
      [container('h', 'dead', 'helper', 'exited'), container('a', 'dead', 'app', 'running')],
      [volume('v', 'dead')],
      [image('1', 'dead')],
      ['pyshrink.tmp/image:dead'],
    );
    expect(await removeLeftovers(daemon.docker)).toEqual([
      'container h00000000000',
      'container a00000000000',
      'image 100000000000',
      'image pyshrink.tmp/image:dead',
      'volume v',
    ]);
    expect(removals()).toEqual([
      `DELETE /containers/${'h'.padEnd(64, '0')}`,
      `DELETE /containers/${'a'.padEnd(64, '0')}`,
      `DELETE /images/sha256:${'1'.padEnd(64, '0')}`,
      'DELETE /images/pyshrink.tmp/image:dead',
      'DELETE /volumes/v',
    ]);
    expect(daemon.requests('DELETE /containers/*').map(({ query }) => [query.get('force'), query.get('v')])).toEqual([
      ['true', 'true'],
      ['true', 'true'],
    ]);
  });

  it('removes networks after the containers that may be in them, and keeps those of a running session', async () => {
    daemon.on('GET /networks', [200, [{ Id: 'n', Name: 'network', Labels: { 'io.pyshrink.session': 's' } }]]);
    has([container('h', 's', 'helper', 'exited')]);
    expect(await removeLeftovers(daemon.docker)).toEqual(['container h00000000000', 'network network']);
    expect(removals()).toEqual([`DELETE /containers/${'h'.padEnd(64, '0')}`, 'DELETE /networks/n']);
    has([container('h', 's', 'helper', 'running')]);
    expect(await removeLeftovers(daemon.docker)).toEqual([]);
  });

  it.each([
    ['its helper runs', [container('h', 's', 'helper', 'running')], []],
    ['its helper was just made', [container('h', 's', 'helper', 'created', 5)], []],
    ['it has no helper yet, and its volume was just made', [], [volume('v', 's', 5)]],
  ])('keeps a session: %s', async (_, containers, volumes) => {
    has([...containers, container('a', 's', 'app', 'exited')], volumes, [image('1', 's')], ['pyshrink.tmp/image:s']);
    expect(await removeLeftovers(daemon.docker)).toEqual([]);
    expect(removals()).toEqual([]);
  });

  it.each([
    ['its helper was made long ago and never started', [container('h', 's', 'helper', 'created')], []],
    ['it never had a helper, and its volume is old', [], [volume('v', 's')]],
    ['its helper has ended, though its volume is new', [container('h', 's', 'helper', 'exited', 5)], [volume('v', 's', 5)]],
  ])('removes a session: %s', async (_, containers, volumes) => {
    has(containers, volumes, [image('1', 's')]);
    expect(await removeLeftovers(daemon.docker)).toHaveLength(containers.length + volumes.length + 1);
  });

  /** The claim of a session. */
  const claim = (session: string, owner: Owner, age = 3600) => {
    const { Labels, ...rest } = volume(`pyshrink-${session}-claim`, session, age);
    return { ...rest, Labels: { ...Labels, 'io.pyshrink.owner': JSON.stringify(owner) } };
  };

  it('keeps what a running process has imported, however long it takes to start its helper', async () => {
    has([], [claim('s', await thisOwner())], [image('1', 's')], ['pyshrink.tmp/source-0:s']);
    expect(await removeLeftovers(daemon.docker)).toEqual([]);
    has([], [claim('s', { ...(await thisOwner()), host: 'elsewhere', start: '1' })], [], ['pyshrink.tmp/source-0:s']);
    expect(await removeLeftovers(daemon.docker)).toEqual([]);
  });

  it.each<[string, object[], string | undefined]>([
    ['whose first Python did not run, and which is about to try another one', [container('h', 's', 'helper', 'exited', 30)], undefined],
    ['whose volume has no time', [], ''],
  ])('keeps a session of another PID namespace %s', async (_, containers, CreatedAt) => {
    const claimed = claim('s', { ...(await thisOwner()), namespace: 'pid:[1]' }, 30);
    has(containers, [{ ...claimed, ...(CreatedAt !== undefined && { CreatedAt }) }], [], ['pyshrink.tmp/source-0:s']);
    expect(await removeLeftovers(daemon.docker)).toEqual([]);
  });

  it('removes a session of another PID namespace whose helper has ended for long', async () => {
    has([container('h', 's', 'helper', 'exited', 2 * 3600)], [claim('s', { ...(await thisOwner()), namespace: 'pid:[1]' }, 3 * 3600)]);
    expect(await removeLeftovers(daemon.docker)).toEqual(['container h00000000000', 'volume pyshrink-s-claim']);
  });

  it.each<[string, Partial<Owner>, number]>([
    ['has ended', { start: '1' }, 5],
    ['is in another PID namespace and has had a day', { namespace: 'pid:[1]' }, 25 * 3600],
    ['is on another computer and has had a day', { host: 'elsewhere' }, 25 * 3600],
  ])('removes what a process has imported that %s', async (_, change, age) => {
    has([], [claim('s', { ...(await thisOwner()), ...change }, age)], [], ['pyshrink.tmp/source-0:s']);
    expect(await removeLeftovers(daemon.docker)).toEqual(['image pyshrink.tmp/source-0:s', 'volume pyshrink-s-claim']);
  });

  it('keeps what a session makes between the lists', async () => {
    const owner = await thisOwner();
    let claimed = false;
    daemon
      .on('GET /containers/json', [200, []])
      .on('GET /volumes', () => [200, { Volumes: claimed ? [claim('s', owner, 5)] : [] }])
      .on('GET /images/json', ({ query }) => {
        if (!query.get('filters')?.includes('reference')) return [200, []];
        claimed = true; // the session has made its claim, and then its image
        return [200, [{ Id: 'sha256:x', RepoTags: ['pyshrink.tmp/source-0:s'] }]];
      });
    expect(await removeLeftovers(daemon.docker)).toEqual([]);
  });

  it('asks only for what has our label or our temporary name', async () => {
    has([]);
    await removeLeftovers(daemon.docker);
    const filters = daemon.asked.map(({ query }) => JSON.parse(query.get('filters') as string));
    expect(filters.filter((filter) => filter.label?.includes('io.pyshrink.session'))).toHaveLength(4);
    expect(filters.filter((filter) => filter.reference?.includes('pyshrink.tmp/*'))).toHaveLength(1);
  });

  it('goes on where another pyshrink removes the same', async () => {
    has([container('h', 'dead', 'helper', 'exited'), container('a', 'dead', 'app', 'exited')]);
    daemon.on(`DELETE /containers/${'h'.padEnd(64, '0')}`, [404, { message: 'No such container' }]);
    expect(await removeLeftovers(daemon.docker)).toEqual(['container a00000000000']);
  });
});
