/** How far the keep set reaches, each level beyond the one before. */
export const LEVELS = ['observed', 'reachable', 'whole'] as const;
export type Level = (typeof LEVELS)[number];
