import { beforeAll, expect, it } from 'vitest';
import { mayBeElf } from '../../src/elf/reader.js';
import { LibrarySearch } from '../../src/elf/search.js';
import { DockerEngine } from '../../src/engines/docker/docker.js';
import { Helper } from '../../src/guest/helper.js';
import { environmentOf } from '../../src/images/config.js';
import { buildImage, describeWithEngine } from '../support/engine.js';

/** Libraries from a real linker, one for each way to find a library. Built in the full image, because it has a compiler. */
const ZOO = `FROM pyshrink-base/official-python:3.13
WORKDIR /zoo
RUN set -eux; lib() { mkdir -p "$(dirname "$1")"; out=$1; shift; echo "int f_$RANDOM_NAME(void){return 0;}" > x.c; cc -shared -fPIC -o "$out" x.c "$@"; }; \\
    RANDOM_NAME=a; lib origin/app.libs/liba.so -Wl,-soname,liba.so; \\
    RANDOM_NAME=m; lib origin/mod.so -Wl,-rpath,'$ORIGIN/app.libs',--enable-new-dtags,--no-as-needed -Lorigin/app.libs -la; \\
    RANDOM_NAME=c; lib chain/deep/libc1.so -Wl,-soname,libc1.so; \\
    RANDOM_NAME=b; lib chain/deep/libb1.so -Wl,-soname,libb1.so,--no-as-needed -Lchain/deep -lc1; \\
    RANDOM_NAME=r; lib chain/rpath.so -Wl,-rpath,/zoo/chain/deep,--disable-new-dtags,--no-as-needed -Lchain/deep -Wl,-rpath-link,chain/deep -lb1; \\
    RANDOM_NAME=u; lib chain/runpath.so -Wl,-rpath,/zoo/chain/deep,--enable-new-dtags,--no-as-needed -Lchain/deep -Wl,-rpath-link,chain/deep -lb1; \\
    RANDOM_NAME=n; lib noname/libnoname.so; \\
    RANDOM_NAME=p; lib noname/user.so -Wl,-rpath,/zoo/noname,--no-as-needed -Lnoname -lnoname; \\
    RANDOM_NAME=q; lib noname/path.so -Wl,--no-as-needed noname/libnoname.so; \\
    RANDOM_NAME=s; lib script/real/libs.so -Wl,-soname,libs.so; mkdir script/bad; echo 'INPUT(real/libs.so)' > script/bad/libs.so; \\
    RANDOM_NAME=v; lib script/misled.so -Wl,-rpath,/zoo/script/bad:/zoo/script/real,--no-as-needed -Lscript/real -ls; \\
    RANDOM_NAME=t; lib script/user.so -Wl,-rpath,/zoo/script/real,--no-as-needed -Lscript/real -ls; \\
    RANDOM_NAME=h; lib hw/lib/libhw.so -Wl,-soname,libhw.so; for level in v2 v3 v4; do mkdir -p hw/lib/glibc-hwcaps/x86-64-$level; cp hw/lib/libhw.so hw/lib/glibc-hwcaps/x86-64-$level/; done; \\
    RANDOM_NAME=i; lib hw/user.so -Wl,-rpath,/zoo/hw/lib,--no-as-needed -Lhw/lib -lhw; \\
    RANDOM_NAME=d; lib conf/libconf.so -Wl,-soname,libconf.so; echo /zoo/conf > /etc/ld.so.conf.d/zoo.conf; ldconfig; \\
    RANDOM_NAME=e; lib user.so -Wl,--no-as-needed -Lconf -lconf; \\
    RANDOM_NAME=l; mkdir -p real && lib real/liblink.so.1.0 -Wl,-soname,liblink.so.1 && mkdir linked && ln -s ../real/liblink.so.1.0 linked/liblink.so.1 && ln -s liblink.so.1 linked/liblink.so; \\
    RANDOM_NAME=k; lib link.so -Wl,-rpath,/zoo/linked,--no-as-needed -Llinked -llink; \\
    chmod -x origin/mod.so
CMD ["python3", "-V"]
`;

describeWithEngine("our library search agrees with the image's own loader", () => {
  let zoo: string;
  beforeAll(async () => {
    zoo = await buildImage(ZOO);
  });

  it.each([
    ['made-up libraries', () => zoo, /^\/zoo\//, 11],
    ['scientific wheels', () => 'pyshrink-fixture/science', /site-packages|lib-dynload/, 300],
    ['wheels that bundle libraries', () => 'pyshrink-fixture/psycopg2', /site-packages/, 15],
    ["Debian's programs and libraries", () => 'pyshrink-fixture/wrapper', /^\/usr\/(bin|lib)\//, 500],
  ])('%s', async (_, image, among, least) => {
    const engine = await DockerEngine.open();
    const session = await engine.openSession();
    try {
      const info = await engine.inspect(image());
      const helper = await Helper.start(session, info);
      const fs = await helper.rootFs();
      const search = await LibrarySearch.open(fs, environmentOf(info.config.Env));
      const files: string[] = [];
      for (const entry of fs.entries.values()) {
        if (entry.type !== 'f' || !among.test(entry.path) || !mayBeElf(entry.path, entry.mode)) continue;
        if ((await search.elf(entry.path))?.needed.length) files.push(entry.path);
      }
      expect(files.length).toBeGreaterThanOrEqual(least);
      const told = await helper.askLoader(files);
      const real = (path: string) => fs.resolve(path)?.path ?? path;
      for (const file of files) {
        const { objects, missing } = await search.closure(file);
        const answer = Object.entries(told[file] ?? {});
        // The loader stops at the first missing library and prints no libraries at all.
        expect([file, missing.length > 0]).toEqual([file, answer.length === 0]);
        if (answer.length === 0) continue;
        const found = answer.flatMap(([name, path]) => (path === null || name.includes('ld-linux') ? [] : [real(path)]));
        const ours = objects.slice(1).filter(({ elf }) => !/^ld-linux/.test(elf.soname ?? ''));
        // The loader chooses the variant for this computer's CPU. Our search finds the general library and every variant.
        const alternatives = ours.map((object) => [object.resolved.path, ...object.variants.map(real)]);
        expect([file, found.filter((path) => !alternatives.some((list) => list.includes(path)))]).toEqual([file, []]);
        expect([file, alternatives.filter((list) => !list.some((path) => found.includes(path)))]).toEqual([file, []]);
      }
    } finally {
      await session.close();
    }
  });
});
