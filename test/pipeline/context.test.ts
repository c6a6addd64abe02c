import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { ExitCode } from '../../src/errors.js';
import { parseImageName } from '../../src/images/name.js';
import { type Context, withSession } from '../../src/pipeline/context.js';
import { openImage } from '../../src/pipeline/images.js';

const HOST = parseImageName('host:');
let sessions: string;

/** A session of `host:` needs neither a daemon nor namespaces. */
beforeEach(() => {
  process.env.PYSHRINK_CACHE = mkdtempSync(join(tmpdir(), 'pyshrink-'));
  sessions = join(process.env.PYSHRINK_CACHE, 'sessions');
});
const left = () => (existsSync(sessions) ? readdirSync(sessions) : []);

describe('withSession', () => {
  it('gives the work a session, and removes it afterwards', async () => {
    const during = await withSession({}, HOST, async ({ session }) => [session.id, left()] as const);
    expect(during[1]).toEqual([during[0], `${during[0]}.alive`, `${during[0]}.owner`]);
    expect(left()).toEqual([]);
  });

  it('removes it when the work fails', async () => {
    await expect(withSession({}, HOST, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(left()).toEqual([]);
  });

  const interrupted = expect.objectContaining({ exitCode: ExitCode.interrupted });

  it('ends with 130 when it is interrupted, and removes the session first', async () => {
    const controller = new AbortController();
    const work = async ({ session }: Context) => {
      expect(session.ending.aborted).toBe(false);
      controller.abort();
      // Scripts and resets on this computer end by it.
      expect(session.ending.aborted).toBe(true);
      // The work goes on, and fails since its session is closed.
      await session.spool();
      await new Promise((go) => setTimeout(go, 20));
      throw new Error('the session is closed');
    };
    await expect(withSession({ signal: controller.signal }, HOST, work)).rejects.toThrowError(interrupted);
    expect(left()).toEqual([]);
  });

  it('does nothing when it was interrupted before', async () => {
    let began = false;
    const work = async () => {
      began = true;
    };
    await expect(withSession({ signal: AbortSignal.abort() }, HOST, work)).rejects.toThrowError(interrupted);
    expect(began).toBe(false);
  });

  it('refuses a daemon for host:', async () => {
    await expect(withSession({ engine: 'docker' }, HOST, async () => {})).rejects.toThrowError(
      expect.objectContaining({ exitCode: ExitCode.usage }),
    );
  });
});

describe('openImage', () => {
  it('takes a command of this computer for an image', async () => {
    const config = await withSession({}, HOST, async (context) => {
      const image = await openImage(context, HOST, { command: ['sh', '-c', ':'], environment: ['FLAG=yes'] });
      return [image.reference, image.separateRoot, image.config.Env?.includes('FLAG=yes')];
    }).catch((error: Error) => error.message);
    expect(config).toEqual(['host:', false, true]);
  });
});
