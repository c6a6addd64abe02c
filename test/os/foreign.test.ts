import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HEAD, isForeignProgram } from '../../src/os/foreign.js';
import { makeElf } from '../support/elf.js';
import { windowsProgram, withMagic } from '../support/programs.js';

const X86_64 = 62;
const AARCH64 = 183;
const S390 = 22;

it.each([
  ['a program of Windows', windowsProgram(), true],
  ['one of 32 bits', windowsProgram(false, false), true],
  ['one of .NET, which runs anywhere', windowsProgram(true), false],
  ['one of .NET of 32 bits', windowsProgram(true, false), false],
  ['a text that begins like one', Buffer.from('MZ is a word'.repeat(99)), false],
  ['a program of macOS', withMagic(0xcffaedfe), true],
  ['one for two processors', withMagic(0xcafebabe, 2), true],
  ['a class of Java', withMagic(0xcafebabe, 61), false],
  ['an ELF file for this processor', makeElf({ machine: X86_64 }), false],
  ['an ELF file for another processor', makeElf({ machine: AARCH64 }), true],
  ['one of the other byte order', makeElf({ machine: S390, little: false }), true],
  ['a script', Buffer.from(`#!/bin/sh\n${'# '.repeat(50)}`), false],
  ['a short file', Buffer.from('MZ'), false],
])('%s', (_, bytes, expected) => {
  expect(isForeignProgram(bytes.subarray(0, HEAD), X86_64)).toBe(expected);
});

it('is read from any bytes without an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
      isForeignProgram(Buffer.concat([Buffer.from('MZ'), tail]), X86_64);
      isForeignProgram(Buffer.concat([windowsProgram().subarray(0, 60), tail]), X86_64);
    }),
  );
});
