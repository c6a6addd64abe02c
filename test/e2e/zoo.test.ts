import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildFolder, describeWithEngine, FIXTURES, leftovers, workdir } from '../support/engine.js';
import { type Way, WayChecker } from '../support/waychecker.js';

interface ZooCase extends Way {
  /** Base image. Default: the image of fixtures/entrypoint-zoo/Dockerfile. */
  from?: string;
  dockerfile: string;
}

const ZOO = join(FIXTURES, 'entrypoint-zoo');
const cases = parse(readFileSync(join(ZOO, 'cases.yaml'), 'utf8')) as ZooCase[];

describeWithEngine.concurrent('ways to run an app: the entrypoint zoo', () => {
  let checker: WayChecker;
  beforeAll(async () => {
    checker = await WayChecker.open();
  });
  afterAll(async () => {
    await checker?.close();
    expect(await leftovers()).toEqual([]);
  });

  it.each(cases)('$name', async ({ from = 'pyshrink-fixture/entrypoint-zoo', dockerfile, ...way }) => {
    const folder = workdir();
    cpSync(join(ZOO, 'files'), join(folder, 'files'), { recursive: true });
    writeFileSync(join(folder, 'Dockerfile'), `FROM ${from}\n${dockerfile}`);
    // Paths in options are relative to the folder of cases.yaml.
    const options = way.options?.map((option) => option.replace('=files/', `=${ZOO}/files/`));
    await checker.check({ ...way, ...(options && { options }) }, await buildFolder(folder));
  });
});
