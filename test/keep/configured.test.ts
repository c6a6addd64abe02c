import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { KeepInput } from '../../src/keep/compute.js';
import { kept as keptOf, SITE, STANDARD } from '../support/keptapp.js';
import { describeWithPython } from '../support/probes.js';
import type { Node } from '../support/tree.js';

const CONF = '/etc/server/server.conf';
const PAGES = ['/var/www/pages/a.html', '/usr/share/server/html/b.css', '/srv/files/deep/c.txt'];

/** What is kept because of a configuration that some run opened. */
async function kept(...given: Parameters<typeof paths>): Promise<string[]> {
  const keep = await paths(...given);
  return PAGES.filter((path) => keep.has(path));
}

async function paths(
  text: string,
  more: Record<string, Node> = {},
  observations = [`open ${CONF}`],
  level: KeepInput['level'] = 'reachable',
  mostBytes = { call: -1, name: -1 },
) {
  const nodes: Record<string, Node> = {
    ...Object.fromEntries(PAGES.map((path) => [path, 'text'])),
    '/app/app.py': '',
    [CONF]: text,
    ...more,
  };
  return keptOf(nodes, { observations, level, mostBytes });
}

/** A package that brought the configuration with a text. */
const packaged = (text: string): Record<string, Node> => ({
  '/var/lib/dpkg/info/server.list': CONF,
  '/var/lib/dpkg/status': `Package: server\nStatus: install ok installed\nConffiles:\n ${CONF} ${createHash('md5').update(text).digest('hex')}\nVersion: 1\n`,
});

