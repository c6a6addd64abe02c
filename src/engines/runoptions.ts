import { z } from 'zod';

const list = z.array(z.string());

/** How a container is run. Names and meaning are those of the options of `docker run`. */
export const RunOptionsSchema = z.strictObject({
  /** `NAME=VALUE`, added to those of the image. */
  env: list,
  volume: list,
  mount: list.default([]),
  publish: list.default([]),
  ulimit: list.default([]),
  device: list.default([]),
  gpus: z.string().exactOptional(),
  /** The app reads our standard input. */
  interactive: z.literal(true).exactOptional(),
  /** The app has a terminal, so its stdout and stderr are one stream. */
  tty: z.literal(true).exactOptional(),
  user: z.string().exactOptional(),
  workdir: z.string().exactOptional(),
  network: z.string().exactOptional(),
  entrypoint: z.string().exactOptional(),
  platform: z.string().exactOptional(),
  addHost: list,
  tmpfs: list,
  readOnly: z.boolean(),
  /** Process 1 is an init process, and not the app. While the app is watched, its supervisor is that process. */
  init: z.literal(true).exactOptional(),
  capAdd: list,
  capDrop: list,
  securityOpt: list,
  groupAdd: list,
  hostname: z.string().exactOptional(),
  /** Bytes. */
  memory: z.number().exactOptional(),
  /** Number of processes and threads. Negative for no limit. */
  pidsLimit: z.number().exactOptional(),
  /** Number of CPUs, e.g. 1.5. */
  cpus: z.number().exactOptional(),
  /** Bytes. */
  shmSize: z.number().exactOptional(),
});
export type RunOptions = z.infer<typeof RunOptionsSchema>;

/** `docker run` without any option. */
export const PLAIN_RUN: RunOptions = {
  env: [],
  volume: [],
  mount: [],
  publish: [],
  ulimit: [],
  device: [],
  addHost: [],
  tmpfs: [],
  readOnly: false,
  capAdd: [],
  capDrop: [],
  securityOpt: [],
  groupAdd: [],
};

/** The limit of --pids-limit. Docker, too, takes one below 1 as none. */
export function limitOfPids({ pidsLimit }: Pick<RunOptions, 'pidsLimit'>): number | undefined {
  return pidsLimit !== undefined && pidsLimit > 0 ? pidsLimit : undefined;
}
