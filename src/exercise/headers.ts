import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { Located } from './located.js';

const FORM = 'Write `headers` as `name: value`.';

/** Headers of a request, or those that are expected of an answer. @throws UserError for those that can't be sent */
export function headersOf(value: Located | undefined): Record<string, string> {
  return Object.fromEntries(
    (value?.fields(FORM) ?? []).map(({ name, key, value }) => {
      const text = value.written(FORM);
      if (!sendable(() => validateHeaderName(name))) throw key.error(`\`${name}\` is no name of a header`, FORM);
      if (!sendable(() => validateHeaderValue(name, text)))
        throw value.error(`The header \`${name}\` can't be sent with this value`, 'Use the characters of Latin-1.');
      return [name, text];
    }),
  );
}

/** Whether Node sends what `check` looks at. */
function sendable(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
