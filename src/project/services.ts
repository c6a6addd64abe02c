import { isLasting } from '../compose/lasting.js';
import { imageOf, type Model, type Service, servicesOf } from '../compose/model.js';
import { usageError } from '../errors.js';
import type { Exercise } from '../exercise/exercise.js';
import { lasting } from '../exercise/lasting.js';

/** Services that are built in the same way have the same image, whatever compose calls it. */
function buildOf({ build }: Service): string | undefined {
  return build ? JSON.stringify(build) : undefined;
}

/**
 * The image that is meant where none is named: the one that the file says how to build, or the only one that it names.
 * @throws UserError that lists the images
 */
export function onlyImage(path: string, model: Model): string {
  const services = servicesOf(model);
  const built = services.filter(([, service]) => service.build);
  const builds = new Set(built.map(([, service]) => buildOf(service)));
  const images = [...new Set(services.map(([name, service]) => imageOf(model, name, service)))];
  const [first] = built;
  if (first && builds.size === 1) return imageOf(model, ...first);
  if (images.length === 1) return images[0] as string;
  throw usageError(
    `The services of ${path} have several images, and none is named: ${images.join(', ')}.`,
    'Name the one to shrink: `pyshrink shrink --compose FILE IMAGE`, or `image:` in pyshrink.yaml.',
  );
}

/**
 * Names of the services that use an image.
 * @param isSame whether an image's name is one of that image
 */
export function usersOf(model: Model, isSame: (image: string) => boolean): string[] {
  const services = servicesOf(model);
  const byName = services.filter(([name, service]) => isSame(imageOf(model, name, service)));
  const builds = new Set(byName.flatMap(([, service]) => buildOf(service) ?? []));
  return services.filter((one) => byName.includes(one) || builds.has(buildOf(one[1]) ?? '')).map(([name]) => name);
}

/** The variables of a service, as `NAME=VALUE`. One without a value is not set. */
export function environmentOfService({ environment }: Service): string[] {
  return Object.entries(environment ?? {}).flatMap(([name, value]) => (value === null ? [] : [`${name}=${value}`]));
}

/**
 * An exercise as a run of a service. What the exercise says itself replaces what the service says; variables are added.
 * Mounts, networks and limits are not here: the container gets them from the one that docker compose makes.
 */
export function runOfService(service: Service, exercise: Exercise, compose: NonNullable<Exercise['compose']>): Exercise {
  const { run } = exercise;
  const [program, ...first] = service.entrypoint ?? [];
  // An empty list removes the image's entrypoint, as an empty text does on `docker run`.
  const entrypoint = service.entrypoint ? (program ?? '') : undefined;
  const command = exercise.args.length > 0 ? exercise.args : (service.command ?? []);
  const isOwn = run.entrypoint !== undefined;
  const served: Exercise = {
    ...exercise,
    args: isOwn ? exercise.args : [...first, ...command],
    run: {
      ...(service.user !== undefined && { user: service.user }),
      ...(service.working_dir !== undefined && { workdir: service.working_dir }),
      ...(entrypoint !== undefined && { entrypoint }),
      ...(service.tty && { tty: true }),
      ...run,
      env: [...environmentOfService(service), ...run.env],
      readOnly: run.readOnly || service.read_only === true,
    },
    compose,
  };
  // Another command is not what the service says of its own one.
  return isLasting(service) && !isOwn && exercise.args.length === 0 ? lasting(served) : served;
}
