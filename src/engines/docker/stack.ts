import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import type { Beside } from '../../compose/beside.js';
import { composeText } from '../../compose/model.js';
import { lastLines, messagesOf, runCompose } from '../../compose/program.js';
import type { ComposeProject } from '../../compose/project.js';
import { debug } from '../../debug.js';
import { explained, UserError } from '../../errors.js';
import { messageOf, statusOf } from './client.js';

/** Labels that docker compose gives what it makes (pkg/api/labels.go). */
const PROJECT_LABEL = 'com.docker.compose.project';
const SERVICE_LABEL = 'com.docker.compose.service';

/** Milliseconds between two looks at the services. */
const POLL = 200;
/** How often what bears the project's label is looked for: a request of a killed docker compose may still make something. */
const SWEEPS = 5;

/** Where a stack lives. */
export interface StackPlace {
  docker: Dockerode;
  /** Variables by which the docker client finds the same daemon. */
  environment: Readonly<Record<string, string>>;
  /** The project's name, which nothing else has. */
  name: string;
  /** Labels of everything that the project makes. */
  labels: Readonly<Record<string, string>>;
  /** An unused path for the compose file. */
  spool: () => Promise<string>;
  /** Ends docker compose when the session is closed. */
  signal: AbortSignal;
}

/** A compose file that is brought up in a project of our own, as often as the app starts. */
export class Stack {
  private file: Promise<string> | undefined;

  constructor(
    private readonly place: StackPlace,
    readonly project: ComposeProject,
  ) {}

  /**
   * Takes the project down and brings up anew what a service needs, so that each start of the app meets the same state.
   * @param seconds how long the services may take until they are healthy
   * @returns the id of a container of the service that is never started
   * @throws UserError where a service does not come up: with the end of its log
   */
  async start(service: string, seconds: number, say: (text: string) => void): Promise<string> {
    await this.remove();
    const beside = this.project.beside(service);
    if (beside.length > 0) {
      const names = beside.map(({ name }) => name);
      say(`docker compose brings up ${names.join(', ')}`);
      const deadline = Date.now() + seconds * 1000;
      await this.compose(['up', '--detach', '--quiet-pull', ...names], seconds);
      await this.untilReady(beside, deadline, seconds);
    }
    // The app gets everything that docker compose gives this container.
    await this.compose(['up', '--no-start', '--no-deps', '--no-recreate', '--scale', `${service}=1`, service], seconds);
    const [template] = await this.containers(service);
    if (template) return template.Id;
    throw new UserError(`docker compose made no container for the service ${service}.`, `Try \`docker compose create ${service}\`.`);
  }

  /** Removes what bears the label of the project, and nothing else. */
  async remove(): Promise<void> {
    const { docker, labels, name } = this.place;
    const filters = { label: [`${PROJECT_LABEL}=${name}`, ...Object.entries(labels).map(([key, value]) => `${key}=${value}`)] };
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      const containers = await docker.listContainers({ all: true, filters });
      await Promise.all(containers.map(({ Id }) => unlessGone(docker.getContainer(Id).remove({ force: true, v: true }))));
      const networks = await docker.listNetworks({ filters });
      await Promise.all(networks.map(({ Id }) => unlessGone(docker.getNetwork(Id).remove())));
      const { Volumes: volumes } = await docker.listVolumes({ filters });
      await Promise.all((volumes ?? []).map(({ Name }) => unlessGone(docker.getVolume(Name).remove({ force: true }))));
      if (containers.length + networks.length + (volumes ?? []).length === 0) return;
      await sleep(POLL);
    }
    throw new UserError(
      `What docker compose made for the project ${name} could not be removed.`,
      `Try \`docker compose -p ${name} down -v\`.`,
    );
  }

  private async compose(args: readonly string[], seconds: number): Promise<void> {
    this.file ??= this.writeFile();
    const { environment, name, signal } = this.place;
    const { failed, stderr } = await runCompose(['--project-name', name, '--file', await this.file, ...args], {
      environment: { ...environment, ...this.project.environment },
      signal: AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]),
    });
    if (!failed || signal.aborted) return;
    for (const container of await this.containers()) await this.requireWell(container);
    const { errors } = messagesOf(stderr);
    throw new UserError(
      `docker compose could not bring up the services of ${this.project.path}: ${lastLines(errors.join('\n'), 3) || `it took longer than ${seconds} s`}`,
      `Check that \`docker compose -f ${this.project.path} up\` works. --start-timeout gives the services more time.`,
    );
  }

  private async writeFile(): Promise<string> {
    const path = await this.place.spool();
    await writeFile(path, composeText(this.project.document(this.place.labels)), { mode: 0o600 }).catch((error: unknown) => {
      throw explained(error, path);
    });
    return path;
  }

  private async untilReady(beside: readonly Beside[], deadline: number, seconds: number): Promise<void> {
    for (;;) {
      const waiting: string[] = [];
      for (const { name, ends } of beside)
        for (const container of await this.containers(name)) if (!(await this.requireWell(container, ends))) waiting.push(name);
      if (waiting.length === 0 || this.place.signal.aborted) return;
      if (Date.now() > deadline)
        throw await this.failure(waiting[0] as string, `was not ready after ${seconds} s`, 'Give it more time with --start-timeout.');
      await sleep(POLL);
    }
  }

  private containers(service?: string): Promise<Dockerode.ContainerInfo[]> {
    const { docker, name } = this.place;
    const label = [`${PROJECT_LABEL}=${name}`, ...(service === undefined ? [] : [`${SERVICE_LABEL}=${service}`])];
    return docker.listContainers({ all: true, filters: { label } });
  }

  /**
   * Whether a container is ready: it runs and is healthy, or it has ended with status 0.
   * @param ends whether it has to have ended
   * @throws UserError with its log where it never will be
   */
  private async requireWell({ Id, Labels }: Dockerode.ContainerInfo, ends = false): Promise<boolean> {
    const { State: state } = await this.place.docker.getContainer(Id).inspect();
    const service = Labels[SERVICE_LABEL] ?? '';
    const health = state.Health;
    if (health?.Status === 'unhealthy') {
      const said = health.Log?.at(-1)?.Output?.trim();
      throw await this.failure(service, `did not become healthy${said ? ` (its last check says: ${lastLines(said, 3)})` : ''}`);
    }
    if (state.Status === 'exited' || state.Status === 'dead') {
      if (state.ExitCode === 0) return true;
      throw await this.failure(service, `ended with status ${state.ExitCode}`);
    }
    return state.Status === 'running' && !ends && (health === undefined || ['healthy', 'none'].includes(health.Status));
  }

  private async failure(service: string, what: string, remedy?: string): Promise<UserError> {
    const { name, environment } = this.place;
    const args = ['--project-name', name, 'logs', '--no-color', '--no-log-prefix', '--tail', '20', service];
    const { stdout, stderr } = await runCompose(args, { environment });
    const log = lastLines(`${stdout}\n${stderr}`, 20);
    return new UserError(
      `The service ${service} of ${this.project.path} ${what}. ${log === '' ? 'Its log is empty.' : `Its log ends with:\n${log}`}`,
      remedy ?? `Check that \`docker compose -f ${this.project.path} up ${service}\` works.`,
    );
  }
}

/** Waits for a removal. What is gone, or is being removed, needs none. */
async function unlessGone(removal: Promise<unknown>): Promise<void> {
  await removal.catch((error: unknown) => {
    debug.engine('could not be removed yet: %s', messageOf(error));
    if (statusOf(error) === undefined) throw error;
  });
}
