import { rmSync } from 'node:fs';
import { afterAll, afterEach, expect, it } from 'vitest';
import { describeListener, ListenerFinder } from '../../src/exercise/listeners.js';
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
    expect(await finder(listen(port)).wait({ port: 1 }, 1)).toEqual({ others: [{ address: '127.0.0.1', port }] });
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

  it('ignores the sockets of multiprocessing, and Unix sockets that close again', async () => {
    const script = `
      require('node:fs').mkdirSync('${folder}/pymp-1');
      net.createServer().listen('${folder}/pymp-1/listener');
      const brief = net.createServer().listen('${folder}/brief');
      setTimeout(() => { brief.close(); net.createServer().listen('${folder}/server'); }, 500);`;
    expect(await finder(script).served(LIMITS)).toEqual([{ path: `${folder}/server` }]);
  });

  it('names listeners and what a step waits for', () => {
    app = ProcessApp.start('');
    const some = new ListenerFinder(app, []);
    expect([describeListener({ path: '/s' }), describeListener({ address: '::', port: 80 })]).toEqual(['/s', '80']);
    expect([some.describe({}), some.describe({ port: 80 }), some.describe({ socket: '/s' })]).toEqual(['a port', '80', '/s']);
  });
});
