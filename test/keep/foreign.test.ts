import { expect, it } from 'vitest';
import { makeElf } from '../support/elf.js';
import { distribution, kept, SITE } from '../support/keptapp.js';
import { describeWithPython } from '../support/probes.js';
import { windowsProgram, withMagic } from '../support/programs.js';

const elf = (machine: number) => makeElf({ machine, interpreter: '/lib64/ld.so' });

describeWithPython('programs that a distribution carries for other systems', () => {
  it('are left out, also those for other processors; not those of .NET', async () => {
    const files = {
      'driver/__init__.py': 'HERE = "here"\n',
      'driver/windows.exe': windowsProgram(),
      'driver/bridge.dll': windowsProgram(true),
      'driver/macos': withMagic(0xcffaedfe),
      'driver/here': elf(62),
      'driver/arm': elf(183),
    };
    const nodes = distribution('driver', files);
    for (const name of ['macos', 'here', 'arm'])
      nodes[`${SITE}/driver/${name}`] = { text: files[`driver/${name}` as keyof typeof files], mode: 0o755 };
    const { has, python } = await kept({ '/app/app.py': 'import driver\n', ...nodes, '/usr/bin/python3': { text: elf(62), mode: 0o755 } });
    expect([...(python?.foreign.keys() ?? [])].map((path) => path.slice(`${SITE}/driver/`.length))).toEqual([
      'windows.exe',
      'macos',
      'arm',
    ]);
    expect(Object.keys(files).filter((name) => has(`${SITE}/${name}`))).toEqual(['driver/__init__.py', 'driver/bridge.dll', 'driver/here']);
  });
});
