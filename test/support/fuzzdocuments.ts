import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { stringify } from 'yaml';
import { forgetSecrets } from '../../src/conceal.js';
import type { Answers } from '../../src/exercise/answers.js';
import { parseExercise } from '../../src/exercise/file.js';
import { ByteReader } from '../../src/guest/bytereader.js';
import { readFrame } from '../../src/guest/frames.js';
import { parseInventory } from '../../src/guest/inventory.js';
import type { Inside } from '../../src/report/inside.js';
import { compareAnswers } from '../../src/smoke/compare.js';
import { parseFacts, parseImports } from '../../src/trace/facts.js';
import { joinTraces } from '../../src/trace/join.js';
import { parseTrace } from '../../src/trace/schema.js';
import { Folder, readTrace } from '../../src/workspace/folder.js';
import { damaged, damagedJson, damagedText, type FuzzTarget, type Random, target } from './fuzz.js';
import { scratchFile } from './fuzzscratch.js';
import { recordOf, smallImage } from './inside.js';
import { makeTrace } from './keep.js';
import { madeUp, SCENARIOS } from './madeup.js';

const TRACE = makeTrace(['open /a', 'exec /b 1', 'lookup /c'], { warnings: ['w'] });

const trace = target<string>({
  name: 'trace',
  make: (random) => (random.chance(0.5) ? JSON.stringify(damagedJson(TRACE, random)) : damagedText(JSON.stringify(TRACE), random)),
  run: (text) => {
    const parsed = parseTrace(text, 'trace.json');
    joinTraces([parsed, parsed]);
  },
});

const record = target<string>({
  name: 'run record',
  make: (random) =>
    random.chance(0.7) ? JSON.stringify(damagedJson(recordOf(), random)) : damagedText(JSON.stringify(recordOf()), random),
  run: async (text) => {
    const path = scratchFile('trace.json');
    writeFileSync(path, JSON.stringify({ ...TRACE, record: 'run-record-0123456789ab.json' }));
    writeFileSync(scratchFile('run-record-0123456789ab.json'), text);
    await readTrace(path);
    forgetSecrets();
  },
});

/** What the workspace has about a small image: its documents by the names of their files. */
function documentsOf({ made, check }: Inside): Record<string, unknown> {
  return { 'keep.json': { ...made?.keep, image: 'sha256:1' }, 'result.json': made?.result, 'check.json': check };
}

const DOCUMENTS = documentsOf(smallImage());

const results = target<Record<string, string>>({
  name: 'keep, result and check',
  make: (random) => {
    const hostile = random.pick(Object.keys(DOCUMENTS));
    return Object.fromEntries(
      Object.entries(DOCUMENTS).map(([file, document]) => [
        file,
        JSON.stringify(file === hostile ? damagedJson(document, random) : document) ?? '',
      ]),
    );
  },
  run: async (files) => {
    for (const [file, text] of Object.entries(files)) writeFileSync(scratchFile(file), text);
    const here = new Folder(dirname(scratchFile('x')));
    await here.check('sha256:1');
    await here.result();
    await here.keep();
    forgetSecrets();
  },
});

const FACTS = [
  ['time', 1500],
  ['process', 7, 1, '/usr/bin/python3'],
  ['fact', 'open', 7, '/app/one.py'],
  ['fact', 'exec', 7, '/bin/sh'],
  ['warning', 'w'],
  ['refused', 1, 2],
  ['exit', 0],
].map((row) => JSON.stringify(row));

const facts = target<string>({
  name: 'facts',
  make: (random) => {
    if (random.chance(0.5)) return damagedText(FACTS.join('\n'), random);
    return FACTS.map((row) => (random.chance(0.3) ? JSON.stringify(damagedJson(JSON.parse(row), random)) : row)).join('\n');
  },
  run: (text) => {
    parseImports(text);
    parseFacts(text);
  },
});

const INVENTORY = [
  ['/', 'd', 0o755, 0, 0, 0, 1, null, null, null],
  ['/app', 'd', 0o755, 0, 0, 0, 1, null, null, null],
  ['/app/one.py', 'f', 0o644, 0, 0, 9, 1, 'g', null, { 'user.x': '00' }],
  ['/app/two.py', 'f', 0o644, 0, 0, 9, 1, 'g', null, { 'user.x': '00' }],
  ['/app/link', 'l', 0o777, 0, 0, 0, 1, null, 'one.py', null],
  ['/null', 'c', 0o666, 0, 0, 0, 1, null, [1, 3], null],
];

