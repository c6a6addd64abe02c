import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildFolder, describeWithEngine, leftovers, workdir } from '../support/engine.js';
import { optionsOf, writeZooCase, zooCases } from '../support/way.js';
import { WayChecker } from '../support/waychecker.js';

describeWithEngine.concurrent('ways to run an app: the entrypoint zoo', () => {
  let checker: WayChecker;
  beforeAll(async () => {
    checker = await WayChecker.open();
  });
  afterAll(async () => {
    await checker?.close();
    expect(await leftovers()).toEqual([]);
  });

  it.each(zooCases())('$name', async ({ from, dockerfile, ...way }) => {
    const folder = workdir();
    writeZooCase({ ...(from !== undefined && { from }), dockerfile }, folder);
    await checker.check({ ...way, ...(way.options && { options: optionsOf(way) }) }, await buildFolder(folder));
  });
});
