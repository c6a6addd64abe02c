import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { stringify } from 'yaml';
import { besideOf } from '../../src/compose/beside.js';
import { composeText, imageOf, parseModel, servicesOf } from '../../src/compose/model.js';
import { overrideText } from '../../src/compose/override.js';
import { messagesOf } from '../../src/compose/program.js';
import { ownProject } from '../../src/compose/project.js';
import { variablesOf, writtenFiles } from '../../src/compose/written.js';
import { forgetSecrets } from '../../src/conceal.js';
import type { StepAnswer } from '../../src/exercise/answers.js';
import { captured } from '../../src/exercise/captured.js';
import { PLAIN_EXERCISE } from '../../src/exercise/exercise.js';
import type { CaptureRule } from '../../src/exercise/steps.js';
import { AppCode } from '../../src/guest/protocol.js';
import { parseProject } from '../../src/project/file.js';
import { proposeRuns } from '../../src/project/propose.js';
import { proposeServices } from '../../src/project/proposeservices.js';
import { runOfService, usersOf } from '../../src/project/services.js';
import { untouchedBy } from '../../src/project/untouched.js';
import { projectText } from '../../src/project/write.js';
import { buildReport } from '../../src/report/build.js';
import { diffOf } from '../../src/report/diff.js';
import { diffLines } from '../../src/report/difflines.js';
import type { Inside } from '../../src/report/inside.js';
import { reportLines } from '../../src/report/lines.js';
import { diffMarkdown, reportMarkdown } from '../../src/report/markdown.js';
import { pageData } from '../../src/report/pagedata.js';
import { parseTrace } from '../../src/trace/schema.js';
import { Folder } from '../../src/workspace/folder.js';
import { damagedJson, damagedText, type FuzzTarget, type Random, target } from './fuzz.js';
import { scratchFile } from './fuzzscratch.js';
import { smallImage } from './inside.js';
import { codeFile, lookedAt } from './looked.js';

const PROJECT = {
  image: 'shop:latest',
  tag: 'shop:small',
  level: 'whole',
  include: ['/a/*'],
  budget: { maxSize: '1.5MB', maxFiles: 30 },
  environment: ['DATABASE_URL'],
  compose: { file: 'compose.yaml', useExternal: true },
  runs: [
    {
      name: 'web',
      service: 'web',
      steps: [{ http: { path: '/second' }, capture: { id: { json: 'items[0].id' } }, expect: { status: 404 } }, { exec: 'a b' }],
      reset: ['echo run'],
      volume: ['/d:/d'],
      stepTimeout: 3,
    },
    { name: 'worker', command: "celery -A 'shop app' worker", envFile: 'web.env', expect: { exit: 2 } },
  ],
};
const AROUND = { read: () => Buffer.from('A=b\n'), shell: { DATABASE_URL: 'postgres://a' } };

/** A document as JSON, which is YAML, too; or as YAML where the library can write it. */
function textOf(document: unknown, random: Random): string {
  if (random.chance(0.3)) return JSON.stringify(document) ?? '';
  try {
    return stringify(document, { aliasDuplicateObjects: false });
  } catch {
    return JSON.stringify(document) ?? '';
  }
}

const project = target<string>({
  name: 'project file',
  make: (random) => {
    const text = textOf(random.chance(0.7) ? damagedJson(PROJECT, random) : PROJECT, random);
    return random.chance(0.5) ? damagedText(text, random) : text;
  },
  run: (text) => {
    parseProject('pyshrink.yaml', text, AROUND);
    forgetSecrets();
  },
});

const MODEL = {
  name: 'shop',
  services: {
    web: {
      image: 'shop',
      command: ['serve'],
      entrypoint: ['/entry', 'x'],
      environment: { TOKEN: 'a$$b', EMPTY: null, N: 3 },
      depends_on: { db: { condition: 'service_healthy' }, fill: { condition: 'service_completed_successfully' } },
      volumes: [
        { type: 'bind', source: '/a', target: '/b', read_only: true },
        { type: 'volume', source: 'kept', target: '/c' },
      ],
      secrets: [{ source: 'key', target: 'key', mode: '0400' }],
      configs: [{ source: 'settings' }],
      ports: [{ target: 8000, published: '80' }],
      networks: { front: { aliases: ['x'] } },
    },
    fill: { build: { context: '/a' }, labels: { a: 'b' } },
    db: { image: 'postgres', restart: 'always' },
  },
  networks: { front: { name: 'shop_front' }, outside: { external: true } },
  volumes: { kept: null },
  secrets: { key: { environment: 'KEY' } },
  configs: { settings: { content: 'size = 3' } },
};
const SAYS = 'time="2024" level=warning msg="the \\"A\\" variable is not set"\nservice "web" has no image\ntime="x" level=fatal msg="no"\n';

const compose = target<{ model: string; says: string; external: boolean }>({
  name: 'what docker compose prints',
  make: (random) => ({
    model: random.chance(0.7) ? (JSON.stringify(damagedJson(MODEL, random)) ?? '') : damagedText(JSON.stringify(MODEL), random),
    says: damagedText(SAYS, random),
    external: random.chance(0.8),
  }),
  run: ({ model: text, says, external: useExternal }) => {
    messagesOf(says);
    const model = parseModel('compose.yaml', text);
    const users = usersOf(model, (image) => image === 'shop');
    variablesOf(model);
    for (const [name, service] of servicesOf(model)) {
      besideOf(model, name, users);
      imageOf(model, name, service);
      writtenFiles(model, name, { KEY: 'a' });
      runOfService(service, PLAIN_EXERCISE, { file: 'compose.yaml', service: name });
    }
    projectText(LOOKED, proposeServices(LOOKED, model, users), { file: 'compose.yaml' });
    overrideText('compose.yaml', 'small.yaml', model, 'small', users);
    const { document } = ownProject('compose.yaml', model, { a: 'b' }, { useExternal }, new Map([['web', 'small']]), () => ['/b']);
    parseModel('compose.yaml', composeText({ ...document, name: 'own' }));
  },
});