const inventory = target<string>({
  name: 'inventory',
  make: (random) => (random.chance(0.7) ? JSON.stringify(damagedJson(INVENTORY, random)) : damagedText(JSON.stringify(INVENTORY), random)),
  run: (text) => parseInventory(text),
});

const FRAMES = Buffer.concat(
  ['O', 'D', 'L', 'X'].map((kind, index) => {
    const payload = Buffer.from('payload'.repeat(index));
    const header = Buffer.alloc(9);
    header.writeUInt32BE(index, 0);
    header.write(kind, 4, 'latin1');
    header.writeUInt32BE(payload.length, 5);
    return Buffer.concat([header, payload]);
  }),
);
/** Errors of a stream that ends too early are what its readers expect. */
const EARLY = /the stream ended too early/;

const frames = target<Buffer>({
  name: 'frames of the relay',
  make: (random) => damaged(FRAMES, random),
  run: async (bytes) => {
    const reader = new ByteReader(Readable.from([bytes]));
    try {
      for (;;) await readFrame(reader);
    } catch (error) {
      if (!EARLY.test((error as Error).message)) throw error;
    }
  },
});

const EXERCISE = {
  steps: [
    { http: 'POST /items {"name": "Ada"}', expect: { status: [200, 201] } },
    { http: { method: 'PUT', path: '/x', headers: { a: 'b' }, json: { a: [1, 2] }, port: 80 } },
    { http: { path: '/x', form: { a: ['b', 'c'] }, file: { picture: 'cat.png' } } },
    { tcp: 5432 },
    { exec: ['a', 'b c'], expect: { exit: 1 } },
    { exec: 'a "b c"' },
    { signal: 'hup' },
    { wait: 0.5 },
    'until-exit',
  ],
  reset: ['psql -c truncate'],
  expect: { exit: 0 },
};

/** The library writes no deep documents. JSON is YAML, too. */
function yamlOf(document: unknown): string {
  try {
    return stringify(document, { aliasDuplicateObjects: false });
  } catch {
    return JSON.stringify(document);
  }
}

const exercise = target<string>({
  name: 'exercise YAML',
  make: (random) => {
    const document = yamlOf(random.chance(0.6) ? damagedJson(EXERCISE, random) : EXERCISE);
    return random.chance(0.6) ? damagedText(document, random) : document;
  },
  run: (text) => parseExercise('exercise.yaml', text, () => Buffer.from('content')),
});

const NAMES = Object.keys(SCENARIOS);

const compare = target<{ originals: Answers[]; shrunk: Answers }>({
  name: 'mask and compare',
  make: (random) => {
    const [name, seed] = [random.pick(NAMES), random.below(50)];
    const [one, two, three] = [0, 1, 2].map((run) => madeUp(name, seed, run)) as [Answers, Answers, Answers];
    const hostile = (answers: Answers) => damagedAnswers(answers, random);
    return { originals: random.chance(0.3) ? [hostile(one), two] : [one, two], shrunk: hostile(three) };
  },
  run: ({ originals, shrunk }) => compareAnswers(originals, shrunk),
});

/** Answers of which bodies, headers and outputs are damaged. Their fields have the types that an engine gives. */
function damagedAnswers(answers: Answers, random: Random): Answers {
  const bytes = (base64: string) => {
    const plain = Buffer.from(base64, 'base64');
    if (random.chance(0.02)) return Buffer.from(`${'['.repeat(20_000)}${random.below(9)}${']'.repeat(20_000)}`).toString('base64');
    const json = random.chance(0.4) ? jsonOf(plain) : undefined;
    return (json === undefined ? damaged(plain, random) : Buffer.from(JSON.stringify(damagedJson(json, random)) ?? '')).toString('base64');
  };
  return {
    ...answers,
    steps: answers.steps.map((step) => {
      const { answer } = step;
      if (answer.kind === 'http') {
        const headers = Object.fromEntries(
          Object.entries(answer.headers).map(([name, value]) => [name, random.chance(0.3) ? damagedText(value, random) : value]),
        );
        return { ...step, answer: { ...answer, headers, body: bytes(answer.body), status: random.pick([answer.status, 0, 999, 304]) } };
      }
      return answer.kind === 'exec' ? { ...step, answer: { ...answer, stdout: bytes(answer.stdout), stderr: bytes(answer.stderr) } } : step;
    }),
    app: { ...answers.app, stdout: bytes(answers.app.stdout), stderr: bytes(answers.app.stderr) },
  };
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

/** What reads documents of pyshrink and of its users, and what containers send. */
export const TEXTS: readonly FuzzTarget[] = [trace, record, results, facts, inventory, frames, exercise, compare];
