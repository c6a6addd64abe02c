import { describe, expect, it } from 'vitest';
import { excluded } from '../../src/keep/user.js';
import { buildReport } from '../../src/report/build.js';
import { highlights } from '../../src/report/highlights.js';
import { reportLines } from '../../src/report/lines.js';
import { reportMarkdown } from '../../src/report/markdown.js';
import { Report } from '../../src/report/model.js';
import { pageData } from '../../src/report/pagedata.js';
import { SITE, smallImage } from '../support/inside.js';

const report = buildReport(smallImage());
const sum = (all: readonly { bytes: number }[]) => all.reduce((total, { bytes }) => total + bytes, 0);

describe('a report', () => {
  it('is what its schema describes', () => {
    expect(Report.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });

  it('has sizes that agree with each other to the byte', () => {
    const { sizes, kinds, layers } = report;
    expect(sizes.before.merged?.bytes).toBe(sum(kinds.map(({ before }) => before)));
    expect(sizes.after?.merged.bytes).toBe(sum(kinds.map(({ after }) => after)));
    expect(sizes.after?.merged.bytes).toBe(sum(layers.after));
    expect(sizes.after?.layers).toBe((sizes.after?.merged.bytes ?? 0) + (sizes.after?.links ?? 0));
    expect(sizes.after?.merged.files).toBe(layers.after.reduce((files, layer) => files + layer.files, 0));
  });

  it('tells code, data, distributions, the interpreter and the operating system apart', () => {
    expect(Object.fromEntries(report.kinds.map(({ kind, after }) => [kind, after.bytes]))).toEqual({
      system: 2760,
      python: 5300,
      distribution: 440,
      app: 30,
      data: 1000,
    });
    expect(report.distributions.map(({ name, before, after }) => [name, before.bytes, after.bytes])).toEqual([
      ['idle', 9000, 0],
      ['pg', 490, 440],
    ]);
    expect(report.packages.map(({ name, version, after }) => [name, version, after.bytes])).toEqual([
      ['libc6', '2.36', 2000],
      ['libpq5', '15.3', 700],
      ['git', null, 0],
    ]);
  });

  it("counts another Python, as Debian's beside one that was compiled, as part of the operating system", () => {
    const inside = smallImage();
    const { keep } = inside.made as NonNullable<typeof inside.made>;
    keep.omitted['/usr/lib/python3/dist-packages/hg/hg.py'] = { size: 7000, because: 3, owner: 4 };
    const bytesOf = (name: 'system' | 'python') => buildReport(inside).kinds.find(({ kind }) => kind === name)?.before.bytes ?? 0;
    const ofSystem = bytesOf('system');
    expect(buildReport(inside).packages.find(({ name }) => name === 'git')?.before.bytes).toBe(7610);
    // Where the app's own Python is Debian's, it is the interpreter.
    const python = keep.kept['/usr/bin/python3'] as (typeof keep.kept)[string];
    keep.kept['/usr/bin/python3'] = { ...python, owner: 1 };
    expect(bytesOf('system')).toBe(ofSystem - 7000);
  });

  it('says of each large thing why it is kept, who needs it, and what leaving it out would save', () => {
    const pg = report.largest.find(({ name }) => name === 'pg');
    expect(pg).toMatchObject({
      kept: { files: 2, bytes: 440 },
      saves: 1140,
      exclude: `--exclude ${SITE}/pg --exclude '/usr/lib/{libpq.so.5,libpq.so.5.15}'`,
      neededBy: ['/app/app.py'],
      needs: 1,
    });
    expect(pg?.chain.map(({ path, file, line }) => [path, file, line])).toEqual([
      [`${SITE}/pg/__init__.py`, '/app/app.py', 3],
      ['/app/app.py', null, null],
    ]);
    for (const name of ['python', 'libc6']) expect(report.largest.find((one) => one.name === name)?.exclude).toBeNull();
  });

  it('has options that leave out just what it says, also for names that are globs', () => {
    const { made } = smallImage();
    const kept = made?.keep.kept ?? {};
    for (const { exclude, saves, name } of report.largest) {
      if (exclude === null) continue;
      const globs = exclude.split('--exclude ').flatMap((part) => (part === '' ? [] : [part.trim().replace(/^'|'$/g, '')]));
      const gone = excluded(Object.keys(kept), { include: [], exclude: globs });
      expect([name, gone.reduce((bytes, path) => bytes + (kept[path]?.size ?? 0), 0)]).toEqual([name, saves]);
    }
    expect(report.largest.find(({ name }) => name === '/usr/bin/[')?.exclude).toBe("--exclude '/usr/bin/\\['");
  });

  it('says of a package that the interpreter needs just that, also where other code reaches a part of it', () => {
    const inside = smallImage();
    const { kept } = (inside.made as NonNullable<typeof inside.made>).keep;
    const libc = kept['/usr/lib/libc.so.6'] as (typeof kept)[string];
    kept['/usr/lib/libanl.so.1'] = { ...libc, reasons: [{ rule: 'elf', kind: 'needed', parents: [`${SITE}/pg/_pg.so`] }] };
    const package_ = buildReport(inside).largest.find(({ name }) => name === 'libc6');
    expect(package_?.chain.map(({ path }) => path)).toEqual(['/usr/lib/libc.so.6', '/usr/bin/python3']);
  });

  it('lists programs with who names them, what nearly came in, and the largest cuts', () => {
    expect(report.programs.map(({ path, by }) => [path, by])).toEqual([
      ['/usr/bin/python3', null],
      ['/usr/bin/[', '/app/app.py'],
    ]);
    expect(report.nearly).toMatchObject([{ name: '/usr/bin/git', omitted: { bytes: 800 }, include: '--include /usr/bin/git' }]);
    expect(report.cuts.map(({ name, omitted, include }) => [name, omitted.bytes, include])).toEqual([
      ['idle', 9000, `--include ${SITE}/idle/__init__.py`],
      ['git', 610, '--include /usr/bin/git --include /usr/share/doc/git'],
      ['pg', 50, `--include ${SITE}/pg/test_pg.py`],
    ]);
  });

  it('passes over links that a damaged keep.json has and no path is', () => {
    const inside = smallImage();
    const { made } = inside as typeof inside & { made: NonNullable<typeof inside.made> };
    const keep = { ...made.keep, links: { ...made.keep.links, '/nowhere': 'libpq.so.5', '': '/' } };
    expect(buildReport({ ...inside, made: { ...made, keep } })).toEqual(report);
  });

  it('says which modules of the app ran', () => {
    expect(report.coverage).toMatchObject({ modules: { all: 2, ran: 1 }, functions: null });
    expect(report.coverage.own.map(({ name, ran }) => [name, ran])).toEqual([
      ['app', true],
      ['/app/more.py', false],
    ]);
  });

  it('says which functions ran, where they were measured', () => {
    const inside = smallImage();
    const functions = [
      { name: 'called', line: 3, ran: true },
      { name: 'A.missed', line: 7, ran: false },
    ];
    inside.trace.own = [
      { path: '/app/app.py', ran: true, functions },
      { path: '/app/more.py', ran: false, functions: [{ name: 'f', line: 1, ran: false }] },
      { path: '/app/unreadable.py', ran: false, functions: null },
    ];
    const measured = buildReport(inside);
    expect(measured.coverage).toMatchObject({ modules: { all: 3, ran: 1 }, functions: { all: 3, ran: 1 } });
    expect(measured.coverage.own[0]).toMatchObject({ name: 'app', functions: { all: 2, ran: 1, missed: [{ name: 'A.missed', line: 7 }] } });
    const text = reportLines(measured);
    expect(text).toContain("  1 of 3 modules of the app's own code ran; functions: 1 of 3");
    expect(text.filter((line) => line.includes('was not called'))).toEqual(['  was not called: A.missed (/app/app.py:7)']);
    expect(highlights(measured)).toContain(
      "of the app's own code, 1 of 3 modules ran and 1 of 3 functions; not /app/more.py, /app/unreadable.py",
    );
    const traced = buildReport({ ...inside, made: undefined, check: undefined });
    expect(traced.coverage).toEqual(measured.coverage);
    expect(reportLines(traced)).toContain("  1 of 3 modules of the app's own code ran; functions: 1 of 3");
  });

  it('does not count the files from which the app was installed', () => {
    const inside = smallImage();
    const own = (path: string, ran = false) => ({ path, ran, functions: null });
    const installed = '/usr/local/lib/python3.13/site-packages/shop';
    inside.trace.own = [
      own(`${installed}/views.py`, true),
      own(`${installed}/jobs.py`),
      own('/src/shop/views.py'),
      own('/src/shop/jobs.py'),
      own('/src/tools/jobs.py'),
      own('/app/shop/views.py', true),
    ];
    expect(buildReport(inside).coverage.own.map(({ path }) => path)).toEqual([
      `${installed}/views.py`,
      `${installed}/jobs.py`,
      '/src/tools/jobs.py',
      '/app/shop/views.py',
    ]);
  });

  it('shows steps without their secrets', () => {
    expect(report.timeline).toMatchObject([{ label: 'GET /', outcome: '200' }]);
    const { timeline, largest, programs } = report;
    expect(JSON.stringify({ timeline, largest, programs })).not.toContain('secret');
  });

  it('has the layers of the original and the repairs in every form', () => {
    expect(report.layers.before).toHaveLength(2);
    const lines = reportLines(report).join('\n');
    expect(lines).toContain('Layers of the original\n    10.0 kB  COPY . /\n    20.0 kB  RUN pip install pg\n');
    expect(lines).toContain('Repairs\n  /app/model.bin: the shrunk image looked it up and did not find it\n');
    expect(report.repairs).toEqual([{ path: '/app/model.bin', text: 'the shrunk image looked it up and did not find it' }]);
    expect(pageData(smallImage()).report).toMatchObject({ repairs: report.repairs, layers: report.layers });
  });

  it('says where the image got no name', () => {
    const inside = smallImage();
    (inside.made as NonNullable<typeof inside.made>).result.named = false;
    expect(buildReport(inside).shrunk?.named).toBe(false);
    expect(reportLines(buildReport(inside))[0]).toBe('x (linux/amd64) and x-shrunk (which got no name), at the level reachable');
    expect([report.shrunk?.named, reportLines(report)[0]]).toEqual([true, 'x (linux/amd64) and x-shrunk, at the level reachable']);
  });

  it('about a trace alone has what the trace knows', () => {
    const traced = buildReport({ ...smallImage(), made: undefined, check: undefined });
    expect(Report.parse(traced)).toMatchObject({ shrunk: null, sizes: { after: null }, largest: [], comparison: null });
    expect(reportLines(traced)[0]).toBe('x (linux/amd64): traced, not assembled');
  });
});

describe('as text', () => {
  const text = reportLines(report).join('\n');

  it('shows the chain of reasons with file and line', () => {
    expect(text).toContain(`${SITE}/pg/__init__.py: imported at line 3 of app (/app/app.py:3)`);
  });

  it('says what was compared, and what was not measured', () => {
    expect(text).toContain('behaves like the original: 1 answer compared, 7 static checks');
    expect(text).toContain('functions: not measured');
    expect(text).toContain('did not run: /app/more.py');
  });

  it('has at most ten most useful lines', () => {
    const lines = highlights(report);
    expect(lines.length).toBeLessThanOrEqual(10);
    expect(lines).toContain(`why libc6: /usr/bin/python3 → lib/libc.so.6: a library that a kept file needs (DT_NEEDED)`);
    expect(lines).toContain('cut: idle 2 9.0 kB, git (package) 610 B, pg 3.1 50 B');
    expect(lines).toContain("of the app's own code, 1 of 2 modules ran; not /app/more.py");
  });
});

describe('a budget', () => {
  const size = report.sizes.after?.layers ?? 0;

  it.each([
    [{}, null],
    [{ maxSize: size, maxFiles: 10 }, false],
    [{ maxSize: size - 1 }, true],
    [{ maxFiles: 9 }, true],
  ])('%j: exceeded is %j', (limits, exceeded) => {
    expect(buildReport(smallImage(), limits).budget?.exceeded ?? null).toBe(exceeded);
  });

  it('names what takes most of it', () => {
    expect(buildReport(smallImage(), { maxSize: 1 }).budget?.culprits[0]).toMatchObject({ name: 'python', kept: { bytes: 5300 } });
    expect(buildReport(smallImage(), { maxFiles: 1 }).budget?.culprits[0]?.kept.files).toBe(2);
    expect(highlights(buildReport(smallImage(), { maxSize: 1 }))).toContain('EXCEEDED: 9.5 kB of 1 B');
  });
});

describe('as Markdown', () => {
  it('begins with the marker by which a comment is found again', () => {
    expect(reportMarkdown(report)[0]).toBe('<!-- pyshrink report of x -->');
    const image = { ...report.image, reference: 'a--b-->c' };
    expect(reportMarkdown({ ...report, image })[0]).toBe('<!-- pyshrink report of a_b__c -->');
  });

  it('shows hostile names as plain text in one row', () => {
    const inside = smallImage();
    const name = '/app/a`b|c<img src=x onerror=alert(1)>\n@everyone `` **x**.bin';
    (inside.made as NonNullable<typeof inside.made>).keep.kept[name] = {
      type: 'f',
      size: 99999,
      layer: 'app',
      reasons: [{ rule: 'python', kind: 'own-data', parents: [] }],
    };
    const row = reportMarkdown(buildReport(inside)).find((line) => line.includes('onerror'));
    expect(row).toBe(
      "| 0.1 MB | ```/app/a`b\\|c<img src=x onerror=alert(1)> @everyone `` **x**.bin``` | `a file beside the app's own code` |",
    );
  });
});

describe('the data of the page', () => {
  const { paths, reasons, answers, owners, report: inner } = pageData(smallImage());

  it('has each path once, with sizes that sum up to those of the report', () => {
    const bytes = (kept: boolean) =>
      paths.size.reduce((total, size, index) => total + (reasons[paths.reasons[index]?.[0] ?? -1]?.kept === kept ? size : 0), 0);
    expect(new Set(paths.path).size).toBe(paths.path.length);
    expect(bytes(true)).toBe(inner.sizes.after?.merged.bytes);
    expect(bytes(true) + bytes(false)).toBe(inner.sizes.before.merged?.bytes);
    for (const column of Object.values(paths)) expect(column).toHaveLength(paths.path.length);
  });

  it('leads from a path to its parents by index', () => {
    const at = paths.path.indexOf(`${SITE}/pg/_pg.so`);
    const reason = reasons[paths.reasons[at]?.[0] ?? -1];
    expect(reason).toMatchObject({ kept: true, reason: 'python/import', line: 1 });
    expect(reason?.parents.map((parent) => paths.path[parent])).toEqual([`${SITE}/pg/__init__.py`]);
    expect(owners[paths.owner[at] as number]?.name).toBe('pg');
  });

  it('has the answers of both images, with what varied', () => {
    expect(answers.map(({ label }) => label)).toEqual(['GET /', 'app']);
    expect(answers[0]?.fields.find(({ name }) => name === 'body')).toEqual({
      name: 'body',
      originals: ['hello'],
      shrunk: 'hello',
      varied: ['line 1'],
      differs: false,
    });
  });
});
