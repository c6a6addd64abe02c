import { expect, it } from 'vitest';
import { isWorkerCommand } from '../../src/exercise/lasting.js';

it.each([
  [true, ['celery', '-A', 'shop', 'worker', '--loglevel', 'INFO']],
  [true, ['sh', '-c', 'exec /opt/venv/bin/celery -A shop beat']],
  [true, ['python', '-m', 'rq', 'worker', 'high']],
  [true, ['python', 'manage.py', 'rqworker']],
  [true, ['dramatiq', 'tasks']],
  [true, ['/entry.sh', 'dramatiq', 'tasks']],
  [true, ['python3.12', '-m', 'arq', 'jobs.Settings']],
  [false, ['pytest', 'tests/arq']],
  [false, ['pip', 'install', 'dramatiq']],
  [false, ['celery', '-A', 'shop', 'call', 'tasks.add']],
  [false, ['celery', 'worker', '--help']],
  [false, ['python', 'worker.py']],
  [false, ['python', 'manage.py', 'migrate']],
  [false, []],
])('says %s for a command that waits for work until it is stopped: %s', (lasts, words) => {
  expect(isWorkerCommand(words)).toBe(lasts);
});
