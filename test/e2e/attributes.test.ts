import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ExitCode } from '../../src/errors.js';
import { buildImage, DEBIAN, describeWithEngine, pyshrink, workdir } from '../support/engine.js';
import { needing } from '../support/needs.js';

/** A program that may bind ports below 1024. */
const CAPABLE = 'import os; open("/srv/cap", "w"); os.setxattr("/srv/cap", "security.capability", b"\\1\\0\\0\\2\\0\\4" + bytes(14))';
const PRINTS = `FROM ${DEBIAN}\nCMD ["python3", "-c", "print(1)"]\n`;

describeWithEngine('a root file system on a disk that keeps no extended attributes', () => {
  const refused = (what: string, args: (images: { plain: string; capable: string }) => string[]) =>
    needing('mount')(`is refused before anything is compared or written: ${what}`, async () => {
      const plain = await buildImage(PRINTS);
      const capable = await buildImage(`${PRINTS}RUN python3 -c '${CAPABLE}'\n`);
      const [cwd, disk] = [workdir(), workdir()];
      const [image = '', ...more] = args({ plain, capable });
      execFileSync('mount', ['-t', 'ramfs', 'ramfs', disk]);
      try {
        const shrunk = await pyshrink(['shrink', image, ...more, '--output', `rootfs:${join(disk, 'root')}`], { cwd });
        const assembled = await pyshrink(['assemble', ...more, '--output', `rootfs:${join(disk, 'root')}`], { cwd });
        for (const run of [shrunk, assembled])
          expect([run.exitCode, run.stderr]).toEqual([
            ExitCode.failed,
            expect.stringMatching(/extended attributes of the image's files can't be set in .*: security\.capability: /),
          ]);
        expect(shrunk.stderr).toContain('Assembling');
        expect(shrunk.stderr).not.toMatch(/Comparing|Writing/);
        expect(assembled.stderr).not.toContain('Writing');
        expect(readdirSync(disk)).toEqual([]);
      } finally {
        execFileSync('umount', [disk]);
      }
    });

  refused('a file of the image has some', ({ capable }) => [capable, '--include', '/srv/cap']);
  refused('a file of the base has some', ({ plain, capable }) => [plain, '--base', capable]);
});
