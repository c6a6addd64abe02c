import { expect, it } from 'vitest';
import { KeepSet } from '../../src/keep/keepset.js';
import { runnableIn } from '../../src/report/runnable.js';
import { makeElf } from '../support/elf.js';
import { makeTree } from '../support/tree.js';

it('lists what the kernel or a shell runs, not each file that may be executed', async () => {
  const nodes = {
    '/app/serve': { text: '#!/bin/sh\n', mode: 0o755 },
    '/app/tool': { text: makeElf({}), mode: 0o755 },
    '/app/data.csv': { text: 'a,b\n', mode: 0o755 },
    '/app/app.py': { text: 'import os\n', mode: 0o777 },
    '/app/notes.sh': { text: '#!/bin/sh\n', mode: 0o644 },
    '/app/libone.so.1': { text: makeElf({}), mode: 0o755 },
    '/usr/local/bin/plain': { text: 'exec serve\n', mode: 0o755 },
    '/usr/bin/gone': { text: '#!/bin/sh\n', mode: 0o755 },
  };
  const fs = makeTree(nodes);
  const keep = new KeepSet(fs);
  for (const path of Object.keys(nodes)) if (path !== '/usr/bin/gone') keep.add({ path, rule: 'user', kind: 'include', parents: [] });
  expect([...(await runnableIn(fs, keep))].sort()).toEqual(['/app/serve', '/app/tool', '/usr/local/bin/plain']);
});
