import fc from 'fast-check';
import { expect, it } from 'vitest';
import { commandsOf } from '../../src/keep/shell.js';

it.each([
  ['exec "$@"', []],
  ['set -e\n# curl is not run\npg_isready -h db && migrate || exit 1', ['pg_isready', 'migrate']],
  ['if [ -n "$X" ]; then wget -q x; else true; fi', ['wget']],
  ['DEBUG=1 python3 \\\n  -m app | tee log', ['python3', 'tee']],
  ['x=$(date +%s); y=`hostname -f`', ['date', 'hostname']],
  ['case "$1" in start) gunicorn app ;; *) /usr/bin/other "$@" ;; esac', ['start', 'gunicorn', '/usr/bin/other']],
  ['exec tool-$1 "$@"; exec "tool-$2"', ['tool-*']],
  ['"$here/one-$1"\n"$(dirname "$0")"/two-"$1"\n/opt/bin/three-$(cat name)', ['one-*', 'dirname', 'two-*', 'three-*', 'cat']],
  ['echo four-$1; x=five-$1', []],
  ['while ! nc -z db 5432; do sleep 1; done', ['nc', 'sleep']],
])('the programs in %j', (script, names) => {
  expect([...commandsOf(script).keys()]).toEqual(names);
});

it('knows the line of each program, also after lines that go on', () => {
  const script = '#!/bin/sh\nDEBUG=1 python3 \\\n  -m app | tee log\n\ncurl x\ntee y \\';
  expect([...commandsOf(script)]).toEqual([
    ['python3', 2],
    ['tee', 2],
    ['curl', 5],
  ]);
});

it('does not fail on any text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => commandsOf(text) instanceof Map));
});
