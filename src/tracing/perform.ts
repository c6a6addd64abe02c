import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors.js';
import { exposedPorts, healthcheckCommand, type ImageConfig } from '../images/config.js';
import type { Answers, Capture, StepAnswer } from './answers.js';
import { describeStep, type HttpStep, labelStep, type Step } from './exercise.js';
import type { Listener } from './relay.js';
import type { WatchedApp } from './watched.js';

/** How long each kind of wait may take, in seconds. */
export interface Limits {
  /** For a port to listen. */
  start: number;
  /** For one request or one command. */
  step: number;
  /** For the app to end by itself. */
  exit: number;
}

export const DEFAULT_LIMITS: Limits = { start: 60, step: 60, exit: 600 };
const POLL_MILLISECONDS = 20;
/** How long the news of a container's end may take after a refusal that it explains. */
const SETTLE_MILLISECONDS = 1000;
/** Docker's own name server inside a container. */
const DOCKER_DNS = '127.0.0.11';
/** Characters of an app's last output that an error shows. */
const LAST_OUTPUT = 2000;

/**
 * Does the exercise on a running app, and stops it.
 * @param steps undefined: the default, `GET /` and the health check where a port listens, until exit elsewhere
 * @throws UserError when the app ends or keeps its port closed where a step needs it
 */
export async function perform(
  app: WatchedApp,
  config: ImageConfig,
  steps: readonly Step[] | undefined,
  limits: Limits,
  say: (text: string) => void,
): Promise<Answers> {
  const performer = new Performer(app, config, limits);
  const answers: Answers['steps'] = [];
  try {
    const chosen = steps ?? (await performer.defaultSteps());
    for (const step of chosen) {
      say(describeStep(step));
      answers.push({ step: describeStep(step), label: labelStep(step), answer: await performer.step(step) });
    }
    const health = healthcheckCommand(config);
    if (health && app.exit === undefined && !chosen.some((step) => step.kind === 'until-exit')) {
      say('HEALTHCHECK');
      answers.push({ step: 'HEALTHCHECK', label: 'HEALTHCHECK', answer: await performer.step({ kind: 'exec', command: health }) });
    }
  } finally {
    await app.stop();
  }
  return { steps: answers, app: { ...output(app.stdout, app.stderr), exit: app.stopped ? null : (app.exit ?? null) } };
}

class Performer {
  constructor(
    private readonly app: WatchedApp,
    private readonly config: ImageConfig,
    private readonly limits: Limits,
  ) {}

  /** An image that exposes a port, or listens on one, is a server; one that does not is run until it ends. */
  async defaultSteps(): Promise<Step[]> {
    const server: Step[] = [{ kind: 'http', method: 'GET', path: '/', headers: {} }];
    if (exposedPorts(this.config).length > 0) return server;
    const listener = await this.listener(undefined, this.limits.exit);
    return listener ? server : [{ kind: 'until-exit' }];
  }

  async step(step: Step): Promise<StepAnswer> {
    switch (step.kind) {
      case 'wait':
        await Promise.race([sleep(step.seconds * 1000), this.app.ended]);
        return { kind: 'wait' };
      case 'until-exit':
        await this.within(this.limits.exit, this.app.ended, 'did not end', '--exit-timeout');
        return { kind: 'until-exit' };
      case 'exec':
        return this.exec(step.command);
      case 'http': {
        const listener = await this.listener(step.port, this.limits.start);
        if (!listener) throw this.ended(`before it listened${step.port ? ` on port ${step.port}` : ''}`);
        return this.within(
          this.limits.step,
          this.http(step, listener),
          `did not answer ${step.method} ${step.path.split('?')[0]}`,
          '--step-timeout',
        );
      }
    }
  }