describeWithPython('configurations', () => {
  const served = 'location /x { alias /var/www/pages/; }\nroot "/usr/share/server/html";\nstatic-map = /files=/srv/files\n';

  it('keeps the folders that one names, and what is in them', async () => {
    expect(await kept(served)).toEqual(PAGES);
  });

  it('only where a run opened it, and from the level reachable on', async () => {
    expect(await kept(served, {}, [])).toEqual([]);
    expect(await kept(served, {}, [`open ${CONF}`], 'observed')).toEqual([]);
  });

  it('one that a package brought counts where somebody changed it', async () => {
    expect(await kept(served, packaged(served))).toEqual([]);
    expect(await kept(served, packaged('# default\n'))).toEqual(PAGES);
  });

  it.each([
    ['YAML', 'jobs:\n  - name: other\n    command: "tool -x {name} | second"\n'],
    ['a list', 'hooks:\n  - tool -x\n  - second\nnames:\n  - other\n'],
    ['a list in one line', 'exec: ["tool", "-x"]\nsecond_tool = [ "second" ]\nname: other'],
    ['JSON', '{\n  "run_cmd": "tool -x",\n  "script": "second",\n  "name": "other"\n}\n'],
    ['lines below', 'command: |\n  tool -x\nrun_script: >-\n  second\n'],
    ['lines with CR', 'command: tool -x\r\nrun: second\r\n'],
    ['JSON over several lines', '{"command": [\n  "tool",\n  "-x"\n],\n"hooks": ["second"]}'],
    ['JSON in one line', '{"command": "tool -x"}\n- run: "second" # other\n'],
    ['items with variables', 'commands:\n  - FOO=1 tool\n  - second\nname: other\n'],
    ['camel case', 'preRunHook: tool\ndescription: other\nbuildScript: second\nruntime: other\ntranscript: other\n'],
    ['items with names', 'jobs:\n  - command: tool x\nhooks:\n  - run: second\n  - name: other\n'],
    ['a block with variables', 'script: |\n  VERSION=1\n  tool x\n  second\nname: other\n'],
    ['INI sections', 'run =\n[other]\ncmd = tool\nshell=second\n'],
    ['an INI file', '[tool]\nprogram = tool -x\ntool_path=/usr/bin/second\nname = other\n'],
  ])('keeps cheap programs in command lines of %s', async (_, text) => {
    const programs = Object.fromEntries(['tool', 'second', 'other2'].map((name) => [`/usr/bin/${name}`, { text: '#', mode: 0o755 }]));
    const keep = await paths(text.replaceAll('other', 'other2'), programs, undefined, undefined, { call: 1, name: 0 });
    expect(Object.keys(programs).filter((path) => keep.has(path))).toEqual(['/usr/bin/tool', '/usr/bin/second']);
  });

  it.each([
    ['a comment', '# root /var/www/pages;\n  ; root /var/www/pages\n'],
    ['an address', 'proxy_pass http://host/var/www/pages;\n'],
    ['a part of a longer path', 'root data/var/www/pages;\nhome ~/var/www/pages\n'],
    ['bytes', '\0 /var/www/pages'],
  ])('%s names nothing', async (_, text) => {
    expect(await kept(text)).toEqual([]);
  });

  it('one of Alpine counts where somebody changed it', async () => {
    const database = (text: string): Record<string, Node> => ({
      '/lib/apk/db/installed': `P:server\nV:1\nF:etc/server\nR:server.conf\nZ:Q1${createHash('sha1').update(text).digest('base64')}\n\n`,
    });
    expect(await kept(served, database(served))).toEqual([]);
    expect(await kept(served, database('# default\n'))).toEqual(PAGES);
  });

  it('keeps what somebody wrote into a folder of the system', async () => {
    const files = {
      '/usr/lib/cgi-bin/own': 'x',
      '/usr/lib/cgi-bin/brought': 'x',
      '/var/lib/dpkg/info/web.list': '/usr/lib/cgi-bin/brought',
    };
    const keep = await paths('ScriptAlias /cgi/ /usr/lib/cgi-bin/\n', files);
    expect(Object.keys(files).filter((path) => keep.has(path))).toEqual(['/usr/lib/cgi-bin/own']);
    const tools = { '/usr/local/bin/pip': '', '/opt/tools/bin/x': '' };
    const text = 'PATH=/usr/local/bin:/usr/bin\nLD_LIBRARY_PATH: /opt/tools/bin\nbin = /usr/local/bin\n';
    const others = await paths(text, tools);
    expect(Object.keys(tools).filter((path) => others.has(path))).toEqual([]);
  });

  it('keeps the modules that one names, and those that they import', async () => {
    const files = Object.fromEntries(['__init__', 'fast', 'slow', 'helper'].map((name) => [`${SITE}/library/${name}.py`, '']));
    const all = { ...files, [`${SITE}/library/fast.py`]: 'import library.helper' };
    const of = async (text: string) => {
      const keep = await paths(text, all);
      return ['fast', 'slow', 'helper'].filter((name) => keep.has(`${SITE}/library/${name}.py`));
    };
    expect(await of('backend: library.fast.Backend\n')).toEqual(['fast', 'helper']);
    expect(await of('[x]\nclass = "library.slow"\n')).toEqual(['slow']);
    expect((await paths('class: lonely.Single\n', { [`${STANDARD}/lonely.py`]: '' })).has(`${STANDARD}/lonely.py`)).toBe(true);
    for (const text of [
      'a: library',
      'a: library.host',
      'url: http://library.slow/x',
      'host: other@library.slow',
      '# library.slow',
      'a: library.none.x.y',
    ])
      expect(await of(text)).toEqual([]);
  });

  it.each(['access.log', 'page.html', 'table.csv', 'README.md'])('%s is no configuration', async (name) => {
    expect(await kept('', { [`/app/${name}`]: served }, [`open /app/${name}`])).toEqual([]);
  });

  it("a folder with the app's code stays without its tests and its history", async () => {
    const files = { '/app/.git/pack': 'x', '/app/tests/test_a.py': 'def test_a(): pass', '/app/tests/big.bin': 'x', '/app/page.html': 'x' };
    const keep = await paths('chdir = /app\n', files);
    expect(Object.keys(files).filter((path) => keep.has(path))).toEqual(['/app/page.html']);
  });

  it('a folder may have very many files', async () => {
    const many = Object.fromEntries(Array.from({ length: 200_000 }, (_, index) => [`/data/${index}`, '']));
    expect((await paths('root = /data\n'.repeat(2000), many)).has('/data/199999')).toBe(true);
  });
});
