import { setTimeout as sleep } from 'node:timers/promises';
import { debug } from '../debug.js';
import { TimeoutError } from '../errors.js';
import { exposedPorts, healthcheckCommand, type ImageConfig } from '../images/config.js';
import { type Answers, LAST_OUTPUT, type StepAnswer } from './answers.js';
import type { Capture } from './capture.js';
import { Conversation } from './conversation.js';
import type { Limits } from './exercise.js';
import { inTime } from './intime.js';
import { describeListener, ListenerFinder, type Wanted } from './listeners.js';
import { QUIET_MILLISECONDS, settled } from './ready.js';
import type { Listener } from './relay.js';
import { greet, isNotHttp, type Scheme, send } from './request.js';
import { type Reached, runScript } from './script.js';
import type { HttpStep, ReadyStep, ScriptStep, Step } from './steps.js';
import type { RunningApp } from './target.js';
import { unmetParts } from './unmet.js';
import { talk } from './websocket.js';

/** How long to wait for the end of the app where the daemon refuses a command: the end may be the reason. */
const SETTLE_MILLISECONDS = 1000;

/**
 * A command or a signal waits until the app has started: until it listens, or none of its processes has been running for a while. An
 * app that always computes never comes to that.
 */
const QUIET_POLLS = 10;
const QUIET_POLL_MILLISECONDS = 20;
const START_MILLISECONDS = 2000;
/** How long to wait before a step with `until` is done again, and before the log is looked at again. */
const AGAIN_MILLISECONDS = 200;
/** What a proxy answers where it does not reach the server behind it. Source: RFC 9110, 15.6.3 to 15.6.5. */
const STARTING: ReadonlySet<number> = new Set([502, 503, 504]);
/** How long to wait for a server behind a proxy. One that is really broken must not take long. */
const PROXY_MILLISECONDS = 10_000;
/** What to do where an app that has no steps listens nowhere, and does not end. */
const UNENDING = ' If it runs until it is stopped, as a worker does, write `steps: [ready]` in an exercise file or in pyshrink.yaml.';
/** How long to wait before the health check of an app that is not healthy yet is run again. */
const HEALTH_MILLISECONDS = 1000;
/**
 * How long an app that lasts must be quiet before it is none that listens: an entrypoint may wait for a database before it starts a
 * server. Not for a program that is known to wait for work.
 */
const SILENT_MILLISECONDS = 10_000;

/** The app ended by itself before something could be done. The step then has no answer. */
class EndedError extends Error {}

/** What is known of an app before it runs. */
interface Known {
  /** Whether the steps are those of the default exercise. */
  byDefault: boolean;
  /** Whether it runs until it is stopped. */
  lasts: boolean;
  /** Whether its command is known to wait for work. */
  waits: boolean;
  /** Ends what runs on this computer. */
  signal?: AbortSignal;
}

/** Does steps on a running app, one after the other. */
export class Performer {
  private readonly finder: ListenerFinder;
  private readonly schemes = new Map<string, Scheme>();
  private readonly conversation = new Conversation();
  private quiet: Promise<void> | undefined;
  private rested: Promise<unknown> | undefined;
  private wasReady = false;
  /** When the first request was sent. Milliseconds since the epoch. */
  private firstRequest: number | undefined;

  constructor(
    private readonly app: RunningApp,
    private readonly config: ImageConfig,
    private readonly limits: Limits,
    private readonly known: Known,
  ) {
    this.finder = new ListenerFinder(app, exposedPorts(config));
  }

  /** When the first listener opened that a step needed. Milliseconds since the epoch. */
  get opened(): number | undefined {
    return this.finder.opened;
  }

  /**
   * Whether an app turns out to be a job. Which of a job's end and our first request comes first is a matter of chance,
   * so the answers must not depend on it.
   * @param before answers to earlier steps
   */
  wasJob(answer: StepAnswer, before: Answers['steps']): boolean {
    const none = answer.kind === 'failed' && before.every((one) => one.answer.kind === 'failed');
    return this.known.byDefault && none && this.app.exit !== undefined;
  }

  /** `GET /` for each listener of a server. An app that listens nowhere runs until it ends; one that lasts, until it is ready. */
  async defaultSteps(): Promise<Step[]> {
    const { lasts } = this.known;
    const listensNot = lasts && !(await this.rests()) && this.app.exit === undefined;
    const listeners = listensNot ? await this.finder.open() : await this.finder.served(this.limits);
    const single = listeners.length === 1;
    return listeners.length === 0
      ? [{ kind: lasts ? 'ready' : 'until-exit' }]
      : listeners.map((listener) => ({
          kind: 'http',
          method: 'GET',
          path: '/',
          headers: {},
          ...('path' in listener ? { socket: listener.path } : !single && { port: listener.port }),
        }));
  }

