import { z } from 'zod';

/** What a program said. Bytes are base64; output beyond the limit is cut. */
const Output = z.object({ stdout: z.string(), stderr: z.string(), cut: z.boolean() });

const StepAnswer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('http'), status: z.number(), headers: z.record(z.string(), z.string()), body: z.string() }),
  Output.extend({ kind: z.literal('exec'), exit: z.number() }),
  z.object({ kind: z.literal('tcp'), banner: z.string() }),
  z.object({ kind: z.literal('signal') }),
  z.object({ kind: z.literal('wait') }),
  z.object({ kind: z.literal('until-exit') }),
  z.object({ kind: z.literal('failed'), reason: z.string() }),
]);
export type StepAnswer = z.infer<typeof StepAnswer>;

/** What the app answered in one run: to each step, and of itself. */
export const Answers = z.object({
  /** `step` is the step to the letter, `label` what may be told of it. */
  steps: z.array(z.object({ step: z.string(), label: z.string(), answer: StepAnswer })),
  /**
   * The app's own output and end; `exit` is null where pyshrink stopped it, and `untilStop` says how many bytes of the
   * outputs were there by then.
   */
  app: Output.extend({ exit: z.number().nullable(), untilStop: z.object({ stdout: z.number(), stderr: z.number() }).optional() }),
});
export type Answers = z.infer<typeof Answers>;

/** What came of a step, in a word or two; nothing where it can't fail. */
export function outcomeOf(answer: StepAnswer): string {
  switch (answer.kind) {
    case 'http':
      return String(answer.status);
    case 'exec':
      return `exit ${answer.exit}`;
    case 'tcp':
      return 'connected';
    case 'failed':
      return `failed: ${answer.reason}`;
    default:
      return '';
  }
}

/** Keeps the first bytes of a stream, and counts on. */
export class Capture {
  private readonly parts: Buffer[] = [];
  /** Bytes kept. */
  length = 0;
  cut = false;

  constructor(private readonly limit: number) {}

  add(data: Buffer): void {
    const room = this.limit - this.length;
    if (data.length > room) this.cut = true;
    if (room > 0) this.parts.push(data.subarray(0, room));
    this.length += Math.min(room, data.length);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.parts);
  }
}

/** Bytes kept of each output. */
export const OUTPUT_LIMIT = 16 << 20;
