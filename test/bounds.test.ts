import { describe, expect, it } from 'vitest';
import { BOUNDS, boundError, boundOf, requireBound, withBounds } from '../src/bounds.js';

describe('bounds', () => {
  it('are the default ones, and those of the command in all that it starts', async () => {
    expect(boundOf('files')).toBe(BOUNDS.files.default);
    const [one, two] = await Promise.all(
      [1, 2].map((files) =>
        withBounds({ files }, async () => {
          await new Promise((go) => setTimeout(go, 5));
          return [boundOf('files'), boundOf('depth')];
        }),
      ),
    );
    expect([one, two]).toEqual([
      [1, BOUNDS.depth.default],
      [2, BOUNDS.depth.default],
    ]);
    expect(boundOf('files')).toBe(BOUNDS.files.default);
  });

  it.each(Object.keys(BOUNDS) as (keyof typeof BOUNDS)[])('%s: an error names the limit, its value and the flag', (name) => {
    withBounds({ [name]: 7 }, () => {
      requireBound(name, 7, 'It');
      expect(() => requireBound(name, 8, 'It')).toThrowError(`It goes over the limit \`${name}\`: 7 ${BOUNDS[name].what}.`);
      expect(boundError(name, 'It').remedy).toContain(`--limit ${name}=`);
    });
  });
});
