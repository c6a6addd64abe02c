import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors.js';
import { exposedPorts, healthcheckCommand, type ImageConfig } from '../images/config.js';
import type { App } from '../watching/app.js';
import type { Answers, Capture, StepAnswer } from './answers.js';
import type { Limits } from './exercise.js';
import { ListenerFinder, nameOf, type Wanted } from './listeners.js';
import type { Listener } from './relay.js';
import { greet, isNoHttp, type Scheme, send } from './request.js';
import { describeStep, type HttpStep, labelStep, type Step } from './steps.js';

/** How long the news of a container's end may take after a refusal that it explains. */
const SETTLE_MILLISECONDS = 1000;
/** Characters of an app's last output that an error shows. */
const LAST_OUTPUT = 2000;

/**
 * Does the exercise on a running app, and stops it.
 * @param steps undefined: the default, `GET /` and the health check where a port listens, until exit elsewhere
 * @throws UserError when the app ends or keeps its port closed where a step needs it
 */
export async function perform(
  app: App,
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
      answers.push({ step: describeStep(step), label: labelStep(step), answer: await performer.step(step, steps === undefined) });
    }
    const health = healthcheckCommand(config);
    if (health && app.exit === undefined && !chosen.some((step) => step.kind === 'until-exit')) {
      say('HEALTHCHECK');
      answers.push({ step: 'HEALTHCHECK', label: 'HEALTHCHECK', answer: await performer.step({ kind: 'exec', command: health }, false) });
    }
  } finally {
    await app.stop();
  }
  const { untilStop } = app;
  const end = untilStop ? { exit: null, untilStop } : { exit: app.exit ?? null };
  return { steps: answers, app: { ...output(app.stdout, app.stderr), ...end } };
}

class Performer {
  private readonly finder: ListenerFinder;
  private readonly schemes = new Map<string, Scheme>();

  constructor(
    private readonly app: App,
    config: ImageConfig,
    private readonly limits: Limits,
  ) {
    this.finder = new ListenerFinder(app, exposedPorts(config));
  }

  /** An image that exposes ports, or listens, is a server; one that does not is run until it ends. */
  async defaultSteps(): Promise<Step[]> {
    const listeners = await this.finder.served(this.limits);
    const single = listeners.length === 1;
    return listeners.length === 0
      ? [{ kind: 'until-exit' }]
      : listeners.map((listener) => ({
          kind: 'http',
          method: 'GET',
          path: '/',
          headers: {},
          ...('path' in listener ? { socket: listener.path } : !single && { port: listener.port }),
        }));
  }

  /** @param tolerant whether a port that speaks no HTTP will do: nobody has said that it does */
  async step(step: Step, tolerant: boolean): Promise<StepAnswer> {
    switch (step.kind) {
      case 'wait':
        await this.app.endedWithin(step.seconds * 1000);
        return { kind: 'wait' };
      case 'until-exit':
        await this.within(this.limits.exit, this.app.ended, 'did not end', '--exit-timeout');
        return { kind: 'until-exit' };
      case 'exec':
        return this.exec(step.command);
      case 'signal':
        if (this.app.exit !== undefined) throw this.ended(`before ${step.name} could be sent`);
        await this.app.container.signal(step.name);
        return { kind: 'signal' };
      case 'tcp': {
        const listener = await this.listener({ port: step.port });
        return greet(await this.app.relay(), listener);
      }
      case 'http': {
        const listener = await this.listener({ port: step.port, socket: step.socket });
        const asked = this.within(
          this.limits.step,
          this.http(step, listener),
          `did not answer ${step.method} ${step.path.split('?')[0]}`,
          '--step-timeout',
        );
        if (!tolerant) return asked;
        const answer = await asked.catch((error: unknown): StepAnswer => ({ kind: 'failed', reason: String(error) }));
        return answer.kind === 'failed' && this.app.exit === undefined ? greet(await this.app.relay(), listener) : answer;
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

  /** Sends a request over HTTP, or HTTPS where the listener turns out to speak that. */
  private async http(step: HttpStep, listener: Listener): Promise<StepAnswer> {
    const relay = await this.app.relay();
    const key = JSON.stringify(listener);
    const known = this.schemes.get(key);
    const first = await send(relay, step, listener, known ?? 'http');
    if (known !== undefined || !isNoHttp(first)) {
      this.schemes.set(key, known ?? 'http');
      return first;
    }
    const second = await send(relay, step, listener, 'https');
    if (second.kind === 'failed') return first;
    this.schemes.set(key, 'https');
    return second;
  }

  /** Waits for what a step speaks to. @throws UserError where it does not come */
  private async listener(wanted: Wanted): Promise<Listener> {
    const found = await this.finder.wait(wanted, this.limits.start);
    if (found === undefined) throw this.ended(`before it listened${wanted.port ? ` on port ${wanted.port}` : ''}`);
    if ('address' in found || 'path' in found) return found;
    const others = found.others.map(nameOf).join(', ');
    throw this.failure(
      `The app never opened ${this.finder.nameOf(wanted)} within ${this.limits.start} s${others ? ` (it listens on ${others})` : ''}`,
      'Name its port in an exercise file, or give it more time with --start-timeout.',
    );
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
