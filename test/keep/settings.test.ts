import { expect, it } from 'vitest';
import type { ImageConfig } from '../../src/images/config.js';
import { computeKeepSet } from '../../src/keep/compute.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { makeTrace } from '../support/keep.js';
import { describeWithPython } from '../support/probes.js';
import { makeTree, type Node } from '../support/tree.js';

const SITE = LAYOUT.sitePackages[0] as string;
const DATA = ['/models/v1/a.bin', '/var/lib/store/b.txt', '/srv/other/c.txt', '/opt/tools/bin/d'];
const HOME = ['/root/.cache/big/model.bin', '/root/corpus/text.txt', '/root/.Reader/f.txt', '/root/.cache/pip/wheel.whl', '/root/plain'];

/** What is kept of data of the app's author. */
async function kept(...given: Parameters<typeof reached>): Promise<string[]> {
  const keep = await reached(...given);
  return [...DATA, ...HOME].filter((path) => keep.has(path));
}

async function reached(app: string, config: ImageConfig, more: Record<string, Node> = {}, command = ['python3', 'app.py']) {
  const paths = [...DATA, ...HOME];
  const fs = makeTree({
    '/usr/bin/python3': { text: '', mode: 0o755 },
    '/usr/bin/sh': { text: '', mode: 0o755 },
    '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nother:x:5:5::/home/other:/bin/sh\n',
    ...Object.fromEntries(paths.map((path) => [path, 'x'])),
    '/app/app.py': app,
    ...more,
  });
  const { keep } = await computeKeepSet({
    fs,
    trace: makeTrace([], { python: LAYOUT, modules: { __main__: '/app/app.py' } }),
    config: { WorkingDir: '/app', ...config },
    env: [],
    commands: [command],
    choice: { include: [], exclude: [] },
    level: 'reachable',
    mostBytes: { call: -1, name: -1 },
    analyst: analystOver(fs),
  });
  return keep;
}

const library = (code: string): Record<string, Node> => ({
  [`${SITE}/library.py`]: code,
  [`${SITE}/library-1.dist-info/METADATA`]: 'Name: library\nVersion: 1\n',
  [`${SITE}/library-1.dist-info/RECORD`]: 'library.py,,\nlibrary-1.dist-info/METADATA,,\n',
});

describeWithPython('paths in settings', () => {
  const Env = ['MODEL_DIR=/models/v1/'];
  const reads = 'import os\nprint(os.environ["MODEL_DIR"])\n';

  it('those of a variable count once code has its name', async () => {
    expect(await kept(reads, { Env })).toEqual(['/models/v1/a.bin']);
    expect(await kept('', { Env })).toEqual([]);
    expect(await kept('import library', { Env }, library(reads))).toEqual(['/models/v1/a.bin']);
  });

  it.each([
    ['a list', ['STORES=/models/v1:/var/lib/store'], 'x = "STORES"', ['/models/v1/a.bin', '/var/lib/store/b.txt']],
    ['an address', ['URL=sqlite:////var/lib/store/b.txt'], 'x = "URL"', ['/var/lib/store/b.txt']],
    ['a field of settings', ['SHOP_MODEL_DIR=/models/v1'], 'class S:\n    model_dir: str\n', ['/models/v1/a.bin']],
    ['another address', ['URL=http://host/srv/other'], 'x = "URL"', []],
    ['a word of the code', ['GRADLE_HOME=/opt/tools'], 'x = "home"', []],
    ['options', ['SERVER_ARGS=--bind=:80 --config=/models/v1/a.bin'], 'x = "SERVER_ARGS"', ['/models/v1/a.bin']],
    ['where tools are', ['PATH=/usr/bin:/opt/tools/bin', 'CUDA_HOME=/opt/tools'], 'x = ("PATH", "CUDA_HOME")', []],
  ])('of %s', async (_, Env, app, expected) => {
    expect(await kept(app, { Env })).toEqual(expected);
  });

  it('the time zone counts for every program', async () => {
    const zone = '/usr/share/zoneinfo/Asia/Tokyo';
    const has = async (config: ImageConfig, command?: string[]) => (await reached('', config, { [zone]: 'TZif' }, command)).has(zone);
    expect(await has({ Env: ['TZ=Asia/Tokyo'] })).toBe(true);
    expect(await has({}, ['sh', '-c', 'TZ=Asia/Tokyo date'])).toBe(true);
    expect(await has({ Env: ['TZ=Asia/../x'] })).toBe(false);
  });

  it('a script that reads a variable counts, too', async () => {
    const script = { '/start': 'exec python3 app.py --model "$MODEL_DIR"\n' };
    expect(await kept('', { Env }, script, ['sh', '/start'])).toEqual(['/models/v1/a.bin']);
  });

  it('those of a command count', async () => {
    expect(await kept('', {}, {}, ['python3', 'app.py', '--store=/var/lib/store', '/srv/other/c.txt'])).toEqual([
      '/var/lib/store/b.txt',
      '/srv/other/c.txt',
    ]);
  });
});

describeWithPython("data in the user's home", () => {
  it.each([
    ['a name', 'path = root + "/" + "big"', ['/root/.cache/big/model.bin']],
    ['a path', 'path = expanduser("~/.Reader/")', ['/root/.Reader/f.txt']],
    ['a file', 'path = "plain"', ['/root/plain']],
    ['what a tool left', 'path = "pip"', []],
  ])('counts once kept code has %s', async (_, code, expected) => {
    expect(await kept('import library', {}, library(code))).toEqual(expected);
  });

  it('is no folder that has others in it, and no code', async () => {
    const files = { '/root/.local/share/virtualenv/x': '', '/app/tests/test_a.py': 'def test_a(): pass', '/app/.git/x': '' };
    const keep = await reached('import library', { Env: ['HOME=/app'] }, { ...library('x = ("share", "tests", ".git")'), ...files });
    expect(Object.keys(files).filter((path) => keep.has(path))).toEqual([]);
    expect((await reached('import library', {}, { ...library('x = "share"'), ...files })).has('/root/.local/share/virtualenv/x')).toBe(
      false,
    );
  });

  it('may be behind a link', async () => {
    const files: Record<string, Node> = { '/root/.cache/models': { link: '/data/models' }, '/data/models/m': 'x' };
    expect((await reached('import library', {}, { ...library('x = "models"'), ...files })).has('/data/models/m')).toBe(true);
  });

  it('belongs to the user of the image', async () => {
    expect(await kept('path = "big"', { User: 'other' })).toEqual([]);
    expect(await kept('path = "corpus"', { User: '0:0' })).toEqual(['/root/corpus/text.txt']);
    expect(await kept('path = "corpus"', { User: 'other', Env: ['HOME=/root'] })).toEqual(['/root/corpus/text.txt']);
  });
});
