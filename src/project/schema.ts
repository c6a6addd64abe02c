import { z } from 'zod';
import { ENGINES } from '../engines/choose.js';
import { EXIT_RANGE, STATUS_RANGE } from '../exercise/expect.js';
import { GPU_TARGETS } from '../keep/data/gpu.js';
import { LEVELS } from '../keep/level.js';

// The form of pyshrink.yaml, for editors: docs/pyshrink.schema.json is made from it. file.ts takes the names of the keys from
// here, and reads the values itself, since its errors name line and column.

/** How many runs may go on at once. */
export const JOBS_RANGE = { least: 1, most: 64 };

const text = z.string().min(1);
/** A value or a list of values. */
const oneOrMore = <T extends z.ZodType>(one: T) => z.union([one, z.array(one).min(1)]);
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const words = z.union([z.string(), z.array(scalar).min(1)]);
const port = z.number().int().min(1).max(65535);
const seconds = z.number().nonnegative();
const exit = oneOrMore(z.number().int().min(EXIT_RANGE.least).max(EXIT_RANGE.most));
const status = oneOrMore(z.number().int().min(STATUS_RANGE.least).max(STATUS_RANGE.most));
const headers = z.record(z.string(), scalar);

const texts = { contains: oneOrMore(scalar).optional(), matches: z.string().optional() };
const fields = z.record(z.string(), oneOrMore(scalar));

const Request = z.strictObject({
  method: z.string().optional(),
  path: z.string().regex(/^(\/|\$\{)/),
  headers: headers.optional(),
  body: scalar.optional(),
  json: z.unknown().optional(),
  form: fields.optional(),
  file: fields.optional(),
  port: port.optional(),
  socket: z.string().startsWith('/').optional(),
});

const repeat = { repeat: z.number().int().min(1).max(1000).optional() };
/** With `concurrency`, `repeat` says how often in all. */
const often = { ...repeat, concurrency: z.number().int().min(2).max(100).optional() };
const answer = z.strictObject({ status: status.optional(), ...texts, headers: headers.optional() }).optional();
const result = z.strictObject({ exit: exit.optional(), ...texts }).optional();
const talked = z.strictObject({ status: status.optional(), ...texts }).optional();
const Talk = z.strictObject({
  path: z.string().regex(/^(\/|\$\{)/),
  headers: headers.optional(),
  protocols: oneOrMore(text).optional(),
  messages: z
    .array(
      z.union([
        z.enum(['receive', 'close']),
        z.strictObject({ send: z.unknown() }),
        z.strictObject({ receive: z.union([z.number().int().min(1).max(10_000), z.strictObject(texts)]) }),
      ]),
    )
    .optional(),
  port: port.optional(),
  socket: z.string().startsWith('/').optional(),
});
const Script = z.strictObject({ command: text, port: port.optional(), socket: z.string().startsWith('/').optional() });
const place = z.string().min(1);
const capture = z
  .record(
    z.string().regex(/^[A-Za-z_]\w*$/),
    z.union([
      z.strictObject({ json: place }),
      z.strictObject({ regex: place }),
      z.strictObject({ header: place }),
      z.strictObject({ cookie: place }),
      z.strictObject({ form: place }),
    ]),
  )
  .optional()
  .describe('values of the answer; later steps write their names in braces after a dollar sign');

const Step = z.union([
  z.literal('until-exit'),
  z.literal('ready'),
  z.strictObject({ http: z.union([z.string(), Request]), expect: answer, until: answer, capture, ...often }),
  z.strictObject({ websocket: z.union([z.string(), Talk]), expect: talked, ...often }),
  z.strictObject({ tcp: port, expect: z.strictObject(texts).optional(), ...repeat }),
  z.strictObject({ exec: words, expect: result, until: result, ...often }),
  z.strictObject({ script: z.union([text, Script]), expect: result, ...often }),
  z.strictObject({ signal: z.string(), ...repeat }),
  z.strictObject({ wait: seconds, ...repeat }),
  z.strictObject({ log: z.string().min(1), ...repeat }),
  z.strictObject({ ready: z.literal(true).nullable(), ...repeat }),
  z.strictObject({ 'until-exit': z.literal(true).nullable() }),
]);

const list = oneOrMore(text).optional();

/** How a container of a run is started: names and meaning are those of the options of `docker run`, lists may be single values. */
export const SettingsSchema = z.strictObject({
  environment: list.describe('Names of environment variables. Their values come from the shell, or else from envFile.'),
  envFile: list.describe('Files with NAME=VALUE lines, relative to this file. Each of their variables is set.'),
  volume: list.describe('VOLUME:DIR or /DIRECTORY:DIR to mount'),
  mount: list.describe('type=bind,source=...,target=...'),
  tmpfs: list.describe('DIR[:OPTIONS] in memory'),
  addHost: list.describe('HOST:IP for /etc/hosts'),
  capAdd: list,
  capDrop: list,
  securityOpt: list,
  groupAdd: list,
  network: text.optional().describe('network to join'),
  user: scalar.optional().describe('user name or uid[:gid]'),
  workdir: text.optional().describe('working directory'),
  hostname: text.optional(),
  entrypoint: z.string().optional().describe("instead of the image's entrypoint and command"),
  gpus: scalar.optional(),
  readOnly: z.boolean().optional().describe('read-only root file system'),
  startTimeout: seconds.optional().describe('seconds that a port may take to listen'),
  stepTimeout: seconds.optional().describe('seconds that one request or command may take'),
  exitTimeout: seconds.optional().describe('seconds that the app may take to end by itself'),
});

export const RunSchema = SettingsSchema.extend({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]*$/)
    .describe('what the run is called in reports'),
  service: text.optional().describe('the service of the compose file that it is a run of; default: the one of its name'),
  command: words.optional().describe("instead of the image's CMD: a text with the quotes of a shell, or a list of words"),
  exercise: text.optional().describe('an exercise file, relative to this file; steps of this run come after its steps'),
  steps: z.array(Step).min(1).optional().describe('what is done to the running app, in this order'),
  cookies: z.literal('keep').optional().describe('each request sends the cookies of earlier answers'),
  expect: z
    .strictObject({ exit: z.number().int().min(EXIT_RANGE.least).max(EXIT_RANGE.most) })
    .optional()
    .describe('how the app ends'),
  reset: z.array(z.string()).optional().describe('commands of the shell of this computer, before each start of the app'),
  allowFailing: z.boolean().optional().describe('failures of the original are only warnings'),
});

