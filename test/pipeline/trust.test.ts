import { describe, expect, it } from 'vitest';
import { type Exercise, PLAIN_EXERCISE, storedExercise } from '../../src/exercise/exercise.js';
import type { Step } from '../../src/exercise/steps.js';
import { reachesOut, requireTrust, type Stored } from '../../src/pipeline/trust.js';

const answers = { time: { start: 0, end: 1 }, steps: [], app: { stdout: '', stderr: '', cut: false, exit: 0 } };

function stored(
  change: Partial<Exercise['run']> & { reset?: string[]; args?: string[]; steps?: Step[] } = {},
  reference = 'app:1',
  trusted = false,
): Stored {
  const { reset = [], args = [], steps = [], ...run } = change;
  const exercise = storedExercise({ ...PLAIN_EXERCISE, args, reset, steps, run: { ...PLAIN_EXERCISE.run, ...run } });
  return { trace: { image: { reference } }, record: { runs: [{ exercise, watching: {}, done: [], answers: [answers] }] }, trusted };
}

describe('a run record of somebody else', () => {
  it.each<[string, Stored]>([
    ['run on this computer: rm -rf /', stored({ reset: ['rm -rf /'] })],
    ['run on this computer: curl evil', stored({ steps: [{ kind: 'script', command: 'curl evil' }] })],
    ['run on this computer: sh -c id', stored({ args: ['sh', '-c', 'id'] }, 'host:')],
    ['show the app the folder / of this computer', stored({}, 'rootfs:/')],
    ['mount /etc into the container', stored({ volume: ['/etc:/x'] })],
    ['mount /etc into the container', stored({ mount: ['type=bind,source=/etc,target=/x'] })],
    ['mount database into the container', stored({ volume: ['database:/x'] })],
    ['give it the device /dev/sda', stored({ device: ['/dev/sda'] })],
    ['give it the GPUs all', stored({ gpus: 'all' })],
    ['give it the capability SYS_ADMIN', stored({ capAdd: ['SYS_ADMIN'] })],
    ['run it with --security-opt seccomp=unconfined', stored({ securityOpt: ['seccomp=unconfined'] })],
    ['publish the port 80:80', stored({ publish: ['80:80'] })],
    ['join it to the network host', stored({ network: 'host' })],
  ])('may not %s', (what, record) => {
    expect(reachesOut(record)).toEqual([what]);
    expect(() => requireTrust(record, ['trace.json'], false)).toThrowError(
      expect.objectContaining({ message: expect.stringContaining(what), remedy: expect.stringContaining('--trust') }),
    );
    requireTrust(record, ['trace.json'], true);
    requireTrust({ ...record, trusted: true }, ['trace.json'], false);
  });

  it('may not run a script as a step that was done, either', () => {
    const record = stored();
    const [run] = record.record.runs as [(typeof record.record.runs)[number]];
    run.done = [{ kind: 'script', command: 'curl evil' }];
    expect(reachesOut(record)).toEqual(['run on this computer: curl evil']);
  });

  it('may run a container', () => {
    requireTrust(stored({ args: ['python', '-V'], tmpfs: ['/tmp'], network: 'none', volume: ['/data'] }), ['trace.json'], false);
  });
});