  /** Waits until an app that may be a worker listens, or has been quiet for so long that it won't. @returns whether it listens */
  private async rests(): Promise<boolean> {
    const { declares } = this.finder;
    const patience = declares ? Math.max(this.limits.start * 1000, QUIET_MILLISECONDS) : SILENT_MILLISECONDS;
    const quiet = this.known.waits ? QUIET_MILLISECONDS : patience;
    this.rested ??= settled(this.app, { quiet, until: () => this.finder.listens() });
    await this.rested;
    return this.finder.listens();
  }

  /** Does a step, again and again where it has `until`. */
  async step(step: Step): Promise<StepAnswer> {
    const deadline = Date.now() + this.limits.step * 1000;
    for (;;) {
      const answer = this.conversation.take(step, await this.once(this.conversation.fill(step)));
      const until = 'until' in step ? step.until : undefined;
      if (!until || unmetParts(until, answer).length === 0 || Date.now() > deadline || this.app.exit !== undefined) return answer;
      await this.app.endedWithin(AGAIN_MILLISECONDS);
    }
  }

  private async once(step: Step): Promise<StepAnswer> {
    switch (step.kind) {
      case 'wait':
        await this.app.endedWithin(step.seconds * 1000);
        return { kind: 'wait' };
      case 'log':
        await this.within(this.limits.step, this.printed(step.text), `did not print ${JSON.stringify(step.text)}`, '--step-timeout');
        return { kind: 'log' };
      case 'ready':
        return this.ready(step);
      case 'until-exit':
        await this.within(this.limits.exit, this.app.ended, 'did not end', '--exit-timeout', this.known.byDefault ? UNENDING : '');
        return { kind: 'until-exit' };
      case 'exec':
        await this.started();
        return this.exec(step.command);
      case 'signal':
        await this.started();
        if (this.app.exit !== undefined) throw this.ended(`before ${step.name} could be sent`);
        await this.app.signal(step.name);
        return { kind: 'signal' };
      case 'tcp': {
        const listener = await this.listener({ port: step.port });
        return greet(await this.app.relay(), listener);
      }
      case 'script':
        return this.script(step);
      case 'websocket': {
        const listener = await this.listenerOf(step);
        return talk(await this.app.relay(), step, listener, this.schemeOf(listener), this.limits.step);
      }
      case 'http':
        return this.behindProxy(step);
    }
  }

  /** A proxy may answer before its server has started. For some seconds, a request that changes nothing is then sent again. */
  private async behindProxy(step: HttpStep): Promise<StepAnswer> {
    this.firstRequest ??= Date.now();
    const patience = Math.min(PROXY_MILLISECONDS, this.limits.step * 1000);
    for (;;) {
      const answer = await (this.known.byDefault ? this.defaultRequest(step) : this.request(step, await this.listenerOf(step)));
      const isStarting = answer.kind === 'http' && STARTING.has(answer.status) && /^(GET|HEAD)$/.test(step.method) && !step.expect;
      if (!isStarting || Date.now() - this.firstRequest > patience || this.app.exit !== undefined) return answer;
      await this.app.endedWithin(AGAIN_MILLISECONDS);
    }
  }

  /** Waits until the app waits for work, and then until its health check succeeds, where it has one. */
  private async ready({ line }: ReadyStep): Promise<StepAnswer> {
    const said = await settled(this.app, { line });
    const isHealthy = async () => {
      for (const health = healthcheckCommand(this.config); health; await this.app.endedWithin(HEALTH_MILLISECONDS)) {
        const answer = await this.exec(health);
        if (answer.kind !== 'exec' || answer.exit === 0) return;
      }
    };
    if (this.app.exit === undefined) await this.within(this.limits.start, isHealthy(), 'did not become healthy', '--start-timeout');
    if (this.app.exit !== undefined) throw this.ended('before it was ready');
    this.wasReady = true;
    return { kind: 'ready', ...(said !== undefined && { line: said }) };
  }

  /** Waits until the app has printed a text. @throws EndedError where it ends without */
  private async printed(text: string): Promise<void> {
    const has = () => [this.app.stdout, this.app.stderr].some(({ bytes }) => bytes.includes(text));
    while (!has()) {
      const hasEnded = this.app.exit !== undefined;
      if (hasEnded && !has()) throw this.ended(`before it printed ${JSON.stringify(text)}`);
      await this.app.endedWithin(AGAIN_MILLISECONDS);
    }
  }

  /** Runs a command on this computer. @throws TimeoutError where it takes too long */
  private async script(step: ScriptStep): Promise<StepAnswer> {
    const reached = await this.reachedBy(step);
    const { exit, stdout, stderr } = await runScript(step.command, this.limits.step, { reached, signal: this.known.signal });
    if (exit !== undefined) return { kind: 'script', exit, ...output(stdout, stderr) };
    const flag = '--step-timeout';
    const what = `The script \`${step.command}\` did not end within ${this.limits.step} s`;
    throw this.late(what, `Give it more time with ${flag}.`, flag, { stdout, stderr });
  }

