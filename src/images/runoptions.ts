/** How a container is run; names and meaning are those of `docker run`. */
export interface RunOptions {
  /** `NAME=VALUE`, beside the image's own. */
  env: string[];
  volume: string[];
  user?: string;
  workdir?: string;
  network?: string;
  entrypoint?: string;
  platform?: string;
  addHost: string[];
  tmpfs: string[];
  readOnly: boolean;
  capAdd: string[];
  capDrop: string[];
  securityOpt: string[];
  groupAdd: string[];
  hostname?: string;
  /** Bytes. */
  memory?: number;
  /** Bytes. */
  shmSize?: number;
}

export const PLAIN_RUN: RunOptions = {
  env: [],
  volume: [],
  addHost: [],
  tmpfs: [],
  readOnly: false,
  capAdd: [],
  capDrop: [],
  securityOpt: [],
  groupAdd: [],
};
