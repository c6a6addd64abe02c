import { z } from 'zod';

const list = z.array(z.string());

/** How a container is run; names and meaning are those of `docker run`. */
export const RunOptionsSchema = z.strictObject({
  /** `NAME=VALUE`, beside the image's own. */
  env: list,
  volume: list,
  mount: list.default([]),
  publish: list.default([]),
  ulimit: list.default([]),
  device: list.default([]),
  gpus: z.string().exactOptional(),
  /** Standard input is ours. */
  interactive: z.literal(true).exactOptional(),
  /** A terminal: what the app says comes in one stream. */
  tty: z.literal(true).exactOptional(),
  user: z.string().exactOptional(),
  workdir: z.string().exactOptional(),
  network: z.string().exactOptional(),
  entrypoint: z.string().exactOptional(),
  platform: z.string().exactOptional(),
  addHost: list,
  tmpfs: list,
  readOnly: z.boolean(),
  /** An init process of the runtime's as process 1. */
  init: z.literal(true).exactOptional(),
  capAdd: list,
  capDrop: list,
  securityOpt: list,
  groupAdd: list,
  hostname: z.string().exactOptional(),
  /** Bytes. */
  memory: z.number().exactOptional(),
  /** Bytes. */
  shmSize: z.number().exactOptional(),
});
export type RunOptions = z.infer<typeof RunOptionsSchema>;

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
