import { ownArchitecture } from '../arch.js';

/** What an image is built for (OCI image specification, "Image Index"). */
export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
}

/** A platform as JSON has it, where a missing variant may be null. */
type Declared = Omit<Platform, 'variant'> & { variant?: string | null | undefined };

/** Platform of the computer that pyshrink runs on. */
export function ownPlatform(): Platform {
  return { os: 'linux', architecture: ownArchitecture() };
}

/** Parses `os/architecture[/variant]`, as `--platform` takes it. */
export function parsePlatform(text: string): Platform {
  const [os = '', architecture = '', variant] = text.split('/');
  return { os, architecture, ...(variant !== undefined && { variant }) };
}

/** `os/architecture[/variant]` */
export function formatPlatform({ os, architecture, variant }: Declared): string {
  return [os, architecture, variant].filter(Boolean).join('/');
}

/** Whether an image's platform is the wanted one. A variant counts only where it is wanted. */
export function matches(platform: Declared, wanted: Platform): boolean {
  return (
    platform.os === wanted.os &&
    platform.architecture === wanted.architecture &&
    (wanted.variant === undefined || platform.variant === wanted.variant)
  );
}
