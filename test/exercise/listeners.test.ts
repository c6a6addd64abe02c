import { rmSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeListener, ListenerFinder, STEADY_MILLISECONDS } from '../../src/exercise/listeners.js';
import type { Listener, Relay } from '../../src/exercise/relay.js';
import type { RunningApp } from '../../src/exercise/target.js';
import { describeWithPython } from '../support/probes.js';
import { freePort, ProcessApp, socketFolder } from './processapp.js';

const LIMITS = { start: 20, exit: 20 };
const listen = (port: number, address = '127.0.0.1') => `net.createServer().listen(${port}, '${address}');`;

describeWithPython('ListenerFinder', () => {
  let app: ProcessApp;
  const folder = socketFolder();
  afterAll(() => rmSync(folder, { recursive: true }));
  const finder = (script: string, declared: number[] = []) => {
    app = ProcessApp.start(script);
    return new ListenerFinder(app, declared);
  };
  afterEach(() => app.stop());

  it('waits for the port that is wanted', async () => {
    const [one, two] = [await freePort(), await freePort()];
    const found = finder(`${listen(one)}setTimeout(() => {${listen(two)}}, 200);`).wait({ port: two }, 20);
    expect(await found).toEqual({ address: '127.0.0.1', port: two });
  });

  it('waits for the Unix socket that is wanted', async () => {
    const path = `${folder}/s`;
    expect(await finder(`${listen(await freePort())}net.createServer().listen('${path}');`).wait({ socket: path }, 20)).toEqual({ path });
  });

  it('returns the other listeners when the time is over', async () => {
    const port = await freePort();
    expect(await finder(listen(port)).wait({ port: 1 }, 4)).toEqual({ others: [{ address: '127.0.0.1', port }] });
  });

  it('returns nothing when the app ends', async () => {
    expect(await finder('').wait({}, 20)).toBeUndefined();
    expect(await finder('').served(LIMITS)).toEqual([]);
  });

  it("takes the first port of any app that declares none, but not Docker's DNS server", async () => {
    const port = await freePort();
    const script = `${listen(await freePort(), '127.0.0.11')}setTimeout(() => {${listen(port)}}, 200);`;
    expect(await finder(script).served(LIMITS)).toEqual([{ address: '127.0.0.1', port }]);
  });

  it('prefers the first declared port, whichever opens first', async () => {
    const [one, two] = [await freePort(), await freePort()];
    const script = `${listen(two)}setTimeout(() => {${listen(one)}}, 200);`;
    expect(await finder(script, [one, two]).wait({}, 20)).toEqual({ address: '127.0.0.1', port: one });
  });

  it('does without declared ports that stay closed', async () => {
    const [closed, open] = [await freePort(), await freePort()];
    const found = finder(listen(open), [closed, open]);
    expect(await found.served(LIMITS)).toEqual([{ address: '127.0.0.1', port: open }]);
    expect(found.describe({})).toBe(`${closed} or ${open}`);
  }, 30_000);

  it('returns the declared port of an app that listens elsewhere, so that the step for it can fail', async () => {
    expect(await finder(listen(await freePort()), [1]).served({ start: 1, exit: 1 })).toEqual([{ address: '', port: 1 }]);
  });

  it('knows when the first listener opened', async () => {
    const begin = Date.now();
    const found = finder(`setTimeout(() => {${listen(await freePort())}}, 300);`);
    expect(found.opened).toBeUndefined();
    await found.served(LIMITS);
    expect(found.opened).toBeGreaterThanOrEqual(begin + 200);
    expect(Date.now() - (found.opened as number)).toBeGreaterThanOrEqual(STEADY_MILLISECONDS);
  });

  it('ignores the sockets of multiprocessing, and Unix sockets that close again', async () => {
    const script = `
      require('node:fs').mkdirSync('${folder}/pymp-1');
      net.createServer().listen('${folder}/pymp-1/listener');
      const brief = net.createServer().listen('${folder}/brief');
      setTimeout(() => { brief.close(); net.createServer().listen('${folder}/server'); }, 200);`;
    expect(await finder(script).served(LIMITS)).toEqual([{ path: `${folder}/server` }]);
  });

  it('names listeners and what a step waits for', () => {
    app = ProcessApp.start('');
    const some = new ListenerFinder(app, []);
    expect([describeListener({ path: '/s' }), describeListener({ address: '::', port: 80 })]).toEqual(['/s', '80']);
    expect([some.describe({}), some.describe({ port: 80 }), some.describe({ socket: '/s' })]).toEqual(['a port', '80', '/s']);
  });
});

