import { expect, it } from 'vitest';
import { isWorkerCommand } from '../../src/exercise/lasting.js';

it.each([
  [true, ['celery', '-A', 'shop', 'worker', '--loglevel', 'INFO']],
  [true, ['sh', '-c', 'exec /opt/venv/bin/celery -A shop beat']],
  [true, ['python', '-m', 'rq', 'worker', 'high']],
  [true, ['python', 'manage.py', 'rqworker']],
  [true, ['dramatiq', 'tasks']],
  [false, ['celery', '-A', 'shop', 'call', 'tasks.add']],
  [false, ['celery', 'worker', '--help']],
  [false, ['python', 'worker.py']],
  [false, ['python', 'manage.py', 'migrate']],
  [false, []],
])('says %s for a command that waits for work until it is stopped: %s', (lasts, words) => {
  expect(isWorkerCommand(words)).toBe(lasts);
});
