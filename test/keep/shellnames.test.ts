import fc from 'fast-check';
import { expect, it } from 'vitest';
import { namesInCommand, namesInScript } from '../../src/keep/shellnames.js';

const programs = (script: string) => [...namesInScript(script).programs.keys()];
const modules = (script: string) => [...namesInScript(script).modules.keys()];

it.each([
  ['exec "$@"', []],
  ['set -e\n# curl is not run\npg_isready -h db && migrate || exit 1', ['pg_isready', 'migrate']],
  ['if [ -n "$X" ]; then wget -q x; else true; fi', ['wget']],
  ['DEBUG=1 python3 \\\n  -m app | tee log', ['python3', 'tee']],
  ['x=$(date +%s); y=`hostname -f`', ['date', 'hostname']],
  ['case "$1" in start) gunicorn app ;; *) /usr/bin/other "$@" ;; esac', ['start', 'gunicorn', '/usr/bin/other']],
  ['exec tool-$1 "$@"; exec "tool-$2"', ['tool-*']],
  ['"$here/one-$1"\n"$(dirname "$0")"/two-"$1"\n/opt/bin/three-$(cat name)', ['one-*', 'two-*', 'dirname', 'three-*', 'cat']],
  ['echo four-$1; x=five-$1', []],
  ['while ! nc -z db 5432; do sleep 1; done', ['nc', 'sleep']],
  ["timeout -k 5 30 sh -c 'until nc -z db 5432; do sleep 1; done'", ['timeout', 'sh', 'nc', 'sleep']],
  ['exec gosu app nice -n 5 serve --port 80', ['gosu', 'nice', 'serve']],
  ['find . -name "*.tmp" -exec shred {} +', ['find', 'shred']],
  ['env -u HOME A=1 B=2 worker', ['env', 'worker']],
  ['env -S "A=1 worker -x"', ['env', 'worker']],
  ["su -s /bin/sh -c 'initdb -D x' postgres", ['su', 'initdb']],
  ['if command -v jq > /dev/null; then :; fi', ['jq']],
  ['./wait-for-it.sh db:5432 -t 30 -- serve', ['./wait-for-it.sh', 'serve']],
  ['CMD="celery -A app worker"\nNAME="git pull"\necho "$NAME"\nexec $CMD -l info', ['celery']],
  ['trap "rm -f x" EXIT; eval "stop now"', ['rm', 'stop']],
  ['export PORT=80 HOST=$(hostname)', ['hostname']],
  ['if test -f x; then cp x y 2>/dev/null >&2; fi', ['cp']],
  ['python3 -c "import os; print(1)"; uv run serve', ['python3', 'uv', 'serve']],
  ["cat > x <<EOF\nserver { listen 80; }\nEOF\nsh <<'EOF'\nfirst\nEOF\nlast", ['cat', 'sh', 'first', 'last']],
  ['echo "git pull failed: run (find)"', []],
  ['(cd x && make) & wait', ['make']],
  ['7z x a.7z; 30 40', ['7z']],
  ['version=14; tool="ps2pdf$version"; exec "$tool" x', ['ps2pdf14']],
  ['BIN=/opt/x/bin; "$BIN/serve"; V=1; V=2; tool$V', ['/opt/x/bin/serve', 'tool1', 'tool2']],
  ['NAME=app; LIB=/usr/lib/$NAME; exec $LIB/$NAME "$@"', ['/usr/lib/app/app']],
  ['ls | xargs -n2 echo; exec echo x; timeout 5 printf x', ['ls', 'xargs', 'echo', 'timeout', 'printf']],
  ['set -- gosu app "$@"\nexec "$@"', ['gosu']],
  ['SERVER=tool; CMD="exec $SERVER x"; $CMD', ['tool']],
  ['exec $' + '{SERVER:-tool}', ['tool']],
  ['x=$((1<<20))\nsize $x', ['size']],
  ["x=$'it\\'s'; tool 'a; b'", ['tool']],
  ['sudo -Eu app git pull; runuser -l user -c "svn up"; runuser -u user -- hg pull', ['sudo', 'git', 'runuser', 'svn', 'hg']],
  ['function f { git status; }', ['git']],
  ['sh /start gunicorn -c conf.py app:app', ['sh']],
  ['x="$' + '{Y:-$(id -u)}"', ['id']],
  ['for p in pg_dump "psql -l"; do\n  $p --help; done; for x in a b; do echo $x; done', ['pg_dump', 'psql']],
  ['for t in one two; do /usr/bin/$t --version; done', ['/usr/bin/one', '/usr/bin/two']],
])('the programs in %j', (script, names) => {
  expect(programs(script)).toEqual(names);
});

