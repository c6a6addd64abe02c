/** How far the keep set reaches. Each level keeps more than the one before. */
export const LEVELS = ['observed', 'reachable', 'whole'] as const;
export type Level = (typeof LEVELS)[number];
