import type { Summary } from '../../python/summary.js';
import { BUILD_CODE, SETUP_MODULES } from '../data/building.js';

/** Whether a file is a script that builds a distribution as soon as it runs, as setup.py does. */
export function isSetupScript({ imports }: Summary): boolean {
  return imports.some(
    ([, level, module, names, scope]) => level === 0 && scope === '' && SETUP_MODULES.has(module) && names.includes('setup'),
  );
}

/** Whether code of a distribution runs programs only to build the distribution. @param path of the code */
export function onlyBuilds(path: string, summary: Summary): boolean {
  return BUILD_CODE.test(path) || isSetupScript(summary);
}
