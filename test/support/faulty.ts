import { parseImageName } from '../../src/images/name.js';
import { openSource } from '../../src/images/transports/open.js';
import { type FileTarget, writeImage } from '../../src/images/transports/write.js';
import { Folder } from '../../src/workspace/folder.js';
import { type FileKind, type Results, writeNamed } from './faultyfiles.js';

// What test/faults.test.ts runs in a process of its own, under faults.c: `image TARGET ARCHIVE SPOOL`, `results FOLDER JSON` or
// `file PATH NAME KIND`.

const [kind, target = '', input = '', spool = ''] = process.argv.slice(2);
if (kind === 'image') {
  let count = 0;
  const next = async () => `${spool}/${process.pid}-${count++}`;
  const source = await openSource(input, { text: input, transport: 'docker-archive', path: input }, undefined, next);
  await writeImage(source, parseImageName(target) as FileTarget, 'app:1', next);
  await source.close();
} else if (kind === 'file') await writeNamed(spool as FileKind, target, input);
else {
  const { stored, result, keep } = JSON.parse(input) as Results;
  const folder = new Folder(target);
  await folder.exclusively(async () => {
    await folder.saveTrace(stored);
    await folder.saveResult(result, keep);
  });
}
