import { parseImageName } from '../../src/images/name.js';
import { openSource } from '../../src/images/transports/open.js';
import { type FileTarget, writeImage } from '../../src/images/transports/write.js';
import { Folder, type StoredTrace } from '../../src/workspace/folder.js';
import type { KeepReport } from '../../src/workspace/keepreport.js';
import type { Result } from '../../src/workspace/result.js';

// What test/faults.test.ts runs in a process of its own, under faults.c: `image TARGET ARCHIVE SPOOL` or `results FOLDER JSON`.

/** What the workspace writes for one image. */
export interface Results {
  stored: StoredTrace;
  result: Result;
  keep: KeepReport;
}

const [kind, target = '', input = '', spool = ''] = process.argv.slice(2);
if (kind === 'image') {
  let count = 0;
  const next = async () => `${spool}/${process.pid}-${count++}`;
  const source = await openSource(input, { text: input, transport: 'docker-archive', path: input }, undefined, next);
  await writeImage(source, parseImageName(target) as FileTarget, 'app:1', next);
  await source.close();
} else {
  const { stored, result, keep } = JSON.parse(input) as Results;
  const folder = new Folder(target);
  await folder.exclusively(async () => {
    await folder.saveTrace(stored);
    await folder.saveResult(result, keep);
  });
}
