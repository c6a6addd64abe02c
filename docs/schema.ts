/**
 * The JSON schemas of what pyshrink prints with --json, and of pyshrink.yaml: `npm run docs:schema` writes them beside this file. test/docs.schema.test.ts
 * fails where they are old.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ProjectSchema } from '../src/project/schema.js';
import { Diff } from '../src/report/diffmodel.js';
import { Report } from '../src/report/model.js';

/** File below docs/ → its schema (JSON Schema 2020-12). */
export const SCHEMAS: Readonly<Record<string, unknown>> = {
  'report.schema.json': { title: 'What `pyshrink report --json` prints', ...z.toJSONSchema(Report) },
  'diff.schema.json': { title: 'What `pyshrink diff --json` prints', ...z.toJSONSchema(Diff) },
  'pyshrink.schema.json': { title: 'pyshrink.yaml', ...z.toJSONSchema(ProjectSchema, { io: 'input' }) },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, schema] of Object.entries(SCHEMAS))
    writeFileSync(fileURLToPath(new URL(name, import.meta.url)), `${JSON.stringify(schema, null, 2)}\n`);
}
