import { expect, it } from 'vitest';
import { makeElf } from '../support/elf.js';
import { distribution, kept, SITE } from '../support/keptapp.js';
import { describeWithPython } from '../support/probes.js';
import type { Node } from '../support/tree.js';

const LARGE = makeElf({ interpreter: '/lib/ld.so', needed: [], sections: { '.text': Buffer.alloc(5e6) } });
const SMALL = makeElf({ interpreter: '/lib/ld.so', needed: [] });
const program = (text: string | Buffer) => ({ text, mode: 0o755 });

/** A wheel with a console script that starts a program inside the package. */
const FORMATTER: Record<string, Node> = {
  ...distribution('formatter', {
    'formatter/__init__.py':
      'import subprocess, os\ndef main():\n    subprocess.call([os.path.join(os.path.dirname(__file__), "data", "formatter-native")])',
    'formatter/data/formatter-native': LARGE,
    '../../../bin/fmt': '',
  }),
  [`${SITE}/formatter/data/formatter-native`]: program(LARGE),
  '/usr/bin/fmt': program('#!/usr/bin/python3\nfrom formatter import main\nmain()'),
};
/** A wheel that is nothing but a program, which somebody installed by name. */
const CHECKER: Record<string, Node> = {
  ...distribution('checker', { '../../../bin/checker': '' }, { REQUESTED: '' }),
  '/usr/bin/checker': program(SMALL),
};

describeWithPython('programs of wheels', () => {
  it('bring what they start inside of their wheel where the app runs them, whatever it costs', async () => {
    const native = `${SITE}/formatter/data/formatter-native`;
    const runs = await kept({ ...FORMATTER, '/app/app.py': 'import subprocess\nsubprocess.run(["fmt", "x"])' });
    expect(runs.has(native)).toBe(true);
    const unused = { ...FORMATTER, '/app/app.py': 'pass', '/app/lint.sh': program('#!/bin/sh\nfmt x\n') };
    expect((await kept(unused)).has(native)).toBe(false);
    expect((await kept(unused, { observations: ['exec /app/lint.sh'] })).has(native)).toBe(true);
    const none = await kept({ ...FORMATTER, '/app/app.py': 'import json' });
    expect(none.has(native)).toBe(false);
  });

  it('are kept whatever they cost where somebody installed the wheel by name for a library that the app imports', async () => {
    const coder = {
      ...distribution('coder', { 'coder/__init__.py': 'def path():\n    return "coder/bin/coder-x86"', 'coder/bin/coder-x86': LARGE }),
      [`${SITE}/coder/bin/coder-x86`]: program(LARGE),
    };
    const images = distribution('images', { 'images/__init__.py': 'def movie():\n    import coder\n    coder.path()' });
    const { has } = await kept({ ...coder, ...images, '/app/app.py': 'import images' });
    expect(has(`${SITE}/coder/bin/coder-x86`)).toBe(true);
    const plain = await kept({ ...coder, ...images, '/app/app.py': 'import json' });
    expect(plain.has(`${SITE}/coder/bin/coder-x86`)).toBe(false);
  });

  it('count where a word of the app is their name, and the app runs programs', async () => {
    const table = 'import subprocess\nTOOLS = {"shell": ["checker", "-"]}\ndef check(kind):\n    subprocess.run(TOOLS[kind])';
    expect((await kept({ ...CHECKER, '/app/app.py': table })).has('/usr/bin/checker')).toBe(true);
    expect((await kept({ ...CHECKER, '/app/app.py': 'NAME = "checker"' })).has('/usr/bin/checker')).toBe(false);
  });

  it('include libraries that only the program itself makes findable', async () => {
    const java = distribution('java', {
      'java/__init__.py': '',
      'java/lib/libjava.so': makeElf({ needed: ['libvm.so'] }),
      'java/lib/server/libvm.so': makeElf({ soname: 'libvm.so' }),
      'java/lib/libfound.so': makeElf({ soname: 'libfound.so', needed: ['libpart.so'], runpath: '$ORIGIN' }),
      'java/lib/libpart.so': makeElf({ soname: 'libpart.so' }),
    });
    const { has } = await kept({ ...java, '/app/app.py': 'import java' });
    expect(['libjava.so', 'server/libvm.so', 'libfound.so', 'libpart.so'].map((name) => has(`${SITE}/java/lib/${name}`))).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });
});