it.each([
  ['python3 -m app.worker --http', ['app.worker']],
  ['exec gosu app python -u -X dev -m alembic upgrade head', ['alembic']],
  ['python3.13 -Im http.server', ['http.server']],
  ['until python -c "import socket, sys as s; from db.x import y; print(1)"; do :; done', ['socket', 'sys', 'db.x']],
  ['python3 - <<EOF\nimport sqlite3\nEOF', ['sqlite3']],
  ['python3 manage.py -m other', []],
  ["sh -c 'python -m one'", ['one']],
  ['echo python -m two', []],
])('the modules in %j', (script, names) => {
  expect(modules(script)).toEqual(names);
});

it.each([
  [['sh', '/srv/entry.sh', 'x'], ['/srv/entry.sh'], []],
  [['bash', '-eu', '-o', 'pipefail', 'start'], ['start'], []],
  [['tini', '--', 'sh', '-c', 'exec python3 -u run'], [], ['run']],
  [['python3', '-W', 'error', '/app/serve', '-c', 'x'], [], ['/app/serve']],
  [['python3', '-m', 'app', 'file.py'], [], []],
  [['sh', '/start', 'gunicorn', '-c', 'conf.py'], ['/start'], []],
  [['sh', '-c', '. /usr/local/lib/common; source more'], ['/usr/local/lib/common', 'more'], []],
  [['sh', '-c', 'for f in /one/*.sh two; do . "$f"; done; for x in *.py; do python3 "$x"; done'], ['/one/*.sh', 'two'], ['*.py']],
])('the scripts that %j gives to interpreters', (words, shell, python) => {
  const { shellScripts, pythonScripts } = namesInCommand(words);
  expect([[...shellScripts], [...pythonScripts]]).toEqual([shell, python]);
});

it.each([
  ['cp /etc/a.conf "/data/$DAY/x" 2>> /var/log/b.log', ['/etc/a.conf', '/data', '/var/log/b.log']],
  ['A=/srv/a tool --to=/srv/b < /srv/c; rm -rf /srv/d/*', ['/srv/a', '/srv/b', '/srv/c', '/srv/d']],
  ['for x in /one/*.sh; do . "$x"; done', ['/one']],
  ['echo see /; echo "to /x"', []],
  ['export PATH=/opt/x/bin:$PATH LD_LIBRARY_PATH=/opt/y; cd "$' + '{DATA:-/srv/data}"', ['/srv/data']],
  ['A=/srv/plugins:/app', ['/srv/plugins', '/app']],
  ['server --bind=:80 --config=/srv/g/c.yaml sqlite:////data/app.db http://host/x', ['/srv/g/c.yaml', '/data/app.db']],
])('the paths in %j', (script, paths) => {
  expect([...namesInScript(script).paths.keys()]).toEqual(paths);
});

it('knows the line of each program, also after lines that go on', () => {
  const script = '#!/bin/sh\nDEBUG=1 python3 \\\n  -m app | tee log\n\ncurl x\ntee y \\';
  expect([...namesInScript(script).programs]).toEqual([
    ['python3', 2],
    ['tee', 3],
    ['curl', 5],
  ]);
  expect([...namesInScript('x="a\nb"\ncat <<EOF\n1\n2\nEOF\nlast').programs]).toEqual([
    ['cat', 3],
    ['last', 7],
  ]);
});

it('does not fail on any text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => namesInScript(text).programs instanceof Map));
  const pieces = fc.constantFrom('$(', ')', '`', '"', "'", '<<E\n', '${', '}', '\n', ' ', 'sh -c ', 'x', '(', '\\', 'eval ', '<', '>');
  fc.assert(fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => namesInScript(parts.join('')).programs instanceof Map));
});
