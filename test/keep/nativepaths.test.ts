import { expect, it } from 'vitest';
import { MOST_BYTES } from '../../src/keep/data/costs.js';
import { makeElf } from '../support/elf.js';
import { kept } from '../support/keptapp.js';

const LIB = '/usr/lib/x86_64-linux-gnu';
const native = (soname: string, ...strings: string[]) => ({
  text: makeElf({ soname, sections: { '.rodata': Buffer.from(strings.map((text) => `${text}\0`).join('')) } }),
});

it('files that native code names by their full paths are kept where they are cheap', async () => {
  const { has, costly } = await kept(
    {
      [`${LIB}/libtool.so.1`]: native('libtool.so.1', '/etc/tool.conf', '/usr/share/tool/data', '/usr/share/tool/all', '/etc/absent'),
      '/etc/tool.conf': { link: 'alternatives/tool.conf' },
      '/etc/alternatives/tool.conf': '',
      '/usr/share/tool/data': '',
      '/usr/share/tool/other': '',
      '/usr/share/tool/all': Buffer.alloc(MOST_BYTES.call + 1),
    },
    { observations: [`map ${LIB}/libtool.so.1`] },
  );
  expect(['/etc/tool.conf', '/etc/alternatives/tool.conf', '/usr/share/tool/data'].filter((path) => !has(path))).toEqual([]);
  expect(has('/usr/share/tool/other')).toBe(false);
  expect(has('/usr/share/tool/all')).toBe(false);
  expect(costly.map(({ path }) => path)).toEqual(['/usr/share/tool/all']);
});

it('of programs, those of the same package; of what the C library names too, what its table says', async () => {
  const program = { text: '', mode: 0o755 };
  const { has } = await kept(
    {
      [`${LIB}/libtool.so.1`]: native('libtool.so.1', '/usr/libexec/helper', '/usr/libexec/other', '/etc/shells'),
      [`${LIB}/libc.so.6`]: native('libc.so.6', '/etc/shells'),
      '/usr/libexec/helper': program,
      '/usr/libexec/other': program,
      '/etc/shells': '',
      '/var/lib/dpkg/info/tool.list': `${LIB}/libtool.so.1\n/usr/libexec/helper\n`,
      '/var/lib/dpkg/info/others.list': '/usr/libexec/other\n',
    },
    { observations: [`map ${LIB}/libtool.so.1`] },
  );
  expect(['/usr/libexec/helper', '/usr/libexec/other', '/etc/shells'].filter(has)).toEqual(['/usr/libexec/helper']);
});
