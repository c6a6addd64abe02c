import { readFile, statfs } from 'node:fs/promises';
import { LABELS } from '../assemble/config.js';
import { debug } from '../debug.js';
import { NoDaemonError } from '../engines/docker/client.js';
import { type DaemonInformation, DockerEngine } from '../engines/docker/docker.js';
import type { Session } from '../engines/engine.js';
import { describeIsolation, isolationAdvice } from '../engines/local/isolation.js';
import { LocalEngine } from '../engines/local/local.js';
import { type NamespaceSupport, type Refusal, remedyFor } from '../engines/local/namespaces.js';
import { PLAIN_RUN } from '../engines/runoptions.js';
import { UserError } from '../errors.js';
import { type Exercise, PLAIN_EXERCISE } from '../exercise/exercise.js';
import { Helper } from '../guest/helper.js';
import { megabytes } from '../ui/table.js';
import { runWatched, whereOf } from '../watching/run.js';

/** One thing that was looked at. */
export interface Check {
  name: string;
  /** null where it could not be tried. */
  ok: boolean | null;
  detail: string;
  remedy?: string;
}

const OLDEST = { node: 20, api: 1.41 };
/** Bytes below which a large image may not fit. */
const LITTLE_DISK = 2e9;
/** Number of images in which tracing is tried. */
const TRIED_IMAGES = 5;

export interface Diagnosis {
  checks: Check[];
  /** What dead runs had left, and what is removed now. */
  removed: string[];
}

/**
 * Finds out what this computer can do, and what to do about what it can't.
 * @param clean removes what dead runs have left
 */
export async function diagnose({ clean = false }: { clean?: boolean | undefined } = {}): Promise<Diagnosis> {
  const local = new LocalEngine();
  const namespaces = await local.namespaces().catch((error: unknown) => {
    if (error instanceof UserError) return error;
    throw error;
  });
  const checks: Check[] = [nodeCheck(), await yamaCheck()];
  const removed: string[] = clean ? await local.clean() : [];
  let hasDaemon = false;
  try {
    const engine = await DockerEngine.open();
    hasDaemon = true;
    const daemon = await engine.information();
    checks.push(daemonCheck(daemon), apiCheck(daemon), await diskCheck(daemon.root));
    if (clean) removed.push(...(await engine.clean()));
    checks.push(await tracingCheck(engine, daemon.images));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    // One engine is enough, but none takes the place of a daemon that the user names.
    const enough = error instanceof NoDaemonError && 'user' in namespaces;
    checks.push({ name: 'daemon', ok: enough ? null : false, detail: error.message, remedy: error.remedy });
  }
  return { checks: [...checks, namespacesCheck(namespaces, hasDaemon)], removed };
}

function nodeCheck(): Check {
  const ok = Number.parseInt(process.versions.node, 10) >= OLDEST.node;
  return { name: 'Node', ok, detail: process.versions.node, ...(!ok && { remedy: `Install Node ${OLDEST.node} or newer.` }) };
}

/**
 * What the local engine can do here; tracing on `host:` works without any of it.
 * @param found an error where the user names a runtime that does not work: it fails although there is a daemon
 */
function namespacesCheck(found: NamespaceSupport | Refusal | UserError, daemon: boolean): Check {
  const name = 'local engine';
  if (found instanceof UserError) return { name, ok: false, detail: found.message, remedy: found.remedy };
  if ('refused' in found) {
    const detail = `no namespaces (${found.refused}); \`pyshrink trace host:\` works all the same`;
    return { name, ok: daemon ? null : false, detail, remedy: remedyFor(found) };
  }
  const remedy = isolationAdvice(found);
  return { name, ok: true, detail: describeIsolation(found), ...(remedy !== undefined && { remedy }) };
}

/** Yama's ptrace_scope. With 0 and 1, a process may read the memory of its descendants, as the supervisor does. With 2 and 3 it may not. */
async function yamaCheck(): Promise<Check> {
  const scope = await readFile('/proc/sys/kernel/yama/ptrace_scope', 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
  if (scope === undefined) return { name: 'Yama', ok: true, detail: 'not active on this computer' };
  const ok = scope === '0' || scope === '1';
  return {
    name: 'Yama',
    ok,
    detail: `ptrace_scope is ${scope}`,
    ...(!ok && { remedy: "Run `sysctl kernel.yama.ptrace_scope=1` as root on the daemon's computer." }),
  };
}

function daemonCheck({ product, version, system, endpoint }: DaemonInformation): Check {
  return { name: 'daemon', ok: true, detail: `${product} ${version} at ${endpoint}, ${system}` };
}

function apiCheck({ api }: DaemonInformation): Check {
  const ok = Number(api) >= OLDEST.api;
  return {
    name: 'API',
    ok,
    detail: api,
    ...(!ok && { remedy: `pyshrink needs API ${OLDEST.api} (Docker 20.10) or newer; update the daemon.` }),
  };
}

async function diskCheck(root: string): Promise<Check> {
  const name = 'disk';
  try {
    const { bavail, bsize } = await statfs(root);
    const ok = bavail * bsize > LITTLE_DISK;
    return {
      name,
      ok,
      detail: `${megabytes(bavail * bsize)} free in ${root}`,
      ...(!ok && { remedy: 'Free some with `docker system prune` or `podman system prune`.' }),
    };
  } catch {
    return { name, ok: null, detail: `${root} of the daemon is not on this computer` };
  }
}

/** Really traces: a seccomp listener, and reading of another process's memory, in a container of an image with Python. */
async function tracingCheck(engine: DockerEngine, images: readonly string[]): Promise<Check> {
  const name = 'tracing';
  let tried = 0;
  for (const reference of images) {
    const { config } = await engine.inspect(reference);
    if (config.Labels?.[LABELS.original] !== undefined) continue; // shrunk: it may lack what tracing needs
    if (tried++ === TRIED_IMAGES) break;
    const session = await engine.openSession();
    try {
      const check = await traceOnce(engine, session, reference);
      if (check) return check;
    } finally {
      await session.close();
    }
  }
  return { name, ok: null, detail: 'there is no image with Python to try it in', remedy: 'Build or pull yours, and run this again.' };
}

async function traceOnce(engine: DockerEngine, session: Session, reference: string): Promise<Check | undefined> {
  const image = await engine.inspect(reference);
  const helper = await Helper.start(session, image).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    debug.engine('%s: tracing is not tried: %s', reference, error.message);
    return undefined;
  });
  if (!helper) return undefined;
  const marker = '/pyshrink-doctor';
  try {
    const exercise: Exercise = {
      ...PLAIN_EXERCISE,
      run: { ...PLAIN_RUN, network: 'none', entrypoint: helper.python.executable },
      args: ['-I', '-S', '-c', `import os; os.path.exists("${marker}")`],
      steps: [{ kind: 'until-exit' }],
    };
    const where = { ...(await whereOf(helper, image)), name: 'doctor' };
    const { observed } = await runWatched(session, exercise, {}, where, () => {});
    const seen = observed.facts.some(({ observations }) => observations.some(({ path }) => path === marker));
    const detail = `tried in ${reference}: seccomp notification works, memory ${seen ? 'was' : 'could not be'} read`;
    return {
      name: 'tracing',
      ok: seen,
      detail,
      ...(!seen && { remedy: "Check the daemon's seccomp profile and kernel.yama.ptrace_scope on its computer." }),
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return {
      name: 'tracing',
      ok: false,
      detail: `tried in ${reference}: ${error.message}`,
      remedy: "It needs Linux 5.5 or newer and a seccomp profile that allows seccomp(2), as Docker's default does.",
    };
  }
}
