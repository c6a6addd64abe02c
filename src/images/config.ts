/** An image's configuration in the form of the Docker Engine API and of the OCI image specification. */
export interface ImageConfig {
  User?: string;
  Env?: string[] | null;
  Entrypoint?: string[] | null;
  Cmd?: string[] | null;
  WorkingDir?: string;
  ExposedPorts?: Record<string, unknown> | null;
  Volumes?: Record<string, unknown> | null;
  Labels?: Record<string, string> | null;
  Healthcheck?: Healthcheck | null;
  StopSignal?: string;
  /** Seconds. */
  StopTimeout?: unknown;
  Shell?: string[] | null;
  [field: string]: unknown;
}

/** Times are nanoseconds. */
export interface Healthcheck {
  Test?: string[];
  Interval?: number;
  Timeout?: number;
  StartPeriod?: number;
  Retries?: number;
}

/** PATH of a container if the image sets none (Docker Engine). */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Parses `NAME=VALUE` entries; later ones win.
 * @returns a record without a prototype, since a variable may have any name, e.g. `constructor`
 */
export function environmentOf(entries: readonly string[] | null | undefined): Record<string, string> {
  const environment: Record<string, string> = Object.create(null);
  for (const entry of entries ?? []) {
    const sign = entry.indexOf('=');
    environment[sign < 0 ? entry : entry.slice(0, sign)] = sign < 0 ? '' : entry.slice(sign + 1);
  }
  return environment;
}

/** TCP ports that the image exposes. */
export function exposedPorts(config: ImageConfig): number[] {
  return Object.keys(config.ExposedPorts ?? {})
    .filter((key) => !key.endsWith('/udp') && !key.endsWith('/sctp'))
    .map((key) => Number.parseInt(key, 10))
    .filter((port) => Number.isInteger(port));
}

/** The command of HEALTHCHECK; undefined if the image has none. */
export function healthcheckCommand(config: ImageConfig): string[] | undefined {
  const [kind, ...rest] = config.Healthcheck?.Test ?? [];
  if (kind === 'CMD' && rest.length > 0) return rest;
  if (kind === 'CMD-SHELL' && rest[0] !== undefined) return [...(config.Shell ?? ['/bin/sh', '-c']), rest[0]];
  return undefined;
}