/** The keys of `compose`, where it is no text. */
export const ComposeSchema = z.strictObject({
  file: text.describe('the compose file, relative to this file'),
  useExternal: z.boolean().optional().describe('use networks and volumes that exist outside of the project'),
  noBinds: z.boolean().optional().describe('leave out mounts that hide files of the app'),
});

/** pyshrink.yaml */
export const ProjectSchema = SettingsSchema.extend({
  image: text.optional().describe('the image that is shrunk'),
  tag: text.optional().describe('name of the shrunk image; default: <name>:<tag>-shrunk'),
  output: text.optional().describe('where the shrunk image goes: oci:DIR, docker-archive:FILE, docker://NAME and others'),
  level: z.enum(LEVELS).optional().describe('how far the keep set reaches'),
  targetGpu: z.enum(GPU_TARGETS).optional().describe('GPUs that the image will meet'),
  include: list.describe('globs of paths to keep too'),
  exclude: list.describe('globs of paths to leave out, whatever needs them'),
  base: text.optional().describe('scratch, or an image to build on'),
  engine: z.enum(ENGINES).optional().describe('what runs the containers'),
  budget: z
    .strictObject({ maxSize: z.union([z.string(), z.number()]).optional(), maxFiles: z.number().int().nonnegative().optional() })
    .optional()
    .describe('how large the shrunk image may be, for instance 120MB'),
  jobs: z
    .number()
    .int()
    .min(JOBS_RANGE.least)
    .max(JOBS_RANGE.most)
    .optional()
    .describe('how many runs go on at once; default: the number of cores, where memory allows'),
  compose: z
    .union([text, ComposeSchema])
    .optional()
    .describe('a compose file, relative to this file: its services of the image are the runs, the others run beside them'),
  runs: z.array(RunSchema).min(1).optional().describe('the commands that the image serves; with a compose file, default: its services'),
});
