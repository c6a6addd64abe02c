/** How far the keep set reaches. Each level keeps more than the one before. */
export const LEVELS = ['observed', 'reachable', 'whole'] as const;
export type Level = (typeof LEVELS)[number];

/**
 * How much of a distribution is kept. `touched`: the modules that are reached. `pulled`: all its Python code and data.
 * `app`: its public extension modules, too.
 */
export const GRADES = ['touched', 'pulled', 'app'] as const;
export type Grade = (typeof GRADES)[number];
