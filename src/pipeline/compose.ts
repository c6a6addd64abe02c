import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { besideOf } from '../compose/beside.js';
import { imageOf, type Model, parseModel, type Service, type ServiceMount, servicesOf } from '../compose/model.js';
import { OVERRIDE_HEAD, overrideText } from '../compose/override.js';
import { portsOf } from '../compose/ports.js';
import { composeBuild, composeConfig, valuesOfVariables } from '../compose/program.js';
import { ownProject, requireOwn } from '../compose/project.js';
import { sharedOf } from '../compose/shared.js';
import { variablesOf, writtenFiles } from '../compose/written.js';
import { conceal } from '../conceal.js';
import type { ImageInfo } from '../engines/engine.js';
import { explained, UserError, usageError } from '../errors.js';
import type { Exercise } from '../exercise/exercise.js';
import { environmentSecrets } from '../exercise/secrets.js';
import { secretsIn } from '../os/secretwords.js';
import { writeWholeFile } from '../os/wholefile.js';
import { within } from '../paths.js';
import { environmentOfService, onlyImage, runOfService, usersOf } from '../project/services.js';
import type { Context } from './context.js';
import type { NamedExercise } from './traceruns.js';

/** Bytes of a file that is taken as one secret. */
const LARGEST_SECRET = 16 << 10;

export interface ComposeOptions {
  /** The compose file. */
  file: string;
  /** Uses networks and volumes that exist outside of the project. */
  useExternal?: boolean | undefined;
  /** Leaves out mounts of folders of this computer that hide what must ship. */
  noBinds?: boolean | undefined;
}

/** A compose file that has been read. */
export interface ComposeFile extends ComposeOptions {
  /** Absolute path. */
  path: string;
  model: Model;
  warnings: string[];
  /** Values of the variables that secrets and configs come from. */
  environment: Record<string, string>;
}

/**
 * Reads a compose file by docker compose.
 * @throws UserError where compose refuses it, or is not installed
 */
export async function readCompose(options: ComposeOptions): Promise<ComposeFile> {
  const path = resolve(options.file);
  await readFile(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'does not exist' : `can't be read: ${error.message}`;
    throw usageError(`The compose file ${options.file} ${why}.`, 'Name another one with --compose.');
  });
  const { printed, warnings } = await composeConfig(path);
  const model = parseModel(options.file, printed);
  const names = variablesOf(model);
  const environment = names.length > 0 ? await valuesOfVariables(path, names) : {};
  conceal([...Object.values(environment), ...(await secretFiles(model))]);
  for (const [, service] of servicesOf(model)) conceal(environmentSecrets(environmentOfService(service)));
  return { ...options, path, model, warnings, environment };
}

/**
 * What is in the files of secrets that are small enough for a password, a token or a key: each as a whole, its lines, and what looks
 * like a secret in it. docker compose gives absolute paths.
 */
async function secretFiles({ secrets }: Model): Promise<string[]> {
  const texts: string[] = [];
  for (const { file } of Object.values(secrets ?? {})) {
    const small = file !== undefined && (await stat(file).catch(() => undefined));
    if (file === undefined || !small || !small.isFile() || small.size > LARGEST_SECRET) continue;
    texts.push((await readFile(file, 'utf8').catch(() => '')).trim()); // docker compose says what is wrong with it
  }
  return texts.flatMap((text) => [text, ...text.split('\n').map((line) => line.trim()), ...secretsIn(text)]);
}

/** The image that a compose file is about, where the user names none. */
export function imageOfCompose({ file, model }: ComposeFile): string {
  return onlyImage(file, model);
}

/**
 * Builds the images that are missing, as `docker compose up` does: an image that is there may be the one that runs.
 * @throws UserError for networks and volumes from outside that the user does not allow
 */
export async function buildCompose({ engine, progress }: Context, { path, file, model, useExternal }: ComposeFile): Promise<void> {
  if (!useExternal) requireOwn(file, model);
  const missing: string[] = [];
  for (const [name, service] of servicesOf(model))
    if (service.build && !(await engine.find(imageOf(model, name, service)))) missing.push(name);
  if (missing.length === 0) return;
  await progress.task(`Building the images of ${file}: ${missing.join(', ')}`, () => composeBuild(path, missing));
}

/** @throws UserError where an image is not there, and a compose file says how to build it */
export async function requireBuilt({ engine }: Context, { file, model }: ComposeFile, image: string): Promise<void> {
  const builds = servicesOf(model).flatMap(([name, service]) => (service.build && imageOf(model, name, service) === image ? [name] : []));
  if (builds.length > 0 && !(await engine.find(image)))
    throw usageError(
      `The image ${image} of ${file} is not built yet.`,
      `Build it with \`docker compose -f ${file} build ${builds.join(' ')}\`.`,
    );
}

