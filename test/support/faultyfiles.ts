import { existsSync } from 'node:fs';
import { savePage } from '../../src/commands/page.js';
import { writeOverride } from '../../src/pipeline/compose.js';
import { saveProject } from '../../src/project/save.js';
import type { StoredTrace } from '../../src/workspace/folder.js';
import type { KeepReport } from '../../src/workspace/keepreport.js';
import type { Result } from '../../src/workspace/result.js';

/** What the workspace writes for one image. */
export interface Results {
  stored: StoredTrace;
  result: Result;
  keep: KeepReport;
}

/** Writes a file that the user has named, with a content that the name decides. */
const WRITERS = {
  /** `report --html`, `diff --html` */
  page: (path: string, name: string) => savePage(path, `<meta name="generator" content="pyshrink"><p>${name.repeat(100_000)}</p>`),
  /** `shrink --write-override` */
  override: (path: string, name: string) =>
    writeOverride(
      path,
      {
        file: 'compose.yaml',
        path: '/compose.yaml',
        model: { name: 'p', services: { app: { image: 'a' } } },
        warnings: [],
        environment: {},
      },
      name,
      ['app'],
    ),
  /** `init` */
  project: (path: string, name: string) =>
    // A killed run may have written it, and then it stays.
    existsSync(path) ? Promise.resolve() : saveProject(path, `image: ${name}\n`, false),
  /** `init --force` */
  'project by force': (path: string, name: string) => saveProject(path, `image: ${name}\n`, true),
} as const;

export type FileKind = keyof typeof WRITERS;
export const FILES = Object.keys(WRITERS) as FileKind[];

export async function writeNamed(kind: FileKind, path: string, name: string): Promise<void> {
  await WRITERS[kind](path, name);
}
