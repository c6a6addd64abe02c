import { describe, expect, it } from 'vitest';
import { computeKeepSet } from '../../src/keep/compute.js';
import { MOST_BYTES } from '../../src/keep/data/costs.js';
import type { GpuTarget } from '../../src/keep/data/gpu.js';
import { costlyLines } from '../../src/report/costly.js';
import { gpuLines } from '../../src/report/gpu.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { type ElfSpec, makeElf } from '../support/elf.js';
import { makeTrace } from '../support/keep.js';
import { makeTree, type Node } from '../support/tree.js';

const LIB = '/usr/lib/x86_64-linux-gnu';
const strings = (...texts: string[]) => Buffer.from(texts.map((text) => `${text}\0`).join(''));
const library = (spec: ElfSpec = {}, bytes = 0): Node => ({ text: Buffer.concat([makeElf({ needed: [], ...spec }), Buffer.alloc(bytes)]) });
const opener = (...names: string[]) => library({ soname: 'libopener.so', sections: { '.rodata': strings(...names) } });
const LARGE = MOST_BYTES.call + 1;

async function kept(nodes: Record<string, Node>, targetGpu?: GpuTarget, seen: string[] = []) {
  const fs = makeTree({ '/usr/bin/python3': { text: '', mode: 0o755 }, '/usr/lib/python3.13/os.py': '', '/app/app.py': '', ...nodes });
  const observations = ['open /app/app.py', `map ${LIB}/libopener.so`, ...seen.map((name) => `map ${LIB}/${name}`)];
  const { keep, costly, gpu } = await computeKeepSet({
    fs,
    trace: makeTrace(observations, { python: LAYOUT, modules: { __main__: '/app/app.py' } }),
    config: { WorkingDir: '/app' },
    env: [],
    commands: [['/usr/bin/python3', 'app.py']],
    choice: { include: [], exclude: [] },
    level: 'reachable',
    ...(targetGpu && { targetGpu }),
    analyst: analystOver(fs),
  });
  const names = [...keep.reasons.keys()].filter((path) => path.startsWith(`${LIB}/`)).map((path) => path.slice(LIB.length + 1));
  return { names: names.filter((name) => name !== 'libopener.so').sort(), lines: [...costlyLines(costly), ...gpuLines({ keep, gpu }, fs)] };
}

describe('a library whose name is in a kept ELF file', () => {
  it('is kept where it is cheap, and with a version that its name lacks', async () => {
    const nodes = { [`${LIB}/libopener.so`]: opener('libsmall.so.1', 'libplain.so', 'liblarge.so'), [`${LIB}/libsmall.so.1`]: library() };
    const more = {
      [`${LIB}/libplain.so.24.0git`]: library(),
      [`${LIB}/liblarge.so`]: library({}, LARGE),
      [`${LIB}/libother.so`]: library(),
    };
    const { names, lines } = await kept({ ...nodes, ...more });
    expect(names).toEqual(['libplain.so.24.0git', 'libsmall.so.1']);
    expect(lines).toEqual([expect.stringMatching(/^libopener\.so opens liblarge\.so of 3\.7 MB that was not seen/)]);
  });

  it('is kept with a library that nobody has seen in use only where it costs next to nothing', async () => {
    const nodes = {
      [`${LIB}/libopener.so`]: opener('libfirst.so'),
      [`${LIB}/libfirst.so`]: library({ needed: ['libneeded.so'], sections: { '.rodata': strings('libtiny.so', 'libmiddle.so') } }),
      [`${LIB}/libneeded.so`]: library({ soname: 'libneeded.so', sections: { '.rodata': strings('libother.so') } }),
      [`${LIB}/libtiny.so`]: library(),
      [`${LIB}/libmiddle.so`]: library({}, MOST_BYTES.name),
      [`${LIB}/libother.so`]: library({}, MOST_BYTES.name),
    };
    const { names, lines } = await kept(nodes);
    expect(names).toEqual(['libfirst.so', 'libneeded.so', 'libtiny.so']);
    expect(lines).toHaveLength(2);
    expect((await kept(nodes, 'any', ['libfirst.so'])).names).toEqual([
      'libfirst.so',
      'libmiddle.so',
      'libneeded.so',
      'libother.so',
      'libtiny.so',
    ]);
  });

  it('is left out where it is opened only when a computer starts', async () => {
    const nodes = {
      [`${LIB}/libopener.so`]: library({ soname: 'libopener.so', needed: ['libselinux.so.1'] }),
      [`${LIB}/libsepol.so.2`]: library(),
    };
    const selinux = library({ soname: 'libselinux.so.1', sections: { '.rodata': strings('libsepol.so.2') } });
    const { names, lines } = await kept({ ...nodes, [`${LIB}/libselinux.so.1`]: selinux });
    expect([names, lines]).toEqual([['libselinux.so.1'], []]);
  });

  it('is left out where it is a client of a display server, and there is no display', async () => {
    const nodes = { [`${LIB}/libopener.so`]: opener('libX11.so.6', 'libsmall.so.1'), [`${LIB}/libsmall.so.1`]: library() };
    expect((await kept({ ...nodes, [`${LIB}/libX11.so.6`]: library() })).names).toEqual(['libsmall.so.1']);
  });

  it('is kept whatever it costs where a run opened another one of the folder', async () => {
    const nodes = {
      [`${LIB}/libopener.so`]: opener('libk_a.so', 'libk_b.so'),
      [`${LIB}/libk_a.so`]: library(),
      [`${LIB}/libk_b.so`]: library({}, LARGE),
    };
    expect((await kept(nodes, 'any', ['libk_a.so'])).names).toEqual(['libk_a.so', 'libk_b.so']);
  });
});

describe('--target-gpu', () => {
  const set = {
    [`${LIB}/libopener.so`]: opener('libgpu.so'),
    [`${LIB}/libgpu.so`]: library({ needed: ['libcuda.so.1'] }, LARGE),
    [`${LIB}/libpartner.so`]: library({ sections: { '.rodata': strings('libgpu.so') } }, LARGE),
  };

  it('any keeps what is opened for a GPU and says what none saves; nvidia keeps its set; none leaves it out', async () => {
    const any = await kept(set, 'any');
    expect(any.names).toEqual(['libgpu.so']);
    expect(any.lines).toEqual([expect.stringMatching(/^libraries that only a GPU needs take 3\.7 MB: --target-gpu none/)]);
    expect((await kept(set, 'nvidia')).names).toEqual(['libgpu.so', 'libpartner.so']);
    const none = await kept(set, 'none');
    expect(none.names).toEqual([]);
    expect(none.lines).toEqual([expect.stringMatching(/^1 library for GPUs \(3\.7 MB\) left out/)]);
  });

  it('none keeps what a run used', async () => {
    expect((await kept(set, 'none', ['libgpu.so'])).names).toEqual(['libgpu.so']);
  });

  it('code for a GPU is known by its section', async () => {
    const nodes = { ...set, [`${LIB}/libgpu.so`]: library({ sections: { '.nv_fatbin': Buffer.from('x') } }, LARGE) };
    expect((await kept(nodes, 'any')).names).toEqual(['libgpu.so']);
    expect((await kept(nodes, 'none')).names).toEqual([]);
  });
});