const PAGE = `<html><head><meta name="csrf" content="a&amp;b"></head><form><input type=hidden name='token' value="x'y">
<button name="go" value=1>go</button></form></html>`;
const DOCUMENT = { items: [{ id: 7, name: 'a' }], token: 'x', deep: { a: [1, [2, { b: null }]] } };
const RULES: readonly CaptureRule[] = (
  [
    ['json', 'items[0].id'],
    ['json', '$.deep.a[1][1].b'],
    ['json', 'token'],
    ['form', 'token'],
    ['form', 'csrf'],
    ['header', 'Location'],
    ['cookie', 'session'],
    ['regex', 'name="(\\w+)"'],
  ] as const
).map(([from, what]) => ({ name: 'x', from, what }));

const capture = target<{ rule: CaptureRule; answer: Extract<StepAnswer, { kind: 'http' }> }>({
  name: 'captured values',
  make: (random) => {
    const rule = random.pick(RULES);
    const isJson = rule.from === 'json';
    const long = random.chance(0.02) ? random.pick(['<input '.repeat(20_000), '['.repeat(50_000), '<input a="'.repeat(10_000)]) : '';
    const body = isJson ? JSON.stringify(damagedJson(DOCUMENT, random)) : damagedText(PAGE, random);
    const what = rule.from === 'regex' || random.chance(0.7) ? rule.what : damagedText(rule.what, random);
    const headers = { location: '/a', 'set-cookie': 'session=a; Path=/; Max-Age=3\nother=b; expires=Thu, 01 Jan 1970 00:00:00 GMT' };
    for (const name of Object.keys(headers) as (keyof typeof headers)[]) headers[name] = damagedText(headers[name], random);
    return {
      rule: { ...rule, what },
      answer: { kind: 'http', status: 200, headers, body: Buffer.from(`${long}${body ?? ''}`).toString('base64') },
    };
  },
  run: ({ rule, answer }) => captured(rule, answer),
});

const SMALL = smallImage();

const report = target<Record<string, string>>({
  name: 'report and diff',
  make: (random) => {
    const { made, check, trace } = SMALL;
    const documents = { 'keep.json': { ...made?.keep, image: made?.result.id }, 'result.json': made?.result, 'check.json': check, trace };
    const hostile = random.pick(Object.keys(documents));
    const text = (name: string, document: unknown) => JSON.stringify(name === hostile ? damagedJson(document, random) : document) ?? '';
    return Object.fromEntries(Object.entries(documents).map(([name, document]) => [name, text(name, document)]));
  },
  run: async ({ trace, ...files }) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(scratchFile(name), text);
    const folder = new Folder(dirname(scratchFile('x')));
    const result = await folder.result();
    const inside: Inside = {
      trace: parseTrace(trace as string, 'trace.json'),
      record: SMALL.record,
      made: { result, keep: await folder.keep() },
      check: await folder.check(result.id),
    };
    const document = buildReport(inside, { maxSize: 10, maxFiles: 1 });
    reportLines(document);
    reportMarkdown(document);
    pageData(inside);
    for (const diff of [diffOf(SMALL, inside), diffOf(inside, { ...inside, made: undefined })]) {
      diffLines(diff);
      diffMarkdown(diff);
    }
    forgetSecrets();
  },
});

const CODE = [
  {
    applications: [{ framework: 'flask', variable: 'app' }],
    routes: [
      { method: 'GET', path: '/items/<int:id>' },
      { method: 'POST', path: '/{name:path}/x' },
    ],
    commands: ['build', 'check'],
    variables: ['TOKEN'],
    script: true,
  },
];
const LOOKED = lookedAt({ ports: ['8000'], code: [codeFile('/app/main.py', CODE[0])] });

const proposals = target<{ code: string; command: string[] }>({
  name: 'what the code of an app says',
  make: (random) => ({
    code: JSON.stringify(damagedJson(CODE, random)) ?? '',
    command: random.pick([['flask', 'run'], ['sh', '-c', damagedText('exec python3 main.py', random)], [damagedText('celery', random)]]),
  }),
  run: ({ code, command }) => {
    const parsed = AppCode.safeParse(JSON.parse(code));
    if (!parsed.success) return;
    const files = parsed.data.map((one, index) => ({ ...one, path: `/app/main${index || ''}.py` }));
    const looked = lookedAt({ command, code: files, distributions: new Set(['celery', 'django']) });
    const text = projectText(looked, proposeRuns(looked));
    parseProject('pyshrink.yaml', text, AROUND);
    const done = [{ kind: 'http' as const, method: 'GET', path: `/${'a/'.repeat(500)}x`, headers: {} }];
    untouchedBy(looked, [{ args: [], done: done as never }]);
  },
});

/** What reads the files of users' projects, what is said about them, and what is shown of results. */
export const PROJECTS: readonly FuzzTarget[] = [project, compose, capture, report, proposals];
