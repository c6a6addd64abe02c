import { expect, it } from 'vitest';
import { formatTable, megabytes } from '../../src/ui/table.js';

it('aligns the first column left and the others right, without spaces at the end', () => {
  const rows = [
    ['image', 'size'],
    ['a', '12 MB'],
    ['long name', ''],
  ];
  expect(formatTable(rows)).toBe(['image       size', 'a          12 MB', 'long name'].join('\n'));
});

it('formats no rows as an empty text', () => {
  expect(formatTable([])).toBe('');
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [2600, '2.6 kB'],
  [49_949, '49.9 kB'],
  [50_000, '0.1 MB'],
  [1_249_999, '1.2 MB'],
  [1_234_000_000, '1234.0 MB'],
])('shows %d bytes as %s', (bytes, text) => {
  expect(megabytes(bytes)).toBe(text);
});
