import { DefaultRenderer, Listr, ListrLogger, PRESET_TIMER, ProcessOutput } from 'listr2';
import { printable } from '../printable.js';

/** Shows the user what pyshrink is doing. It writes to stderr only, since stdout is for results. */
export interface Progress {
  /**
   * Does a piece of work and shows its title.
   * @param work gets a function that shows what the work is doing now
   */
  task<T>(title: string, work: (say: (text: string) => void) => Promise<T>): Promise<T>;
  /** Prints one line. */
  note(text: string): void;
}

/**
 * Shows work that goes on beside other work, inside of one task: each line says whose it is.
 * @param say shows a line of the task
 */
export function insideTask(name: string, say: (text: string) => void, note: (text: string) => void): Progress {
  const named = (text: string) => `${name}: ${text}`;
  return {
    task(title, work) {
      say(named(title));
      return work((text) => say(named(text)));
    },
    note: (text) => note(named(text)),
  };
}

/** A stream such as process.stderr. */
export type Output = NodeJS.WritableStream & { isTTY?: boolean; columns?: number };

/** A live task list on a terminal; plain lines elsewhere and in CI. */
export function createProgress(environment: NodeJS.ProcessEnv = process.env, output: Output = process.stderr): Progress {
  const isLive = output.isTTY && (output.columns ?? 0) > 0 && !environment.CI && environment.TERM !== 'dumb';
  return isLive ? new LiveProgress(output) : new PlainProgress(output);
}

/** listr2's own check looks at stdout, and would fall back to a renderer that writes there when stdout is a file. */
class LiveRenderer extends DefaultRenderer {
  static override nonTTY = true;
}

class LiveProgress implements Progress {
  constructor(private readonly output: Output) {}

  async task<T>(title: string, work: (say: (text: string) => void) => Promise<T>): Promise<T> {
    const results: T[] = [];
    const output = this.output as NodeJS.WriteStream;
    const logger = new ListrLogger({ processOutput: new ProcessOutput(output, output) });
    const list = new Listr(
      [
        {
          title: printable(title),
          task: async (_context, task) => {
            results.push(
              await work((text) => {
                task.output = printable(text);
              }),
            );
          },
        },
      ],
      {
        renderer: LiveRenderer,
        rendererOptions: { logger, timer: PRESET_TIMER, showErrorMessage: false },
        registerSignalListeners: false,
      },
    );
    await list.run();
    return results[0] as T;
  }

  note(text: string): void {
    this.output.write(`  ${printable(text)}\n`);
  }
}

class PlainProgress implements Progress {
  constructor(private readonly output: Output) {}

  async task<T>(title: string, work: (say: (text: string) => void) => Promise<T>): Promise<T> {
    const start = performance.now();
    this.output.write(`${printable(title)} ...\n`);
    const result = await work((text) => this.output.write(`  ${printable(text)}\n`));
    this.output.write(`${printable(title)}: ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
    return result;
  }

  note(text: string): void {
    this.output.write(`  ${printable(text)}\n`);
  }
}
