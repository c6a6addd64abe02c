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

/** PATH of a container whose image sets none. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** `NAME=VALUE` entries as a record; later ones win. */
export function environmentOf(entries: readonly string[] | null | undefined): Record<string, string> {
  return Object.fromEntries(
    (entries ?? []).map((entry) => {
      const sign = entry.indexOf('=');
      return sign < 0 ? [entry, ''] : [entry.slice(0, sign), entry.slice(sign + 1)];
    }),
  );
}

/** Ports that the image declares over TCP. */
export function exposedPorts(config: ImageConfig): number[] {
  return Object.keys(config.ExposedPorts ?? {})
    .filter((key) => !key.endsWith('/udp') && !key.endsWith('/sctp'))
    .map((key) => Number.parseInt(key, 10))
    .filter((port) => Number.isInteger(port));
}

/** The command that HEALTHCHECK runs, or undefined where there is none. */
export function healthcheckCommand(config: ImageConfig): string[] | undefined {
  const [kind, ...rest] = config.Healthcheck?.Test ?? [];
  if (kind === 'CMD' && rest.length > 0) return rest;
  if (kind === 'CMD-SHELL' && rest[0] !== undefined) return [...(config.Shell ?? ['/bin/sh', '-c']), rest[0]];
  return undefined;
}
