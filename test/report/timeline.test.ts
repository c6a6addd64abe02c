import { expect, it } from 'vitest';
import { buildReport, contentsOf } from '../../src/report/build.js';
import { reportLines } from '../../src/report/lines.js';
import { pageData } from '../../src/report/pagedata.js';
import { timelineOf } from '../../src/report/timeline.js';
import { SITE, smallImage } from '../support/inside.js';

const START = 1_700_000_000_000;

/** The small image, with paths that were seen at some milliseconds of the run. Its one step took from 100 to 300. */
function timed(seen: Record<string, number>, offset = 0) {
  const inside = smallImage();
  const [run] = inside.trace.runs;
  return {
    ...inside,
    trace: {
      ...inside.trace,
      runs: [
        {
          ...(run as NonNullable<typeof run>),
          times: { start: START, listened: START + 100, steps: [[START + 10, START + 300] as [number, number]] },
        },
      ],
      observations: Object.entries(seen).map(([path, at]) => ({ kind: 'open' as const, path, process: 0, at: START + at + offset })),
    },
  };
}

const SEEN = {
  '/usr/bin/python3': -50,
  '/app/app.py': 20,
  [`${SITE}/pg/__init__.py`]: 150,
  '/usr/lib/libpq.so.5': 160,
  '/app/more.py': 400,
};

it('says what each step brought in: the start until the app listens, the steps, and the end', () => {
  const { steps } = timelineOf(timed(SEEN), contentsOf(timed(SEEN)));
  expect(steps.map(({ label, from, to, brought }) => [label, from, to, brought?.bytes])).toEqual([
    ['start', 0, 0.1, 5010],
    ['GET /', 0.1, 0.3, 740],
    ['end', 0.3, null, 20],
  ]);
  // A link counts as what it leads to.
  expect(steps[1]?.largest).toEqual([
    { thing: 'package', name: 'libpq5', version: '15.3', brought: { files: 1, bytes: 700 } },
    { thing: 'distribution', name: 'pg', version: '3.1', brought: { files: 1, bytes: 40 } },
  ]);
});

it('counts a path at its first use only', () => {
  const inside = timed(SEEN);
  inside.trace.observations.push({ kind: 'open', path: '/app/app.py', process: 0, at: START + 200 });
  expect(timelineOf(inside, contentsOf(inside)).firstUse.get('/app/app.py')).toBe(0);
});

it('names the step of each path for the page', () => {
  const { paths, report } = pageData(timed(SEEN));
  const stepOf = (path: string) => report.timeline[paths.step[paths.path.indexOf(path)] as number]?.label;
  expect([stepOf(`${SITE}/pg/__init__.py`), stepOf('/app/more.py'), stepOf('/app/model.bin')]).toEqual(['GET /', 'end', undefined]);
});

it('says nothing about a run whose clock is another one, or has no times', () => {
  for (const inside of [timed(SEEN, 3_600_000), timed(SEEN, -3_600_000), smallImage()]) {
    const { timeline } = buildReport(inside);
    expect(timeline.every(({ brought }) => brought === null)).toBe(true);
  }
  expect(buildReport(smallImage()).timeline.map(({ label }) => label)).toEqual(['GET /']);
  expect(reportLines(buildReport(timed(SEEN)))).toContain('  GET /: 200; used for the first time: 2 files, 740 B');
});