  private async exec(command: readonly string[]): Promise<StepAnswer> {
    const tooLate = () => this.ended(`before \`${command[0]}\` could be run in it`);
    if (this.app.exit !== undefined) throw tooLate();
    const started = this.app.exec(command).catch(async (error: unknown) => {
      // The daemon refuses to run something in a container that has just ended.
      if (await Promise.race([this.app.ended.then(() => true), sleep(SETTLE_MILLISECONDS, false)])) throw tooLate();
      throw error;
    });
    const run = await this.within(this.limits.step, started, `kept \`${command[0]}\` running`, '--step-timeout');
    return { kind: 'exec', exit: run.exit, ...output(run.stdout, run.stderr) };
  }

  /** Waits for a listening socket; undefined when the app ends first. */
  private async listener(port: number | undefined, seconds: number): Promise<Listener | undefined> {
    const relay = await this.app.relay().catch(() => undefined);
    if (!relay) return undefined;
    const declared = exposedPorts(this.config);
    const deadline = Date.now() + seconds * 1000;
    while (this.app.exit === undefined) {
      const all = (await relay.listeners()).filter((listener) => listener.address !== DOCKER_DNS);
      const found =
        port !== undefined
          ? all.find((listener) => listener.port === port)
          : (all.find((listener) => declared.includes(listener.port)) ?? (declared.length === 0 ? all[0] : undefined));
      if (found) return found;
      if (Date.now() > deadline) {
        const others = all.map((listener) => listener.port).join(', ');
        throw this.failure(
          `The app never opened ${port ?? (declared.join(' or ') || 'a port')} within ${seconds} s${others ? ` (it listens on ${others})` : ''}`,
          'Name its port in an exercise file, or give it more time with --start-timeout.',
        );
      }
      await Promise.race([sleep(POLL_MILLISECONDS), this.app.ended]);
    }
    return undefined;
  }

  private async http(step: HttpStep, listener: Listener): Promise<StepAnswer> {
    const relay = await this.app.relay();
    const host = listener.address === '0.0.0.0' || listener.address === '::' ? '127.0.0.1' : listener.address;
    return new Promise((resolve) => {
      const failed = (error: Error) => resolve({ kind: 'failed', reason: error.message });
      const body = step.body === undefined ? undefined : Buffer.from(step.body);
      const sent = request(
        {
          method: step.method,
          path: step.path,
          createConnection: () => relay.connect([host, listener.port]),
          headers: {
            host: `localhost:${listener.port}`,
            connection: 'close',
            ...(body && { 'content-length': body.length }),
            ...step.headers,
          },
        },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', failed);
          response.on('end', () =>
            resolve({
              kind: 'http',
              status: response.statusCode ?? 0,
              body: Buffer.concat(parts).toString('base64'),
              headers: Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)])),
            }),
          );
        },
      );
      sent.on('error', failed);
      sent.end(body);
    });
  }

  private async within<T>(seconds: number, work: Promise<T>, what: string, flag: string): Promise<T> {
    const timer = new AbortController();
    const late = sleep(seconds * 1000, undefined, { signal: timer.signal }).then(
      () => {
        throw this.failure(`The app ${what} within ${seconds} s`, `Give it more time with ${flag}.`);
      },
      () => new Promise<never>(() => {}),
    );
    try {
      return await Promise.race([work, late]);
    } finally {
      timer.abort();
    }
  }

  private ended(when: string): UserError {
    return this.failure(
      `The app ended with status ${this.app.exit} ${when}`,
      'Run the image with `docker run` and see that it stays up; -e, -v and --network are passed on.',
    );
  }

  private failure(what: string, remedy: string): UserError {
    const text = Buffer.concat([this.app.stdout.bytes, this.app.stderr.bytes]).toString().trim().slice(-LAST_OUTPUT);
    return new UserError(`${what}.${text ? ` Its last output:\n${text}` : ' It printed nothing.'}`, remedy);
  }
}

function output(stdout: Capture, stderr: Capture): { stdout: string; stderr: string; cut: boolean } {
  return { stdout: stdout.bytes.toString('base64'), stderr: stderr.bytes.toString('base64'), cut: stdout.cut || stderr.cut };
}
