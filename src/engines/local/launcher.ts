import type { ContainerSpec } from '../engine.js';
import { parseUlimit } from '../resources.js';
import type { Identity } from './user.js';

/** What a process becomes before it executes a program of the image. */
export interface Launch {
  user: Identity;
  cwd: string;
  /** Numbers of the capabilities that stay in its bounding set. */
  capabilities: readonly number[];
  /** Descriptor with its variables; null where it has them already. */
  environment: number | null;
  /** Whether it brings up the loopback interface. */
  loopback: boolean;
  /** Path of a user namespace that it enters first; null where it is in the right one. */
  namespace: string | null;
}

/** Start of a command line that makes a process all this (probes/enter.py). Empty where the image's Python can't. */
export function launcherOf({ launcher, run }: ContainerSpec, { user, ...launch }: Launch): string[] {
  if (!launcher) return [];
  const { uid, gid, groups } = user;
  return [...launcher, JSON.stringify({ uid, gid, groups, ...launch, limits: run.ulimit.map(parseUlimit) })];
}
