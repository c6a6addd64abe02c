import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { debug } from '../../../debug.js';
import type { Attached, ExecProcess } from '../../engine.js';
import { startProcess, toolEnvironment } from '../../processes.js';
import { enteringGroup } from '../cgroups.js';
import { isRoot, type Kind, NotSetUp, nextLine, USER_NAMESPACE } from '../firstprocess.js';
import type { OwnNetwork } from '../network.js';
import type { MountPlan } from '../setup.js';
import { type ContainerPlan, ProcessContainer } from '../started.js';
import type { Identity } from '../user.js';
import { type OciPlan, ociConfig, ociProcess } from './config.js';
import { outerScript } from './outer.js';
import { RUNTIME, type RuntimeName, runtimeLine } from './runtime.js';

/** Milliseconds between two looks whether the runtime has started the container. */
const POLL = 5;
const ROOT: Identity = { uid: 0, gid: 0, groups: [], home: '/' };

export interface RuntimePlan extends ContainerPlan {
  /** Folder of this container, also its id. */
  place: string;
  runtime: RuntimeName;
  user: Kind;
  rootfs: MountPlan['rootfs'];
  /** Without what {@link RuntimeContainer} makes. */
  config: Omit<OciPlan, 'root' | 'sys' | 'cgroup' | 'newCalls'>;
  network: 'host' | 'none' | OwnNetwork;
  /** Makes of a command what has no more rights than with the seccomp profile. */
  refusing: (command: readonly string[]) => string[];
  /** Start of a command line that enters the user namespace and then takes on what the container's processes have. */
  entering: readonly string[];
  /** Whether it has a standard input. */
  input: boolean;
}

/** A container that an OCI runtime runs from a bundle (OCI runtime specification, bundle.md). */
export class RuntimeContainer extends ProcessContainer<RuntimePlan> {
  /** Number of the process that became the runtime, on this computer. */
  private outer = 0;
  private execs = 0;

  get id(): string {
    return this.plan.place;
  }

  /** The runtime's name of the container, which no other has. */
  private get name(): string {
    return `${basename(dirname(this.plan.place))}-${basename(this.plan.place)}`;
  }

  private at(name: string): string {
    return join(this.plan.place, name);
  }

  async start(): Promise<Attached> {
    const { plan } = this;
    const { runtime, user, network, rootfs } = plan;
    const sys = network === 'none' ? undefined : this.at('sys');
    if (sys !== undefined) await mkdir(sys);
    const own = typeof network === 'object' ? network : undefined;
    const { makesGroup, hideCgroups, newCalls } = RUNTIME[runtime];
    const cgroup = makesGroup && plan.group ? join(plan.group.path, 'runtime') : undefined;
    const { process: command } = plan.config;
    const args = RUNTIME[runtime].confines ? command.args : plan.refusing(command.args);
    const config = ociConfig({ ...plan.config, process: { ...command, args }, root: this.at('root'), sys, cgroup, newCalls }, process.arch);
    await writeFile(this.at('config.json'), JSON.stringify(config), { mode: 0o600 });
    const run = ['run', ...RUNTIME[runtime].run, '--bundle', plan.place, '--pid-file', this.at('pid'), this.name];
    const script = outerScript({
      root: this.at('root'),
      rootfs,
      sys,
      isolated: own !== undefined,
      doors: plan.group?.doors() ?? [],
      hideCgroups,
      runtime: this.runtimeLine(run),
    });
    await writeFile(this.at('outer.sh'), script, { mode: 0o600 });
    const fuse = await this.mountRoot();
    const unshare = ['unshare', ...(isRoot(user) || fuse ? [] : USER_NAMESPACE[user]), '--mount', '--pid', '--fork', '--kill-child'];
    const line = [
      ...(fuse?.enter(plan) ?? []),
      'setpriv',
      '--pdeathsig',
      'KILL',
      ...unshare,
      ...(own ? ['--net'] : []),
      'setpriv',
      '--pdeathsig',
      'KILL',
    ];
    const started = startProcess([...line, '/bin/sh', this.at('outer.sh')], {
      environment: toolEnvironment(),
      input: plan.input,
      channels: 1,
      newSession: true,
    });
    this.started = started;
    const control = started.channels[0] as Duplex;
    control.on('error', () => {}); // a process that has ended: the line is missing then
    this.outer = Number.parseInt(await nextLine(control), 10);
    if (Number.isNaN(this.outer)) throw await this.failure();
    await this.follow(started, own, this.outer, this.at('net'));
    control.end('go\n');
    let over = false;
    this.wait().then(() => (over = true));
    while (!(await this.hasStarted())) {
      if (over && !existsSync(this.at('pid'))) throw await this.failure();
      if (over) break; // the runtime knows no longer about it
      await sleep(POLL);
    }
    debug.engine('%s: started by %s', basename(this.id), runtime);
    return started;
  }

