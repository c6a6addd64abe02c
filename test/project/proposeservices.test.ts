import { expect, it } from 'vitest';
import { parseProject } from '../../src/project/file.js';
import { proposeServices } from '../../src/project/proposeservices.js';
import { projectText } from '../../src/project/write.js';
import { lookedAt } from '../support/looked.js';

const looked = lookedAt({ image: 'shop', command: ['gunicorn', 'shop.wsgi'], distributions: new Set(['celery', 'django']) });
const model = {
  name: 'shop',
  services: {
    web: { ports: [{ target: 8000 }] },
    same: {},
    worker: { command: ['celery', '-A', 'shop', 'worker'] },
    beat: { command: ['sh', '-c', 'celery -A shop beat'] },
    migrate: { command: ['python', 'manage.py', 'migrate'] },
    started: { entrypoint: ['python', 'job.py'] },
    consumer: { command: ['python', 'consume.py'], restart: 'unless-stopped' },
    queue: { command: ['python', '-m', 'rq', 'worker'] },
    other: { command: ['uvicorn', 'x:app'], expose: ['9000'] },
    db: {},
  },
};

it('proposes a run for each service of the image, by what the service starts', () => {
  const runs = proposeServices(looked, model, ['web', 'same', 'worker', 'beat', 'migrate', 'started', 'consumer', 'queue', 'other']);
  expect(runs.map(({ name, command, steps }) => [name, command, steps.at(-1)])).toEqual([
    ['web', undefined, undefined],
    ['same', undefined, undefined],
    ['worker', undefined, 'exec: celery -A shop inspect registered'],
    ['beat', undefined, 'ready'],
    ['migrate', undefined, 'until-exit'],
    ['started', undefined, 'until-exit'],
    ['consumer', undefined, 'ready'],
    ['queue', undefined, 'ready'],
    ['other', undefined, undefined],
  ]);
  const text = projectText(looked, runs, { file: 'docker/compose.yaml' });
  const around = { read: () => Buffer.alloc(0), shell: {} };
  const project = parseProject('/p/pyshrink.yaml', text, around);
  expect([project.compose, project.runs.map(({ name }) => name)]).toEqual([
    { file: '/p/docker/compose.yaml' },
    runs.map(({ name }) => name),
  ]);
  expect(text).not.toContain('# network:');
});

it('leaves out mounts that hide files of the app, and says so', () => {
  const text = projectText(looked, proposeServices(looked, model, ['web']), { file: 'c, d.yaml', hidden: ['/code of the service web'] });
  expect(text).toContain('# - /code of the service web\n');
  const project = parseProject('/p/pyshrink.yaml', text, { read: () => Buffer.alloc(0), shell: {} });
  expect(project.compose).toEqual({ file: '/p/c, d.yaml', noBinds: true });
});

it('says why a compose file is not used', () => {
  const text = projectText(looked, proposeServices(looked, model, ['web']), { unused: 'compose.yaml is not used:\nit is broken' });
  expect(text).toContain('# compose.yaml is not used:\\nit is broken\n');
  expect(text).not.toContain('compose: ');
});
