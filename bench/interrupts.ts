/** Counts how many of 30,000 calls to open(2) fail with EINTR when a signal without SA_RESTART arrives every millisecond. */
import { execa } from 'execa';
import { DockerEngine } from '../src/engines/docker/docker.js';
import { PLAIN_EXERCISE } from '../src/exercise/exercise.js';
import { Helper } from '../src/guest/helper.js';
import { runWatched, whereOf } from '../src/watching/run.js';
import { median } from './median.js';

const RUNS = 5;
const CODE = `
import ctypes, errno, signal
libc = ctypes.CDLL(None, use_errno=True)
signal.signal(signal.SIGALRM, lambda *_: None)
signal.siginterrupt(signal.SIGALRM, True)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
interrupted = 0
for _ in range(30000):
    fd = libc.open(b"/etc/hostname", 0)
    if fd >= 0:
        libc.close(fd)
    else:
        interrupted += ctypes.get_errno() == errno.EINTR
signal.setitimer(signal.ITIMER_REAL, 0)
print(interrupted)
`;

const engine = await DockerEngine.open();
const session = await engine.openSession();
try {
  const image = await engine.inspect('pyshrink-fixture/ssl-hello');
  const helper = await Helper.start(session, image);
  const where = await whereOf(helper, image);
  const [native, traced]: [number[], number[]] = [[], []];
  for (let index = 0; index < RUNS; index++) {
    const exercise = { ...PLAIN_EXERCISE, args: ['python3', '-c', CODE], steps: [{ kind: 'until-exit' as const }] };
    const { answers } = await runWatched(session, exercise, {}, { ...where, name: `interrupts${index}` }, () => {});
    if (answers instanceof Error) throw answers;
    traced.push(Number(Buffer.from(answers.app.stdout, 'base64').toString()));
    const plain = await execa('docker', ['run', '--rm', image.reference, 'python3', '-c', CODE]);
    native.push(Number(plain.stdout));
  }
  const told = (counts: number[]) => `${median(counts)} (median of ${RUNS}: ${counts.join(', ')})`;
  console.log(`interrupted calls of 30000: natively ${told(native)}, traced ${told(traced)}`);
} finally {
  await session.close();
}
