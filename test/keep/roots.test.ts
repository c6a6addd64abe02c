import { expect, it } from 'vitest';
import { namedByConfiguration } from '../../src/keep/python/roots.js';

it.each<[string[], [string, string][]]>([
  [['gunicorn', 'app.wsgi:application'], [['command', 'app.wsgi']]],
  [['python3', '-m', 'flask', 'run'], [['command', 'flask']]],
  [['python3', 'app.py'], [['command', 'app.py']]],
  [['uvicorn', '--port', '80', 'main:app'], [['command', 'main']]],
  [['server'], []],
])('the modules in the command %j', (command, expected) => {
  expect(namedByConfiguration([command], {})).toEqual(expected);
});

it('the modules in the environment', () => {
  expect(namedByConfiguration([], { DJANGO_SETTINGS_MODULE: 'site.settings', PORT: '80', A: 'x', PATH: '/usr/bin' })).toEqual([
    ['environment', 'site.settings'],
  ]);
});