  /** What a script reaches of the app. Undefined for a worker: it listens nowhere, and declares no port. */
  private async reachedBy(step: ScriptStep): Promise<Reached | undefined> {
    const { lasts, waits } = this.known;
    const mayBeWorker = (lasts || waits || this.wasReady) && !this.finder.declares && step.port === undefined && step.socket === undefined;
    if (mayBeWorker && !(await this.rests()) && (await this.finder.open()).length === 0) {
      if (this.app.exit !== undefined) throw this.ended('before the script could be run');
      return undefined;
    }
    const listener = await this.listenerOf(step);
    return { relay: await this.app.relay(), listener, scheme: this.schemeOf(listener) };
  }

  /** What a listener is known to speak; HTTP, as long as no request has shown it. */
  private schemeOf(listener: Listener): Scheme {
    return this.schemes.get(JSON.stringify(listener)) ?? 'http';
  }

  private listenerOf({ port, socket }: Pick<HttpStep, 'port' | 'socket'>): Promise<Listener> {
    return this.listener({ port, socket, steady: this.known.byDefault });
  }

  private request(step: HttpStep, listener: Listener): Promise<StepAnswer> {
    const what = `did not answer ${step.method} ${step.path.split('?')[0]}`;
    return this.within(this.limits.step, this.http(step, listener), what, '--step-timeout');
  }

  /** A request that nobody wrote. A listener without HTTP is then only connected to. */
  private async defaultRequest(step: HttpStep): Promise<StepAnswer> {
    const listener = await this.listenerOf(step);
    const answer = await this.request(step, listener).catch((error: unknown): StepAnswer => ({ kind: 'failed', reason: String(error) }));
    if (answer.kind !== 'failed') return answer;
    debug.watch('%s did not answer HTTP: %s', describeListener(listener), answer.reason);
    const greeting = this.app.exit === undefined ? await greet(await this.app.relay(), listener) : answer;
    if (greeting.kind === 'tcp' && greeting.banner !== '') return greeting;
    // The app may just be ending. We hear of it later than of the connections that end with it.
    await this.app.endedWithin(SETTLE_MILLISECONDS);
    return this.app.exit === undefined ? greeting : { kind: 'failed', reason: this.ended('before it answered').message };
  }

  /**
   * Waits until the app has started. One that is stopped before has not read its own modules, so its trace lacks them.
   * A request needs no such wait, since it waits for a listener.
   */
  private started(): Promise<void> {
    this.quiet ??= this.becomesQuiet();
    return this.quiet;
  }

  private async becomesQuiet(): Promise<void> {
    const relay = await this.app.relay().catch(() => undefined); // logged where it was opened
    const deadline = Date.now() + START_MILLISECONDS;
    const hasStarted = () => this.opened !== undefined || this.app.exit !== undefined || Date.now() > deadline;
    for (let polls = 0; relay && polls < QUIET_POLLS && !hasStarted(); ) {
      polls = (await Promise.race([relay.busy(), sleep(START_MILLISECONDS, false)])) ? 0 : polls + 1;
      await this.app.endedWithin(QUIET_POLL_MILLISECONDS);
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
    if (found === undefined) throw this.ended(`before it listened${wanted.port === undefined ? '' : ` on port ${wanted.port}`}`);
    if ('address' in found || 'path' in found) return found;
    const others = found.others.map(describeListener).join(', ');
    throw this.late(
      `The app never opened ${this.finder.describe(wanted)} within ${this.limits.start} s${others ? ` (it listens on ${others})` : ''}`,
      'Name the right port in an exercise file, or give the app more time with --start-timeout. If it is a job, use --until-exit; if it is a worker, write `steps: [ready]`.',
      '--start-timeout',
    );
  }

  /** Waits for `work` at most so many seconds. @throws TimeoutError that names the flag for more time */
  private within<T>(seconds: number, work: Promise<T>, what: string, flag: string, more = ''): Promise<T> {
    return inTime(work, seconds, () => this.late(`The app ${what} within ${seconds} s`, `Give it more time with ${flag}.${more}`, flag));
  }

  private ended(when: string): EndedError {
    return new EndedError(`the app ended with status ${this.app.exit} ${when}`);
  }

  /** @param printer whose output is shown */
  private late(
    what: string,
    remedy: string,
    flag: string,
    { stdout, stderr }: Pick<RunningApp, 'stdout' | 'stderr'> = this.app,
  ): TimeoutError {
    const text = Buffer.concat([stdout.bytes, stderr.bytes]).toString().trim().slice(-LAST_OUTPUT);
    return new TimeoutError(`${what}.${text ? ` Its last output:\n${text}` : ' It printed nothing.'}`, remedy, flag);
  }
}

/** The answer of a step that came too late, since the app had ended. Throws any other error again. */
export function unlessEnded(error: unknown): StepAnswer {
  if (error instanceof EndedError) return { kind: 'failed', reason: error.message };
  throw error;
}

export function output(stdout: Capture, stderr: Capture): { stdout: string; stderr: string; cut: boolean } {
  return { stdout: stdout.bytes.toString('base64'), stderr: stderr.bytes.toString('base64'), cut: stdout.cut || stderr.cut };
}
