import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseImageName } from '../../src/images/name.js';
import { openInside } from '../../src/pipeline/inside.js';
import { buildReport } from '../../src/report/build.js';
import { Folder } from '../../src/workspace/folder.js';
import { resultNamed } from '../../src/workspace/newest.js';
import { smallImage } from '../support/inside.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'pyshrink-'));
  process.chdir(home);
});

/** Writes the small image into a folder below `.pyshrink`. */
async function save(name: string, { made = true, id = 'sha256:0', reference = `${name}:1` } = {}): Promise<Folder> {
  const inside = smallImage();
  const folder = new Folder(join('.pyshrink', name));
  await folder.saveTrace({ trace: { ...inside.trace, image: { ...inside.trace.image, id, reference } }, record: inside.record });
  if (made && inside.made) {
    const result = { ...inside.made.result, tag: `${name}:1-shrunk`, traces: [folder.tracePath] };
    await folder.saveResult(result, inside.made.keep);
    if (inside.check) await folder.saveCheck(inside.check);
  }
  return folder;
}

const referenceOf = async (subject: string | undefined) => (await openInside(subject)).trace.image.reference;

describe('results are found', () => {
  it('by nothing: the newest', async () => {
    const old = await save('old');
    for (const file of ['trace.json', 'result.json']) utimesSync(join(old.path, file), 1, 1);
    await save('new', { made: false });
    expect(await referenceOf(undefined)).toBe('new:1');
    expect((await openInside(undefined)).made).toBeUndefined();
  });

  it('by the names of both images, a trace, a folder, and a folder with a workspace', async () => {
    await save('one');
    await save('two');
    const subjects = [
      'one:1',
      'docker-daemon:one:1',
      'one:1-shrunk',
      '.pyshrink/one/trace.json',
      '.pyshrink/one/keep.json',
      '.pyshrink/one',
    ];
    for (const subject of subjects) expect([subject, await referenceOf(subject)]).toEqual([subject, 'one:1']);
    mkdirSync('elsewhere');
    renameSync('.pyshrink', 'elsewhere/.pyshrink');
    const inside = await openInside('elsewhere/.pyshrink/one');
    expect([inside.made?.result.tag, inside.check?.outcome]).toEqual(['one:1-shrunk', 'same']);
    expect(await referenceOf('elsewhere')).toMatch(/^(one|two):1$/);
  });

  it('by the name of an image, also where a folder or a file here has that name', async () => {
    await save('redis', { reference: 'redis' });
    await save('api', { reference: 'shop/api' });
    await save('text', { reference: 'text' });
    mkdirSync('redis');
    mkdirSync('shop/api', { recursive: true });
    writeFileSync('text', 'hello');
    for (const name of ['redis', 'shop/api', 'text']) expect(await referenceOf(name)).toBe(name);
    // A workspace in the folder is another one: `./` tells them apart.
    process.chdir('redis');
    await save('inner');
    process.chdir('..');
    expect([await referenceOf('redis'), await referenceOf('./redis'), await referenceOf('redis/')]).toEqual([
      'redis',
      'inner:1',
      'inner:1',
    ]);
  });
});

describe('an image that got no name', () => {
  it('is in reports, and is not compared again', async () => {
    const folder = await save('one');
    const inside = smallImage();
    const { result, keep } = inside.made as NonNullable<typeof inside.made>;
    await folder.saveResult({ ...result, id: 'sha256:2', tag: 'one:1-shrunk', traces: [folder.tracePath], named: false }, keep);
    expect(buildReport(await openInside('one:1-shrunk')).shrunk).toMatchObject({ id: 'sha256:2', name: 'one:1-shrunk', named: false });
    await expect(resultNamed(undefined)).rejects.toThrow('The newest image, one:1-shrunk, got no name');
    expect(await resultNamed('one:1-shrunk')).toBeUndefined();
    await folder.saveResult({ ...result, tag: 'one:1-shrunk', traces: [folder.tracePath] }, keep);
    expect([(await resultNamed(undefined))?.id, (await resultNamed('one:1-shrunk'))?.id]).toEqual(['sha256:1', 'sha256:1']);
  });
});

describe('one clear message', () => {
  const message = (subject: string | undefined) =>
    openInside(subject).then(
      () => 'no error',
      ({ message, remedy }: { message: string; remedy: string }) => `${message} ${remedy}`,
    );

  it('where nothing is', async () => {
    expect(await message(undefined)).toMatch(/nothing here to look at yet.*pyshrink shrink/);
    expect(await message('unknown:1')).toMatch(/no trace here of an image unknown:1, pyshrink made no image of that name/);
    mkdirSync('empty');
    expect(await message('empty')).toMatch(/The folder empty has no trace/);
    writeFileSync('text', 'hello');
    expect(await message('text')).toMatch(/The trace text is truncated or not JSON/);
  });

  it.each([
    ['trace.json', '{"version":1}', /has version 1; this pyshrink reads version/],
    ['trace.json', '{"version":', /is truncated or not JSON/],
    ['keep.json', '{"version":1}', /keep\.json has version 1; this pyshrink reads version \d+\. .*pyshrink assemble/],
    ['keep.json', '{"version":4,"kept":{', /keep\.json is truncated or not JSON\. .*pyshrink assemble/],
    ['keep.json', '{"version":4,"kept":{},"image":"sha256:1"}', /keep\.json is damaged, or of another version.* At original: /],
    ['keep.json', 'null', /keep\.json is damaged: it holds no object/],
    ['result.json', '{"id":', /result\.json is truncated or not JSON\. .*pyshrink assemble/],
    ['result.json', '{"id":1}', /result\.json is damaged, or of another version of pyshrink\. At id: .*pyshrink assemble/],
    ['check.json', '{"version":9}', /check\.json has version 9; this pyshrink reads version 1\. .*pyshrink smoke/],
    ['check.json', '{"version":1', /check\.json is truncated or not JSON\. .*pyshrink smoke/],
  ])('where %s is %s', async (name, text, expected) => {
    const folder = await save('one');
    writeFileSync(join(folder.path, name), text);
    expect(await message('.pyshrink/one')).toMatch(expected);
  });

  it('where keep.json is missing', async () => {
    const folder = await save('one');
    rmSync(join(folder.path, 'keep.json'));
    expect(await message('.pyshrink/one')).toMatch(/keep\.json is missing\. .*pyshrink assemble/);
  });

  it('where an image is named whose trace is damaged', async () => {
    const folder = Folder.for(parseImageName('one:1'));
    mkdirSync(folder.path, { recursive: true });
    writeFileSync(folder.tracePath, '{"version":');
    expect(await message('one:1')).toMatch(/trace\.json is truncated or not JSON/);
    expect(await message('two:1')).toMatch(/no trace here of an image two:1/);
  });

  it('where the image was traced anew since', async () => {
    await save('one');
    await save('one', { made: false, id: 'sha256:another' });
    expect(await message('.pyshrink/one')).toMatch(/result\.json is of another image \(0\) than the trace beside it \(another\)/);
    expect((await openInside('.pyshrink/one/trace.json')).made).toBeUndefined();
  });

  it('not where the comparison is of an older image, or missing', async () => {
    const folder = await save('one');
    await folder.saveCheck({ ...(smallImage().check as NonNullable<ReturnType<typeof smallImage>['check']>), image: 'sha256:older' });
    expect((await openInside('.pyshrink/one')).check).toBeUndefined();
    rmSync(join(folder.path, 'check.json'));
    expect((await openInside('.pyshrink/one')).check).toBeUndefined();
  });
});
