import { expect, it } from 'vitest';
import { scriptOfTable } from '../../src/keep/cron.js';

const TABLE = [
  '# m h dom mon dow user command',
  'SHELL=/bin/bash',
  'MAILTO = ops@example.org',
  '',
  '0 3 * * * root cd /app && python3 report.py >> /var/log/x 2>&1',
  '*/5 0-4 1,15 jan mon-fri app  tool --day=$(date +\\%F) % input',
  '@daily root clean',
  '  @reboot   root   start',
  'not a job',
].join('\n');

it('a table of the system has a user before each command', () => {
  expect(scriptOfTable(TABLE, { withUser: true, withSeconds: false }).split('\n')).toEqual([
    '',
    '/bin/bash',
    '',
    '',
    '/bin/sh; cd /app && python3 report.py >> /var/log/x 2>&1',
    '/bin/sh; tool --day=$(date +%F) % input',
    '/bin/sh; clean',
    '/bin/sh; start',
    '',
  ]);
});

it('a table of a user has none', () => {
  const kind = { withUser: false, withSeconds: false };
  expect(scriptOfTable('0 3 * * * clean all\n@every 5m other', kind)).toBe('/bin/sh; clean all\n/bin/sh; other');
  expect(scriptOfTable('0 3 * * * 7z x', kind)).toBe('/bin/sh; 7z x');
});

it('a table of supercronic may have seconds and years', () => {
  const kind = { withUser: false, withSeconds: true };
  expect(scriptOfTable('*/5 * * * * clean\n0 */5 * * * mon-fri clean\n0 0 1 jan,feb 1-5 sun 2030-2040 clean all', kind)).toBe(
    '/bin/sh; clean\n/bin/sh; clean\n/bin/sh; clean all',
  );
});
