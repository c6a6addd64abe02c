import { z } from 'zod';

/** Step and label of the image's health check, which is done after the steps of the exercise. */
export const HEALTHCHECK = 'HEALTHCHECK';
/** Characters of an app's last output that an error message shows. */
export const LAST_OUTPUT = 2000;

/** What a program printed, in base64. `cut` is set where there was more than capture.ts keeps. */
const Output = z.strictObject({ stdout: z.string(), stderr: z.string(), cut: z.boolean() });

const StepAnswer = z.discriminatedUnion('kind', [
  /** `headers` are in lower case. The values of `set-cookie` are joined by line feeds, other repeated headers as Node does. */
  z.strictObject({ kind: z.literal('http'), status: z.number(), headers: z.record(z.string(), z.string()), body: z.string() }),
  Output.extend({ kind: z.literal('exec'), exit: z.number() }),
  /** `messages` are those that steps have read, in base64. `closed` is the code of the server's close, where a step waits for it. */
  z.strictObject({
    kind: z.literal('websocket'),
    protocol: z.string(),
    messages: z.array(z.strictObject({ data: z.string(), binary: z.boolean() })),
    closed: z.number().nullable(),
  }),
  Output.extend({ kind: z.literal('script'), exit: z.number() }),
  z.strictObject({ kind: z.literal('tcp'), banner: z.string() }),
  z.strictObject({ kind: z.literal('signal') }),
  z.strictObject({ kind: z.literal('wait') }),
  z.strictObject({ kind: z.literal('log') }),
  /** `line` is what the app had printed last by then. */
  z.strictObject({ kind: z.literal('ready'), line: z.string().exactOptional() }),
  z.strictObject({ kind: z.literal('until-exit') }),
  z.strictObject({ kind: z.literal('failed'), reason: z.string() }),
]);
export type StepAnswer = z.infer<typeof StepAnswer>;

/** What the app did in one run: its answer to each step, its output and its end. */
export const Answers = z.strictObject({
  /** When the run began and ended, in ms since the epoch. */
  time: z.strictObject({ start: z.number(), end: z.number() }),
  /** `step` is the whole step, `label` the part of it that holds no secrets. */
  steps: z.array(z.strictObject({ step: z.string(), label: z.string(), answer: StepAnswer })),
  /**
   * The app's own output and exit status. `exit` is null where pyshrink stopped the app, and `untilStop` counts the
   * bytes that it had printed before.
   */
  app: Output.extend({ exit: z.number().nullable(), untilStop: z.strictObject({ stdout: z.number(), stderr: z.number() }).optional() }),
});
export type Answers = z.infer<typeof Answers>;

/** The outcome of a step in a word or two, e.g. `200`. Empty for steps that can't fail. */
export function outcomeOf(answer: StepAnswer): string {
  switch (answer.kind) {
    case 'http':
      return String(answer.status);
    case 'exec':
    case 'script':
      return `exit ${answer.exit}`;
    case 'websocket':
      return 'opened';
    case 'tcp':
      return 'connected';
    case 'failed':
      return `failed: ${answer.reason}`;
    default:
      return '';
  }
}
