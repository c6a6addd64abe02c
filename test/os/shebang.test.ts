import { expect, it } from 'vitest';
import { parseShebang } from '../../src/os/shebang.js';

it.each([
  ['#!/bin/sh\necho', { interpreter: '/bin/sh' }],
  ['#! /usr/bin/env python3 -u \n', { interpreter: '/usr/bin/env', argument: 'python3 -u' }],
  ['#!/bin/sh\r\n', { interpreter: '/bin/sh' }],
  ['#!/bin/sh', { interpreter: '/bin/sh' }],
  ['#!\n/bin/sh', undefined],
  ['# /bin/sh', undefined],
  ['', undefined],
])('parses %j', (text, expected) => {
  expect(parseShebang(Buffer.from(text))).toEqual(expected);
});
