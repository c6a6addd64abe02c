import { closeSync, mkdtempSync, openSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ownNetwork } from '../../../src/engines/local/network.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Makes a folder with these programs the only place where programs are looked for. */
function installed(...names: string[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'pyshrink-tools-'));
  for (const name of names) writeFileSync(join(folder, name), '#!/bin/sh\n', { mode: 0o755 });
  vi.stubEnv('PATH', folder);
}

const asked = (publish: string[], network?: string) => ownNetwork({ publish, ...(network !== undefined && { network }) }, true);
const PORTS = ['127.0.0.1:8000:8000', '127.0.0.1::8000', '9000:8000', '8000:8000', '8000'];

const MAKES_DEVICES = (() => {
  try {
    closeSync(openSync('/dev/net/tun', 'r+'));
    return true;
  } catch {
    return false;
  }
})();

describe('a published port', () => {
  it.each(PORTS)('asks for a network of its own, where a tool is installed: %s', async (port) => {
    installed('slirp4netns');
    const own = await asked([port]);
    // Where no tool can work, this computer's network does the same for the last two.
    if (!MAKES_DEVICES && PORTS.indexOf(port) >= 3) expect(own).toBeUndefined();
    else
      expect(own).toMatchObject({
        tool: 'slirp4netns',
        publish: [{ container: 8000, address: port.startsWith('127') ? '127.0.0.1' : '' }],
      });
  });

  it.each(PORTS.slice(0, 3))("is refused where none is installed and this computer's network would do something else: %s", async (port) => {
    installed();
    await expect(asked([port])).rejects.toMatchObject({ remedy: expect.stringContaining('Install the package slirp4netns') });
    await expect(asked([port], 'host')).rejects.toMatchObject({ message: expect.stringContaining('with --network host') });
  });

  it.each(PORTS.slice(3))("does without where none is installed and this computer's network does the same: %s", async (port) => {
    installed();
    expect(await asked([port])).toBeUndefined();
    expect(await asked([port], 'host')).toBeUndefined();
  });

  it('is of no use without a network', async () => {
    installed('slirp4netns');
    expect(await asked(['9000:8000'], 'none')).toBeUndefined();
  });
});

it('no port and no option: the network of this computer', async () => {
  installed('slirp4netns');
  expect(await asked([])).toBeUndefined();
});