/** The images of the services, by their names; undefined for one that is not there. */
async function imagesOf({ engine }: Context, model: Model): Promise<Map<string, ImageInfo | undefined>> {
  const images = new Map<string, ImageInfo | undefined>();
  for (const [name, service] of servicesOf(model)) {
    const image = imageOf(model, name, service);
    if (!images.has(image)) images.set(image, await engine.find(image));
  }
  return images;
}

/** Names of the services of a compose file that use an image. */
export async function usersOfImage(context: Context, original: ImageInfo, { model }: ComposeFile): Promise<string[]> {
  const images = await imagesOf(context, model);
  return usersOf(model, (image) => images.get(image)?.id === original.id);
}

/** The mistake of an image that no service of a compose file uses. */
export function unusedError(image: string, { file, model }: ComposeFile): UserError {
  const others = new Set(servicesOf(model).map(([name, service]) => imageOf(model, name, service)));
  return usageError(
    `No service of ${file} uses the image ${image}. Its services use ${[...others].join(', ')}.`,
    'Name one of these images, or write the image into the compose file.',
  );
}

/** Names of compose files, in the order in which docker compose looks for them. */
const COMPOSE_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];

/**
 * The compose file that is named, or else the one of the working directory.
 * @returns `unused`: why the one of the working directory can't be used
 * @throws UserError where the one that is named can't be used
 */
export async function composeBeside(named: string | undefined): Promise<{ compose?: ComposeFile; unused?: string }> {
  if (named !== undefined) return { compose: await readCompose({ file: named }) };
  for (const file of COMPOSE_FILES) {
    if (!(await stat(file).catch(() => undefined))) continue;
    try {
      return { compose: await readCompose({ file }) };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { unused: `${file} is not used: ${error.message}` };
    }
  }
  return {};
}

/**
 * Gives a session a compose file, whose services of an image are its runs.
 * @returns the names of these services
 * @throws UserError where no service uses the image, or the session's engine can't bring up a project
 */
async function joinProject(context: Context, original: ImageInfo, compose: ComposeFile): Promise<string[]> {
  const { engine, session, progress } = context;
  const { file, path, model, environment, useExternal = false } = compose;
  if (!session.projects)
    throw usageError(
      `The services of ${file} need a Docker daemon, and the ${engine.name} engine has none.`,
      'Start Docker, and do not give --engine local.',
    );
  const images = await imagesOf(context, model);
  const users = usersOf(model, (image) => images.get(image)?.id === original.id);
  if (users.length === 0) throw unusedError(original.reference, compose);
  const withoutBinds = await bindsLeftOut(context, original, compose, users);
  const services = servicesOf(model).map(([name, service]) => [name, withoutBinds.get(name) ?? service]);
  const usable: Model = { ...model, services: Object.fromEntries(services) };
  const names = new Map(
    servicesOf(model).map(([name, service]) => [name, users.includes(name) ? original.id : imageOf(model, name, service)]),
  );
  const dataOf = (name: string) => Object.keys(images.get(imageOf(model, name, model.services?.[name] as Service))?.config.Volumes ?? {});
  const make = (labels: Readonly<Record<string, string>>) => ownProject(file, usable, labels, { useExternal }, names, dataOf);
  for (const note of make({}).notes) progress.note(note);
  session.projects.set(path, {
    path: file,
    document: (labels) => make(labels).document,
    beside: (service) => besideOf(model, service, users),
    shared: (service) => sharedOf(make({}).document, [service, ...besideOf(model, service, users).map(({ name }) => name)]),
    ports: (service) => portsOf(model.services?.[service] ?? {}),
    environment,
    written: (service) => writtenFiles(model, service, environment),
  });
  return users;
}

/** Mounts of a service that hide files of the app's folder in its image. */
async function hidingMounts({ session }: Context, original: ImageInfo, { volumes }: Service): Promise<ServiceMount[]> {
  const folder = original.config.WorkingDir || '/';
  // An app whose folder is the root has no folder of its own.
  if (folder === '/') return [];
  const found: ServiceMount[] = [];
  for (const mount of volumes ?? []) {
    const isNear = within(mount.target, folder) || within(folder, mount.target);
    if (mount.type === 'bind' && isNear && (await session.holds?.(original.id, mount.target))) found.push(mount);
  }
  return found;
}

