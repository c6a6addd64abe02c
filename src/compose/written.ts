import type { FileUse, Model } from './model.js';
import type { WrittenFile } from './project.js';

/** Mode of a secret or config in a container, unless the service says another one (compose-spec, "secrets"). */
const READ_ONLY = 0o444;

/**
 * The secrets and configs of a service that come from a variable, or stand in the compose file. docker compose mounts those
 * that are files, and writes these into the container when it starts it (pkg/compose/secrets.go).
 * @param environment values of the variables that the file may name
 */
export function writtenFiles(model: Model, service: string, environment: Readonly<Record<string, string>>): WrittenFile[] {
  const { secrets, configs } = model.services?.[service] ?? {};
  const from = (sources: Model['secrets'], uses: readonly FileUse[] | null | undefined, folder: string) =>
    (uses ?? []).flatMap((use): WrittenFile[] => {
      const source = sources?.[use.source];
      const content = source?.content ?? (source?.environment === undefined ? undefined : environment[source.environment]);
      if (content === undefined || content === '') return [];
      const target = use.target ?? use.source;
      return [
        {
          path: target.startsWith('/') ? target : `${folder}${target}`,
          content,
          uid: Number(use.uid ?? 0),
          gid: Number(use.gid ?? 0),
          mode: typeof use.mode === 'string' ? Number.parseInt(use.mode, 8) : (use.mode ?? READ_ONLY),
        },
      ];
    });
  return [...from(model.secrets, secrets, '/run/secrets/'), ...from(model.configs, configs, '/')];
}

/** Variables that secrets and configs of a model get their bytes from. */
export function variablesOf({ secrets, configs }: Model): string[] {
  return [...Object.values(secrets ?? {}), ...Object.values(configs ?? {})].flatMap(({ environment }) => environment ?? []);
}
