import { Listr, ListrLogger, PRESET_TIMER, ProcessOutput } from 'listr2';

/** Tells the user what is being done; always on stderr. */
export interface Progress {
  /** Does a piece of work under a title; `say` tells what it is at. */
  task<T>(title: string, work: (say: (text: string) => void) => Promise<T>): Promise<T>;
  /** A line of its own. */
  note(text: string): void;
}

/** A live task list on a terminal, plain lines elsewhere and in CI. */
export function createProgress(environment: NodeJS.ProcessEnv = process.env): Progress {
  const { isTTY, columns } = process.stderr;
  return isTTY && columns > 0 && !environment.CI && environment.TERM !== 'dumb' ? new LiveProgress() : new PlainProgress();
}

class LiveProgress implements Progress {
  async task<T>(title: string, work: (say: (text: string) => void) => Promise<T>): Promise<T> {
    const results: T[] = [];
    const logger = new ListrLogger({ processOutput: new ProcessOutput(process.stderr as unknown as NodeJS.WriteStream, process.stderr) });
    const list = new Listr(
      [
        {
          title,
          task: async (_context, task) => {
            results.push(
              await work((text) => {
                task.output = text;
              }),
            );
          },
        },
      ],
      {
        renderer: 'default',
        rendererOptions: { logger, timer: PRESET_TIMER, showErrorMessage: false },
        registerSignalListeners: false,
      },
    );
    await list.run();
    return results[0] as T;
  }

  note(text: string): void {
    process.stderr.write(`  ${text}\n`);
  }
}

class PlainProgress implements Progress {
  async task<T>(title: string, work: (say: (text: string) => void) => Promise<T>): Promise<T> {
    const start = performance.now();
    process.stderr.write(`${title} ...\n`);
    const result = await work((text) => process.stderr.write(`  ${text}\n`));
    process.stderr.write(`${title}: ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
    return result;
  }

  note(text: string): void {
    process.stderr.write(`  ${text}\n`);
  }
}