  private async hasStarted(): Promise<boolean> {
    if (!existsSync(this.at('pid'))) return false;
    if (!RUNTIME[this.plan.runtime].earlyNumber) return true;
    const { stdout, failed } = await this.runInside(this.runtimeLine(['state', this.name]));
    return !failed && !/"status":\s*"creat(ed|ing)"/.test(stdout);
  }

  private async failure(): Promise<NotSetUp> {
    const { started } = this;
    if (!started) return new NotSetUp('it was never started');
    started.kill();
    const said = (await text(started.stderr)).trim();
    return new NotSetUp(said || `${this.plan.runtime} ended with status ${await started.exit}`);
  }

  async signal(name: string): Promise<void> {
    const { runtime } = this.plan;
    // The number in this file is that of the first process, where the runtime runs.
    const pid = RUNTIME[runtime].knowsRealTime ? undefined : (await readFile(this.at('pid'), 'utf8').catch(() => '')).trim();
    const send =
      pid === undefined ? this.runtimeLine(['kill', this.name, name]) : ['/bin/sh', '-c', `kill -s ${name.replace(/^SIG/, '')} ${pid}`];
    const run = await this.runInside(send);
    // A container that has ended already is no error.
    if (run.failed) debug.engine('%s: signal %s: %s', basename(this.id), name, run.stderr.trim() || run.shortMessage);
  }

  async exec(command: string[]): Promise<ExecProcess> {
    const path = this.at(`exec-${this.execs++}.json`);
    const { group, runtime } = this.plan;
    const { process } = this.plan.config;
    const { entering } = this.plan;
    const own = { ...process, args: command };
    // As root, who may enter the namespace, and becomes the container's user there.
    const entered = { ...process, args: [...entering, ...command], user: ROOT, limits: [], cwd: '/' };
    const plan = RUNTIME[runtime].confines || entering.length === 0 ? own : entered;
    await writeFile(path, JSON.stringify(ociProcess(plan)), { mode: 0o600 });
    const exec = this.inside(this.runtimeLine(['exec', '--process', path, this.name]));
    const line = enteringGroup(RUNTIME[runtime].makesGroup ? undefined : group, exec);
    return startProcess(line, { environment: toolEnvironment(), input: true, newSession: true });
  }

  private runtimeLine(command: readonly string[]): string[] {
    const { runtime, user } = this.plan;
    return runtimeLine(runtime, user, this.at('state'), command);
  }

  /** The command line that runs a program of this computer where the runtime runs. */
  private inside(line: readonly string[]): string[] {
    const user = isRoot(this.plan.user) ? [] : ['--user', '--preserve-credentials'];
    return ['nsenter', `--target=${this.outer}`, ...user, '--mount', '--pid', '--wd=/', ...line];
  }

  /** Runs a program of this computer, where the runtime runs, to its end. */
  private runInside(line: readonly string[]) {
    const [file, ...args] = this.inside(line);
    return execa(file as string, args, { reject: false, stdin: 'ignore', extendEnv: false, env: toolEnvironment(), cwd: '/' });
  }
}
