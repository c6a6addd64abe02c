import { describe, expect, it } from 'vitest';
import { askLoader } from '../../src/guest/ldd.js';
import type { LoaderAnswers } from '../../src/guest/protocol.js';
import { makeElf } from '../support/elf.js';
import { makeTree } from '../support/tree.js';

const fs = makeTree({
  '/bin/app': { text: makeElf({ needed: ['liba.so', 'libgone.so'], interpreter: '/lib/ld.so' }), mode: 0o755 },
  '/bin/link': { link: 'app' },
  '/bin/script': { text: '#!/bin/sh\n', mode: 0o755 },
  '/lib/liba.so': makeElf({ soname: 'liba.so' }),
  '/opt/liba.so': makeElf({ soname: 'liba.so' }),
  '/lib/ld.so': { text: makeElf({ soname: 'ld.so' }), mode: 0o755 },
  '/etc/passwd': 'root',
});

describe('askLoader', () => {
  /** Asks about `paths`, where the loader gives these answers. */
  const ask = async (answers: LoaderAnswers, paths = ['/bin/link']) => {
    const asked: string[][] = [];
    const helper = {
      askLoader: async (files: string[]) => {
        asked.push(files);
        return answers;
      },
    };
    return { ...(await askLoader(fs, helper, paths, {})), asked };
  };

  it('asks once for each ELF file with a dynamic section, by its real path', async () => {
    const { asked } = await ask({}, ['/lib/liba.so', '/bin/link', '/bin/app', '/bin/script', '/etc/passwd', '/none']);
    expect(asked).toEqual([['/bin/app', '/lib/liba.so']]);
  });

  it('adds nothing where the loader and our search agree, or the loader finds nothing', async () => {
    expect(await ask({ '/bin/app': { 'liba.so': '/lib/liba.so', 'libgone.so': null } })).toMatchObject({ paths: [], warnings: [] });
  });

  it('keeps what only the loader finds, and warns', async () => {
    expect(await ask({ '/bin/app': { 'liba.so': '/opt/liba.so' } })).toMatchObject({
      paths: ['/opt/liba.so'],
      warnings: ["/bin/app: the image's loader finds liba.so at /opt/liba.so, pyshrink's own search does not; both are kept"],
    });
  });

  it("keeps the program's own loader without a warning", async () => {
    expect(await ask({ '/bin/app': { '/lib/ld.so': '/lib/ld.so' } })).toMatchObject({ paths: ['/lib/ld.so'], warnings: [] });
  });

  it('ignores answers with paths that are not in the image', async () => {
    expect(await ask({ '/bin/app': { 'liba.so': '/none/liba.so' } })).toMatchObject({ paths: [], warnings: [] });
  });
});
