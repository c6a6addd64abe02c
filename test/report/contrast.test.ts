import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const CSS = readFileSync(new URL('../../src/report/page/theme.css', import.meta.url), 'utf8');
/** Names of colours → their values, of each block of the file. */
const BLOCKS = CSS.split('{')
  .map((block) => new Map([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = '', value = '']) => [name, value])))
  .filter((block) => block.has('ink'));

/** Relative luminance of a colour (WCAG 2). */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

it('text on the map is readable where axe can not look: what was left out, and folders', () => {
  expect(BLOCKS.length).toBeGreaterThanOrEqual(3);
  for (const block of BLOCKS)
    for (const text of ['ink', 'muted'])
      for (const ground of ['ground', 'panel', 'frame', 'left-out'])
        expect(contrast(block.get(text) as string, block.get(ground) as string), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
});
