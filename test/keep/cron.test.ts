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
  expect(scriptOfTable(TABLE, true).split('\n')).toEqual([
    '',
    '/bin/bash',
    '',
    '',
    '/bin/sh; cd /app && python3 report.py >> /var/log/x 2>&1',
    '/bin/sh; tool --day=$(date +%F) ',
    '/bin/sh; clean',
    '/bin/sh; start',
    '',
  ]);
});

it('a table of a user has none', () => {
  expect(scriptOfTable('0 3 * * * clean all\n@every 5m other', false)).toBe('/bin/sh; clean all\n/bin/sh; other');
});
