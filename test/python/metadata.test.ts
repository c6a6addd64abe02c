import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeName, parseEntryPoints, parseMetadata, parseRecord } from '../../src/python/metadata.js';

describe('parseRecord', () => {
  const quote = (path: string) => (/[",\n]/.test(path) ? `"${path.replaceAll('"', '""')}"` : path);

  it('reads back what an installer writes', () => {
    const path = fc.stringMatching(/^[^\0\r\n]+$/).filter((text) => text !== '');
    fc.assert(
      fc.property(fc.array(path), (paths) => {
        const text = paths.map((one) => `${quote(one)},sha256=x,12\n`).join('');
        expect(parseRecord(text)).toEqual(paths);
      }),
    );
  });

  it('ignores what it cannot read', () => {
    expect(parseRecord('\n\na.py,,\r\nb\0.py,,\n"c ""d"".py",,')).toEqual(['a.py', 'c "d".py']);
    fc.assert(fc.property(fc.string(), (text) => parseRecord(text).every((path) => path !== '')));
  });
});

describe('parseMetadata', () => {
  it('reads name, version and the requirements without an extra', () => {
    expect(
      parseMetadata(
        'Metadata-Version: 2.4\nName: My.App\nVersion: 1.0\nRequires-Dist: Flask_Login>=1; python_version > "3"\nRequires-Dist: pytest; extra == "test"\n\nRequires-Dist: not-a-header\n',
      ),
    ).toEqual({ name: 'My.App', version: '1.0', requires: ['flask-login'] });
  });
});

describe('parseEntryPoints', () => {
  it('reads groups, names and modules', () => {
    const text =
      '[console_scripts]\nflask = flask.cli:main\n; a comment\n[xarray.backends]\nzarr=xarray_zarr.plugin:Backend [extra]\n[broken\nx\n';
    expect(parseEntryPoints(text)).toEqual([
      { group: 'console_scripts', name: 'flask', module: 'flask.cli', attribute: 'main', line: 2 },
      { group: 'xarray.backends', name: 'zarr', module: 'xarray_zarr.plugin', attribute: 'Backend', line: 5 },
    ]);
  });
});

it('normalizeName follows PEP 503', () => {
  expect(normalizeName('Flask__Login.X')).toBe('flask-login-x');
});
