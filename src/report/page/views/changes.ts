import type { Thing } from '../../model.js';
import { h } from '../dom.js';
import { bytes } from '../format.js';
import { type Page, section, table, thingLink } from '../parts.js';
import type { Side } from '../side.js';

/** What differs between the two small images of a comparison. */
export function changesView(page: Page): HTMLElement {
  const [before, after] = page.sides as readonly [Side, Side];
  const [came, went] = [onlyIn(after, before), onlyIn(before, after)];
  const things = ownersOf([before, after])
    .map(({ thing, one, other }) => ({ thing, one, other, by: other - one }))
    .filter(({ by }) => by !== 0)
    .sort((a, b) => Math.abs(b.by) - Math.abs(a.by));
  const [old, now] = [before.data.report, after.data.report];
  return h(
    'div',
    {},
    section(
      'What changed',
      'B compared with A. The switch at the top chooses which of them the other tabs show.',
      table(
        'Both images',
        ['', 'A', 'B', 'change'],
        [
          ['original', old.image.reference, now.image.reference, ''],
          ['small image', old.shrunk?.name ?? 'none', now.shrunk?.name ?? 'none', ''],
          sizes('size', old.sizes.after?.merged.bytes, now.sizes.after?.merged.bytes),
          ['answers', old.comparison?.outcome ?? 'not compared', now.comparison?.outcome ?? 'not compared', ''],
          ['files only here', String(went.length), String(came.length), ''],
        ],
      ),
    ),
    section(
      'By distribution and package',
      things.length === 0 ? 'Nothing changed.' : null,
      table(
        'Changes by distribution and package',
        ['what', 'A', 'B', 'change'],
        things.map(({ thing, one, other, by }) => [thingLink(page, thing), bytes(one), bytes(other), signed(by)]),
      ),
    ),
    files(after, 'Came in with B', came),
    files(before, 'Went with A', went),
  );
}

function sizes(name: string, one: number | undefined, other: number | undefined): string[] {
  const text = (size: number | undefined) => (size === undefined ? 'not known' : bytes(size));
  return [name, text(one), text(other), one === undefined || other === undefined ? '' : signed(other - one)];
}

function signed(by: number): string {
  return `${by < 0 ? '−' : '+'}${bytes(Math.abs(by))}`;
}

/** What one image keeps and the other does not, the largest first. */
function onlyIn(side: Side, other: Side): number[] {
  return side
    .where((index) => {
      if (!side.isKept(index)) return false;
      const there = other.find(side.path(index));
      return there === undefined || !other.isKept(there);
    })
    .sort((a, b) => side.size(b) - side.size(a));
}

/** Kept bytes of each distribution and package in both images. */
function ownersOf(sides: readonly [Side, Side]): { thing: Thing; one: number; other: number }[] {
  const found = new Map<string, { thing: Thing; one: number; other: number }>();
  sides.forEach((side, which) => {
    side.data.owners.forEach((thing, owner) => {
      const key = `${thing.thing} ${thing.name}`;
      const entry = found.get(key) ?? { thing, one: 0, other: 0 };
      const kept = side.owners[owner]?.keptBytes ?? 0;
      found.set(key, { thing, one: which === 0 ? kept : entry.one, other: which === 1 ? kept : entry.other });
    });
  });
  return [...found.values()];
}

/** Paths as text, each with its strongest reason. */
function files(side: Side, title: string, paths: readonly number[]): HTMLElement {
  return section(
    `${title}: ${paths.length}`,
    paths.length > 200 ? 'The 200 largest.' : null,
    table(
      title,
      ['path', 'size', 'why'],
      paths.slice(0, 200).map((index) => [h('code', {}, side.path(index)), bytes(side.size(index)), side.reasons(index)[0]?.text ?? '']),
      [2],
    ),
  );
}
