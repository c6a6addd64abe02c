import { elfRule } from './elf.js';
import { linksRule, parentsRule } from './links.js';
import { PerlRule } from './perl.js';
import { OtherPythonsRule } from './python/others.js';
import type { Rule } from './rule.js';
import { scriptsRule } from './scripts.js';
import { SystemRule } from './system.js';
import { typelibRule } from './typelibs.js';

/**
 * The rules by which a path brings what it needs to be of use. Some have a state: each set of rules is for one closure.
 * @param hasPerl whether Perl is kept already, or comes with what is kept
 */
export function loadingRules(hasPerl = false, others = new OtherPythonsRule()): Rule[] {
  return [elfRule, linksRule, parentsRule, scriptsRule, others, new SystemRule(), new PerlRule(hasPerl), typelibRule];
}
