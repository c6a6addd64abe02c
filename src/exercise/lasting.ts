import { posix } from 'node:path';
import type { Exercise } from './exercise.js';

/**
 * Programs that wait for work, and serve no port: the program's name, and a word that follows it where it does other things too.
 * Sources: docs.celeryq.dev (celery worker, beat, events), python-rq.org/docs/workers, dramatiq.io/guide.html,
 * huey.readthedocs.io/en/latest/consumer.html, arq-docs.helpmanual.io, procrastinate.readthedocs.io, github.com/taskiq-python/taskiq,
 * faust-streaming.github.io/faust, django-q2.readthedocs.io (manage.py qcluster), github.com/rq/django-rq (rqworker, rqscheduler),
 * django-dramatiq (rundramatiq), huey.readthedocs.io/en/latest/django.html (run_huey), github.com/RealOrangeOne/django-tasks (db_worker).
 */
const WORKERS: readonly (readonly [program: string, word?: string])[] = [
  ['celery', 'worker'],
  ['celery', 'beat'],
  ['celery', 'events'],
  ['rq', 'worker'],
  ['rq', 'worker-pool'],
  ['rqworker'],
  ['rqscheduler'],
  ['dramatiq'],
  ['huey_consumer'],
  ['huey_consumer.py'],
  ['arq'],
  ['procrastinate', 'worker'],
  ['taskiq', 'worker'],
  ['taskiq', 'scheduler'],
  ['faust', 'worker'],
  ['manage.py', 'qcluster'],
  ['manage.py', 'rqworker'],
  ['manage.py', 'rqscheduler'],
  ['manage.py', 'rundramatiq'],
  ['manage.py', 'run_huey'],
  ['manage.py', 'db_worker'],
];

/** What comes before a program in a command line: a Python, a shell, an init, or a word of them. */
const BEFORE = /^(-m|-c|--|exec|run|&&|;|python[\d.]*|sh|bash|tini|dumb-init|[\w.-]+\.sh)$/;

/** Whether a command line is one of a program that waits for work until it is stopped. Some of the words may be texts for a shell. */
export function isWorkerCommand(words: readonly string[]): boolean {
  const all = words.flatMap((word) => word.split(/\s+/));
  const names = all.map((word) => posix.basename(word));
  return WORKERS.some(([program, word]) => {
    const at = names.indexOf(program);
    // A name alone may also be that of something that the program is about: `pytest tests/arq`.
    const isMeant = word === undefined ? at === 0 || BEFORE.test(names[at - 1] ?? '') : all.slice(at + 1).includes(word);
    return at >= 0 && isMeant && !all.includes('--help');
  });
}

/** Steps that need no listener, and do not wait themselves until the app has started. */
const UNAWAITED: readonly string[] = ['exec', 'signal', 'script'];

/**
 * An exercise for an app that runs until it is stopped. Without steps, it is done when the app is ready; a first step that does not
 * wait for the app itself comes after that.
 */
export function lasting(exercise: Exercise): Exercise {
  const { steps } = exercise;
  const [first] = steps ?? [];
  return { ...exercise, lasts: true, ...(steps && first && UNAWAITED.includes(first.kind) && { steps: [{ kind: 'ready' }, ...steps] }) };
}
