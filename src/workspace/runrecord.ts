import { z } from 'zod';
import { knownSecrets } from '../conceal.js';
import { Answers, type StepAnswer } from '../exercise/answers.js';
import { decodedBody } from '../exercise/decoded.js';
import { StoredExerciseSchema } from '../exercise/exercise.js';
import { answerSecrets, environmentSecrets, exerciseSecrets } from '../exercise/secrets.js';
import { StepSchema } from '../exercise/steps.js';
import { WatchingSchema } from '../trace/watching.js';

/**
 * What a trace must not hold, since it may be secret: each exercise to the letter, and what the original answered.
 * It is a file of its own beside the trace, and only its owner can read it.
 */
export const RunRecordSchema = z.strictObject({
  /** In the order of the trace's `runs`. */
  runs: z.array(
    z.strictObject({
      exercise: StoredExerciseSchema,
      watching: WatchingSchema,
      /** The steps that were done. */
      done: z.array(StepSchema),
      /** Seconds until the original listened. */
      took: z.number().exactOptional(),
      /** What the original answered: under trace, and in a second run, if there was one. */
      answers: z.tuple([Answers], Answers),
      /** Secret values of environment variables that the answers hold, so that nothing shows them with the answers. */
      echoed: z.array(z.string()).exactOptional(),
    }),
  ),
});
export type RunRecord = z.infer<typeof RunRecordSchema>;

/** The values that nothing should show of a run record: those of its requests and commands, what its app has handed out, and variables in its answers. */
export function recordSecrets({ runs }: RunRecord): string[] {
  return runs.flatMap(({ exercise, answers, echoed = [] }) => [...exerciseSecrets(exercise), ...answerSecrets(answers), ...echoed]);
}

/** The secrets among `NAME=VALUE` entries, and those that this process knows, that answers hold, too, or other texts. */
export function echoedSecrets(environment: readonly string[], answers: readonly Answers[], others: readonly string[] = []): string[] {
  const values = [...new Set([...environmentSecrets(environment), ...knownSecrets()])];
  if (values.length === 0) return [];
  const said = answers.flatMap(({ steps, app }) => [...steps.flatMap(({ answer }) => textsOf(answer)), ...plain(app.stdout, app.stderr)]);
  const texts = [...said, ...others];
  return values.filter((value) => texts.some((text) => text.includes(value)));
}

function textsOf(answer: StepAnswer): string[] {
  switch (answer.kind) {
    case 'http': {
      const body = Buffer.from(answer.body, 'base64');
      return [...Object.values(answer.headers), (decodedBody(body, answer.headers['content-encoding']) ?? body).toString()];
    }
    case 'exec':
    case 'script':
      return plain(answer.stdout, answer.stderr);
    case 'websocket':
      return plain(...answer.messages.map(({ data }) => data));
    case 'tcp':
      return plain(answer.banner);
    case 'failed':
      return [answer.reason];
    default:
      return [];
  }
}

/** What stands in base64 as text. */
function plain(...parts: string[]): string[] {
  return parts.map((part) => Buffer.from(part, 'base64').toString());
}