describe('a listener that stays', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** When something listens, in milliseconds since the start of the app. */
  type Span = readonly [listener: Listener, from: number, to: number];
  /** An app whose time passes only while the finder waits. It ends at `end`. */
  const scripted = (spans: readonly Span[], end: number, declared: number[] = []) => {
    const start = Date.now();
    const now = () => Date.now() - start;
    const listening = () => spans.filter(([, from, to]) => from <= now() && now() < to).map(([listener]) => listener);
    const app = {
      get exit() {
        return now() >= end ? 0 : undefined;
      },
      relay: async () => ({ listeners: async () => listening() }) as unknown as Relay,
      endedWithin: async (milliseconds: number) => {
        vi.setSystemTime(Date.now() + milliseconds);
      },
    } as unknown as RunningApp;
    return { finder: new ListenerFinder(app, declared), now };
  };
  const at = (port: number): Listener => ({ address: '127.0.0.1', port });
  const SOCKET: Listener = { path: '/run/app.sock' };

  it.each<[string, Span[], Listener[]]>([
    [
      'is a server, also after one that did not stay',
      [
        [at(1), 0, 900],
        [at(2), 500, 9000],
      ],
      [at(2)],
    ],
    [
      'is not the one that opens again and again',
      [
        [at(1), 0, 900],
        [at(1), 950, 1800],
        [at(1), 1850, 2700],
      ],
      [],
    ],
    [
      'is preferred where it is a port',
      [
        [SOCKET, 0, 9000],
        [at(1), 500, 9000],
      ],
      [at(1)],
    ],
    [
      'may be a Unix socket, also where a port did not stay',
      [
        [SOCKET, 0, 9000],
        [at(1), 500, 1400],
      ],
      [SOCKET],
    ],
    [
      'is missing in a job',
      [
        [at(1), 0, 900],
        [SOCKET, 2000, 2500],
      ],
      [],
    ],
  ])('%s', async (_, spans, found) => {
    expect(await scripted(spans, 9000).finder.served(LIMITS)).toEqual(found);
  });

  it('is found by later steps without waiting again', async () => {
    const { finder, now } = scripted(
      [
        [at(1), 0, 500],
        [at(2), 100, 9000],
      ],
      9000,
    );
    expect(await finder.served(LIMITS)).toEqual([at(2)]);
    const before = now();
    expect(await finder.wait({ steady: true }, 20)).toEqual(at(2));
    expect(now()).toBe(before);
  });

  it('is not waited for where the image declares the port', async () => {
    const { finder, now } = scripted([[at(1), 100, 9000]], 9000, [1]);
    expect(await finder.served(LIMITS)).toEqual([at(1)]);
    expect(now()).toBeLessThan(STEADY_MILLISECONDS);
  });

  it('has always listened for so long without a break, and none is overlooked', async () => {
    const span = fc
      .tuple(fc.integer({ min: 1, max: 3 }), fc.nat(4000), fc.nat(2500))
      .map(([port, from, long]): Span => [at(port), from, from + long]);
    await fc.assert(
      fc.asyncProperty(fc.array(span, { maxLength: 6 }), async (spans) => {
        const { finder, now } = scripted(spans, 7000);
        const [found] = await finder.served(LIMITS);
        const open = (listener: Listener, time: number) =>
          spans.some(([one, from, to]) => describeListener(one) === describeListener(listener) && from <= time && time < to);
        const steady = (listener: Listener, until: number) =>
          Array.from({ length: STEADY_MILLISECONDS / 20 }, (_, index) => until - index * 20).every((time) => open(listener, time));
        if (found) expect(steady(found, now())).toBe(true);
        else
          for (const [one] of spans)
            for (let time = 1020; time < 6980; time += 20) expect(steady(one, time) && steady(one, time - 20)).toBe(false);
      }),
    );
  });
});
