import { expect, it } from 'vitest';
import { openedModules } from '../../src/python/opened.js';

const SUFFIXES = ['.cpython-312-x86_64-linux-gnu.so', '.abi3.so', '.so'];

it('names the modules of the files that a run opened', () => {
  const opened = [
    '/srv/app/main.py',
    '/usr/lib/python3.12/json/__pycache__/__init__.cpython-312.pyc',
    '/usr/lib/python3.12/json/__pycache__/decoder.cpython-312.opt-1.pyc',
    '/usr/lib/python3.12/lib-dynload/_ssl.cpython-312-x86_64-linux-gnu.so',
    '/venv/site-packages/a/b/c.abi3.so',
    '/venv/site-packages/a/data-file.py',
    '/venv/site-packages/a/table.json',
    '/etc/hosts',
  ];
  expect(
    Object.fromEntries(
      openedModules(opened, ['/srv/app', '/usr/lib/python3.12', '/usr/lib/python3.12/lib-dynload', '/venv/site-packages'], SUFFIXES),
    ),
  ).toEqual({
    main: '/srv/app/main.py',
    json: '/usr/lib/python3.12/json/__init__.py',
    'json.decoder': '/usr/lib/python3.12/json/decoder.py',
    _ssl: '/usr/lib/python3.12/lib-dynload/_ssl.cpython-312-x86_64-linux-gnu.so',
    'a.b.c': '/venv/site-packages/a/b/c.abi3.so',
  });
});
