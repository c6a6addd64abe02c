import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { beforeEach, expect, it } from 'vitest';
import { defineInit } from '../../src/commands/init.js';

beforeEach(() => process.chdir(mkdtempSync(join(tmpdir(), 'pyshrink-'))));

it('refuses a file that is there before it looks at the image', async () => {
  writeFileSync('pyshrink.yaml', 'mine\n');
  const command = new Command() as Command<[], { json?: true }>;
  defineInit(command, () => {});
  // No such image is there: an error about it would mean that it was looked for.
  const run = command.parseAsync(['oci:none'], { from: 'user' });
  await expect(run).rejects.toThrow('pyshrink.yaml is there already.');
  expect(readFileSync('pyshrink.yaml', 'utf8')).toBe('mine\n');
});
