import { UserError } from '../errors.js';

/** What comes from a container and can't be right. Its Python, or what runs in its place, is not to be trusted. */
export function refusedAnswer(why: string): UserError {
  return new UserError(
    `The helper in the image gave an answer that can't be right: ${why}.`,
    'If you trust the image, run the command again with --debug, and report it.',
  );
}
