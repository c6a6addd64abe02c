import { z } from 'zod';
import { UserError } from '../errors.js';

// What `docker compose config --format json` prints: the compose file with everything resolved (variables, env files, `extends`,
// profiles, paths). Only what is used here has a type; all other keys are carried over as they are.
// https://github.com/compose-spec/compose-spec/blob/main/spec.md

const texts = z.array(z.string()).nullish();

const MountSchema = z.looseObject({
  type: z.string(),
  /** Path on this computer, or the key of a volume. */
  source: z.string().optional(),
  target: z.string(),
  read_only: z.boolean().optional(),
});

/** Use of a secret or config by a service. */
const FileUseSchema = z.looseObject({
  source: z.string(),
  target: z.string().optional(),
  uid: z.string().optional(),
  gid: z.string().optional(),
  /** Octal digits, or a number. */
  mode: z.union([z.string(), z.number()]).optional(),
});

const ServiceSchema = z.looseObject({
  image: z.string().optional(),
  build: z.looseObject({}).nullish(),
  command: texts,
  entrypoint: texts,
  environment: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).nullable()).nullish(),
  user: z.string().optional(),
  working_dir: z.string().optional(),
  hostname: z.string().optional(),
  restart: z.string().optional(),
  read_only: z.boolean().optional(),
  tty: z.boolean().optional(),
  depends_on: z.record(z.string(), z.looseObject({ condition: z.string().optional() })).nullish(),
  volumes: z.array(MountSchema).nullish(),
  secrets: z.array(FileUseSchema).nullish(),
  configs: z.array(FileUseSchema).nullish(),
  labels: z.record(z.string(), z.string()).nullish(),
});

/** A network or volume of the project. */
const ResourceSchema = z
  .looseObject({
    name: z.string().optional(),
    external: z.boolean().optional(),
    labels: z.record(z.string(), z.string()).nullish(),
  })
  .nullable();

/** A secret or config of the project: its bytes come from a file, from a variable, or stand in the file. */
const FileSourceSchema = z.looseObject({
  file: z.string().optional(),
  environment: z.string().optional(),
  content: z.string().optional(),
  external: z.boolean().optional(),
});

const ModelSchema = z.looseObject({
  /** The project's name. */
  name: z.string(),
  services: z.record(z.string(), ServiceSchema).nullish(),
  networks: z.record(z.string(), ResourceSchema).nullish(),
  volumes: z.record(z.string(), ResourceSchema).nullish(),
  secrets: z.record(z.string(), FileSourceSchema).nullish(),
  configs: z.record(z.string(), FileSourceSchema).nullish(),
});

export type Service = z.infer<typeof ServiceSchema>;
export type ServiceMount = z.infer<typeof MountSchema>;
export type Resource = z.infer<typeof ResourceSchema>;
export type FileUse = z.infer<typeof FileUseSchema>;
/** A compose file as docker compose resolves it. */
export type Model = z.infer<typeof ModelSchema>;

/**
 * Parses what `docker compose config --format json` prints. In it, each `$` is doubled, so that it can be a compose file again.
 * @param path of the compose file, for messages
 * @throws UserError where it has another form, or no service
 */
export function parseModel(path: string, printed: string): Model {
  let model: Model;
  try {
    model = ModelSchema.parse(JSON.parse(printed.replaceAll('$$', '$')));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error).split('\n').slice(0, 2).join(' ') : (error as Error).message;
    throw new UserError(
      `What docker compose says about ${path} can't be read: ${why}`,
      'Update docker compose, or report this with the file.',
    );
  }
  if (Object.keys(model.services ?? {}).length === 0)
    throw new UserError(`The compose file ${path} has no service.`, 'Name another file, or choose profiles with COMPOSE_PROFILES.');
  return model;
}

/** A model as the text of a compose file. */
export function composeText(model: object): string {
  return JSON.stringify(model, null, 1).replaceAll('$', '$$$$');
}

/** Services of a model by name, in its order. */
export function servicesOf({ services }: Model): [name: string, service: Service][] {
  return Object.entries(services ?? {});
}

/**
 * The image of a service. Where a service only says how it is built, docker compose calls the image after project and service
 * (compose's pkg/api, `GetImageNameOrDefault`).
 */
export function imageOf(model: Model, name: string, { image }: Service): string {
  return image ?? `${model.name}-${name}`;
}