/** The mounts of services that hide files of the app, as lines for people. @param users services of the image */
export async function hiddenBy(context: Context, original: ImageInfo, { model }: ComposeFile, users: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  for (const name of users)
    for (const { target } of await hidingMounts(context, original, model.services?.[name] as Service))
      lines.push(`${target} of the service ${name}`);
  return lines;
}

/**
 * Services without the mounts that hide files of the app.
 * @throws UserError for such a mount where the user has not asked to leave them out
 */
async function bindsLeftOut(
  context: Context,
  original: ImageInfo,
  { file, model, noBinds }: ComposeFile,
  users: readonly string[],
): Promise<Map<string, Service>> {
  const changed = new Map<string, Service>();
  for (const name of users) {
    const service = model.services?.[name] as Service;
    const hiding = await hidingMounts(context, original, service);
    for (const { source, target } of hiding) {
      if (!noBinds)
        throw usageError(
          `The service ${name} of ${file} mounts ${source} over ${target}, and so hides files of the image that must ship.`,
          'Give --no-binds to leave out such mounts, or remove it in a compose file for pyshrink.',
        );
      context.progress.note(`${name}: ${source} is not mounted over ${target}`);
    }
    if (hiding.length > 0) changed.set(name, { ...service, volumes: (service.volumes ?? []).filter((mount) => !hiding.includes(mount)) });
  }
  return changed;
}

/**
 * The runs of a compose file.
 * @param wanted what the user says about runs: a run belongs to the service that it names, or that has its name. A single
 * exercise is that of each service
 * @throws UserError where a run belongs to no service of the image
 */
export async function composeRuns(
  context: Context,
  original: ImageInfo,
  compose: ComposeFile,
  wanted: Exercise | readonly NamedExercise[],
): Promise<NamedExercise[]> {
  const { progress } = context;
  const { file, path, model, useExternal, noBinds } = compose;
  for (const warning of compose.warnings) progress.note(`docker compose says about ${file}: ${warning}`);
  const users = await joinProject(context, original, compose);
  const runs: NamedExercise[] = 'run' in wanted ? users.map((name) => ({ name, exercise: wanted })) : [...wanted];
  if ('run' in wanted && users.length > 1 && (wanted.steps || wanted.args.length > 0))
    throw usageError(
      `Several services of ${file} use ${original.reference}: ${users.join(', ')}. Steps and a command on the command line belong to a single one.`,
      'Write pyshrink.yaml, with `compose:` and a run for each service.',
    );
  const served = runs.map(({ name, exercise, service = name }) => {
    if (!users.includes(service))
      throw usageError(
        `The run ${name} belongs to no service of ${file} that uses ${original.reference}.`,
        `Give it the name of one of them, or add \`service:\` to it: ${users.join(', ')}.`,
      );
    const of = { file: path, service, ...(useExternal && { useExternal }), ...(noBinds && { noBinds }) };
    return { name, service, exercise: runOfService(model.services?.[service] as Service, exercise, of) };
  });
  const without = users.filter((name) => !served.some(({ service }) => service === name));
  if (without.length > 0) progress.note(`warning: services of ${file} without a run, which are not traced: ${without.join(', ')}`);
  return served;
}

/** Opens again the compose files that stored runs belong to. */
export async function reopenCompose(context: Context, original: ImageInfo, exercises: readonly Pick<Exercise, 'compose'>[]): Promise<void> {
  const files = new Map(exercises.flatMap(({ compose }) => (compose ? [[compose.file, compose] as const] : [])));
  for (const { file, useExternal, noBinds } of files.values())
    await joinProject(context, original, await readCompose({ file, useExternal, noBinds }));
}

/** The variables of the services that stored runs belong to, as `NAME=VALUE`. */
export async function composeVariables(exercises: readonly Pick<Exercise, 'compose'>[]): Promise<string[]> {
  const entries: string[] = [];
  for (const { compose } of exercises) {
    if (!compose) continue;
    const { model } = await readCompose(compose);
    const service = model.services?.[compose.service];
    if (service) entries.push(...environmentOfService(service));
  }
  return entries;
}

/** @throws UserError where a file that pyshrink did not make is at the place of the override */
export async function requireOverride(path: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw usageError(`--write-override ${path}: ${error.message}.`, 'Name a file that can be written.');
  });
  if (text !== undefined && !text.startsWith(OVERRIDE_HEAD))
    throw usageError(`--write-override ${path}: pyshrink did not make this file.`, 'Name another one, or remove it.');
}

/** Writes a compose file that uses the shrunk image. */
export async function writeOverride(path: string, { file, model }: ComposeFile, image: string, users: readonly string[]): Promise<void> {
  await writeWholeFile(path, overrideText(file, path, model, image, users)).catch((error: unknown) => {
    throw explained(error, path);
  });
}
