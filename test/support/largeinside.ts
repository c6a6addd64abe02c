import type { Reason } from '../../src/keep/reason.js';
import type { Inside } from '../../src/report/inside.js';
import type { KeepReport } from '../../src/workspace/keepreport.js';
import { SITE, smallImage } from './inside.js';
import { Seeded } from './madeup.js';

/** Of all paths, those that are kept, and of those the programs. */
const [KEPT, PROGRAMS] = [0.4, 0.02];

/**
 * The small image with so many made-up paths of 150 distributions and 150 packages beside it. Each kept path has up to three
 * reasons, which hang on earlier kept paths. The same seed gives the same image.
 */
export function largeImage(count: number, seed = 1): Inside & { made: NonNullable<Inside['made']> } {
  const random = new Seeded(seed);
  const inside = smallImage() as ReturnType<typeof largeImage>;
  const { trace, made } = inside;
  const { keep } = made;
  const first = keep.owners.length;
  for (let index = 0; index < 300; index++) {
    const kind = index < 150 ? 'distribution' : 'package';
    keep.owners.push({ kind, name: `${kind}-${index}`, version: '1.0' });
  }
  const earlier = ['/app/app.py'];
  const pick = () => earlier[random.whole(0, earlier.length - 1)] as string;
  for (let index = 0; index < count; index++) {
    const owner = first + random.whole(0, 299);
    const isPython = owner < first + 150;
    const isProgram = !isPython && random.next() < PROGRAMS / (KEPT / 2);
    const name = `${random.of('abcdefghij', 3)}/module_${index}`;
    const path = isPython ? `${SITE}/d${owner}/${name}.py` : isProgram ? `/usr/bin/program-${index}` : `/usr/lib/p${owner}/${name}.so`;
    const size = random.whole(100, 60_000);
    if (random.next() > KEPT) {
      keep.omitted[path] = { size, because: random.whole(0, keep.omissions.length - 1), owner };
      continue;
    }
    const reasons = Array.from(
      { length: random.whole(1, 3) },
      (): Reason =>
        isPython
          ? { rule: 'python', kind: 'import', module: 'm', line: random.whole(1, 900), parents: [pick()] }
          : { rule: 'elf', kind: 'needed', parents: [pick()] },
    );
    keep.kept[path] = {
      type: 'f',
      size,
      layer: isPython ? 'distributions' : 'system',
      owner,
      reasons,
      ...(isProgram && { program: true }),
    };
    earlier.push(path);
    trace.observations.push({ kind: 'open', path, process: 0 });
  }
  keep.totals = totalsOf(keep);
  made.result.size = keep.totals.kept.bytes + 'libpq.so.5.15'.length;
  return inside;
}

/** The sums that keep.json has. */
function totalsOf({ kept, omitted }: Pick<KeepReport, 'kept' | 'omitted'>): KeepReport['totals'] {
  const amount = (all: readonly { size: number }[]) => ({ files: all.length, bytes: all.reduce((sum, { size }) => sum + size, 0) });
  const files = Object.values(kept).filter(({ type }) => type === 'f');
  const layer = (name: (typeof files)[number]['layer']) => amount(files.filter((one) => one.layer === name));
  return {
    original: amount([...files, ...Object.values(omitted)]),
    kept: amount(files),
    omitted: amount(Object.values(omitted)),
    stripped: { files: 0, bytes: 0 },
    layers: { system: layer('system'), python: layer('python'), distributions: layer('distributions'), app: layer('app') },
  };
}
