import { setTimeout as sleep } from 'node:timers/promises';
import { debug } from '../debug.js';
import { UserError } from '../errors.js';
import { exposedPorts, healthcheckCommand, type ImageConfig } from '../images/config.js';
import type { Answers, StepAnswer } from './answers.js';
import type { Capture } from './capture.js';
import type { Limits } from './exercise.js';
import { describeListener, ListenerFinder, type Wanted } from './listeners.js';
import type { Listener } from './relay.js';
import { greet, isNotHttp, type Scheme, send } from './request.js';
import { describeStep, type HttpStep, labelStep, type Step } from './steps.js';
import type { RunningApp } from './target.js';

/** How long to wait for the end of the app where the daemon refuses a command: the end may be the reason. */
const SETTLE_MILLISECONDS = 1000;
/** Characters of the app's last output that an error message shows. */
const LAST_OUTPUT = 2000;

/**
 * Does the exercise on a running app, then the image's health check, and stops the app.
 * @param steps undefined: the default, which is `GET /` where the app listens, and else until exit
 * @throws UserError where the app ends before a step that needs it, never opens a port, or takes too long
 */
export async function perform(
  app: RunningApp,
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
    private readonly app: RunningApp,
    config: ImageConfig,
    private readonly limits: Limits,
  ) {
    this.finder = new ListenerFinder(app, exposedPorts(config));
  }

  /** `GET /` for each listener of a server. An app that listens nowhere runs until it ends. */
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

  /** @param tolerant whether a listener without HTTP is fine, as in the default steps: it is then only connected to */
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
        await this.app.signal(step.name);
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
        if (answer.kind === 'failed') debug.watch('%s did not answer HTTP: %s', describeListener(listener), answer.reason);
        return answer.kind === 'failed' && this.app.exit === undefined ? greet(await this.app.relay(), listener) : answer;
      }
    }
  }

  private async exec(command: readonly string[]): Promise<StepAnswer> {
    const tooLate = () => this.ended(`before \`${command[0]}\` could be run in it`);
    if (this.app.exit !== undefined) throw tooLate();
    const started = this.app.exec(command).catch(async (error: unknown) => {
      // The daemon refuses a command where the container has just ended.
      if (await Promise.race([this.app.ended.then(() => true), sleep(SETTLE_MILLISECONDS, false)])) throw tooLate();
      throw error;
    });
    const run = await this.within(this.limits.step, started, `kept \`${command[0]}\` running`, '--step-timeout');
    return { kind: 'exec', exit: run.exit, ...output(run.stdout, run.stderr) };
  }

  /** Sends a request over HTTP, or over HTTPS where the listener does not answer HTTP. */
  private async http(step: HttpStep, listener: Listener): Promise<StepAnswer> {
    const relay = await this.app.relay();
    const key = JSON.stringify(listener);
    const known = this.schemes.get(key);
    const first = await send(relay, step, listener, known ?? 'http');
    if (known !== undefined || !isNotHttp(first)) {
      this.schemes.set(key, known ?? 'http');
      return first;
    }
    const second = await send(relay, step, listener, 'https');
    if (second.kind === 'failed') {
      debug.watch('%s speaks neither HTTP nor HTTPS: %s', describeListener(listener), second.reason);
      return first;
    }
    this.schemes.set(key, 'https');
    return second;
  }

  /** Waits for the listener that a step needs. @throws UserError where it does not come */
  private async listener(wanted: Wanted): Promise<Listener> {
    const found = await this.finder.wait(wanted, this.limits.start);
    if (found === undefined) throw this.ended(`before it listened${wanted.port ? ` on port ${wanted.port}` : ''}`);
    if ('address' in found || 'path' in found) return found;
    const others = found.others.map(describeListener).join(', ');
    throw this.failure(
      `The app never opened ${this.finder.describe(wanted)} within ${this.limits.start} s${others ? ` (it listens on ${others})` : ''}`,
      'Name the right port in an exercise file, or give the app more time with --start-timeout.',
    );
  }

  /** Waits for `work` at most so many seconds. @throws UserError that names the flag for more time */
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
      'Check with `docker run` that the app keeps running. pyshrink takes -e, -v and --network too.',
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
