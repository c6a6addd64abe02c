import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startBeside, stopBeside } from '../support/beside.js';
import { describeWithEngine, FIXTURES, leftovers } from '../support/engine.js';
import type { Way } from '../support/way.js';
import { WayChecker } from '../support/waychecker.js';

const ways = readdirSync(FIXTURES)
  .filter((name) => existsSync(join(FIXTURES, name, 'way.yaml')))
  .map((name): Way => ({ ...parse(readFileSync(join(FIXTURES, name, 'way.yaml'), 'utf8')), name }));

describeWithEngine.concurrent('ways to run an app: fixtures', () => {
  let checker: WayChecker;
  beforeAll(async () => {
    await startBeside();
    checker = await WayChecker.open();
  });
  afterAll(async () => {
    await checker?.close();
    await stopBeside();
    expect(await leftovers()).toEqual([]);
  });

  it.each(ways)('$name: $about', (way) => checker.check(way, `pyshrink-fixture/${way.name}`));
});
