import { UserError } from '../../errors.js';

/** @param what subject of the message: what is there, e.g. `a.tar is something` */
export function takenError(what: string): UserError {
  return new UserError(`${what} that pyshrink did not make.`, 'Choose another with --tag or --output, or replace it with --force.');
}
