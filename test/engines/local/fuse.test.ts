import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { FuseRoot } from '../../../src/engines/local/fuse.js';

const folder = mkdtempSync(join(tmpdir(), 'pyshrink-fuse-'));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

it('a mount that does not come ends, and says so', async () => {
  // Stands in for setpriv, which is started first: it hangs and mounts nothing.
  writeFileSync(join(folder, 'setpriv'), '#!/bin/sh\nexec /bin/sleep 600\n');
  chmodSync(join(folder, 'setpriv'), 0o755);
  vi.stubEnv('PATH', folder);
  const plan = { user: 'single', root: '/nowhere', lower: ['/l'], upper: '/u', work: '/w' } as const;
  await expect(FuseRoot.mount(plan, 20)).rejects.toThrowError(/fuse-overlayfs has mounted nothing at \/nowhere in 0.02 seconds/);
});
