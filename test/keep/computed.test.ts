import { expect, it } from 'vitest';
import { makeElf } from '../support/elf.js';
import { distribution, kept, SITE } from '../support/keptapp.js';
import { describeWithPython } from '../support/probes.js';

const SUFFIX = 'cpython-313-x86_64-linux-gnu.so';

describeWithPython('modules under names that code puts together', () => {
  it('are kept where they are compiled, and their names end in that of a kept module beside them', async () => {
    const compiled = ['_fast_cqueue', '_c_hubs', '_fast_c_hubs', 'lookup', '_fast_cup', '_other'];
    const { has } = await kept({
      '/app/app.py': 'import top\n',
      ...distribution('top', { 'top.py': 'import loop\n' }),
      ...distribution('loop', {
        'loop/__init__.py': 'from . import queue, _hubs, up, cup\n',
        'loop/queue.py': 'from ._util import find\nfind("loop._queue")\n',
        'loop/_util.py': 'import importlib\ndef find(name):\n    importlib.import_module(name.replace("._", "._fast_c"))\n',
        'loop/_hubs.py': '',
        'loop/up.py': '',
        'loop/cup.py': '',
        ...Object.fromEntries(compiled.map((name) => [`loop/${name}.${SUFFIX}`, makeElf({ symbols: [`PyInit_${name}`] })])),
      }),
    });
    expect(compiled.filter((name) => has(`${SITE}/loop/${name}.${SUFFIX}`))).toEqual(['_fast_cqueue', '_c_hubs', '_fast_c_hubs']);
  });

  it('are kept below a package that the code names', async () => {
    const { has } = await kept({
      '/app/app.py': 'import importlib\ndef load(kind):\n    return importlib.import_module("jobs.kinds." + kind)\n',
      ...distribution('jobs', { 'jobs/__init__.py': '', 'jobs/kinds/__init__.py': '', 'jobs/kinds/cron.py': '', 'jobs/kinds/once.py': '' }),
    });
    expect(['cron', 'once'].filter((name) => has(`${SITE}/jobs/kinds/${name}.py`))).toEqual(['cron', 'once']);
    const compares = 'import importlib\ndef load(name):\n    return name.startswith("jobs.") and importlib.import_module(name)\n';
    expect(
      (await kept({ '/app/app.py': compares, ...distribution('jobs', { 'jobs/__init__.py': '' }) })).has(`${SITE}/jobs/__init__.py`),
    ).toBe(false);
  });

  it('are kept where somebody installed them by name, and one word in such code names them', async () => {
    const hashers =
      'import importlib\nclass Argon:\n    library = "argon"\n    def load(self):\n        return importlib.import_module(self.library)\n';
    const argon = distribution('argon', { 'argon.py': '' }, { REQUESTED: '' });
    const app = { '/app/app.py': 'import web\n' };
    const web = (code: string) => distribution('web', { 'web/__init__.py': 'from . import hashers\n', 'web/hashers.py': code });
    expect((await kept({ ...app, ...web(hashers), ...argon })).has(`${SITE}/argon.py`)).toBe(true);
    expect((await kept({ ...app, ...web('LIBRARY = "argon"\n'), ...argon })).has(`${SITE}/argon.py`)).toBe(false);
  });
});

describeWithPython('source maps', () => {
  const files = (name: string) => ({ [`${name}/__init__.py`]: '', [`${name}/static/a.css`]: '', [`${name}/static/a.css.map`]: '' });
  const maps = async (settings: string) => {
    const nodes = {
      ...distribution('web', { ...files('web'), 'web/more.py': 'import pulled\n' }),
      ...distribution('pulled', files('pulled')),
    };
    const { has } = await kept({ '/app/app.py': `import web\n${settings}`, ...nodes });
    return ['web', 'pulled'].filter((name) => has(`${SITE}/${name}/static/a.css.map`));
  };

  it('are kept of what the app imports, where it stores files under names with checksums', async () => {
    expect(await maps('STORAGE = "whitenoise.storage.CompressedManifestStaticFilesStorage"\n')).toEqual(['web']);
    expect(await maps('STORAGE = "django.contrib.staticfiles.storage.StaticFilesStorage"\n')).toEqual([]);
  });
});
