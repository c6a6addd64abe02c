import { expect, it } from 'vitest';
import { kept, SITE } from '../support/keptapp.js';
import { describeWithPython } from '../support/probes.js';

const OTHER = `${SITE}/Other_Tool-1.dist-info`;

/** Which files of another distribution's metadata are kept beside an app. */
async function metadataOf(library: string, observations: string[] = []): Promise<string[]> {
  const files = {
    '/app/app.py': 'import library\n',
    [`${SITE}/library.py`]: library,
    [`${SITE}/other_tool.py`]: '',
    [`${OTHER}/METADATA`]: 'Name: Other_Tool\nVersion: 1\n',
    [`${OTHER}/entry_points.txt`]: '[console_scripts]\n',
    [`${OTHER}/RECORD`]: 'other_tool.py,,\nOther_Tool-1.dist-info/METADATA,,\n',
    [`${SITE}/users-1.dist-info/METADATA`]: 'Name: users\nVersion: 1\nRequires-Dist: other-tool\n',
  };
  const { paths } = await kept(files, { observations });
  return paths.filter((path) => path.startsWith(`${OTHER}/`)).sort();
}

describeWithPython('name and version of a distribution', () => {
  it.each([
    ['asked for by name', 'import importlib.metadata\nimportlib.metadata.version("other-tool")\n'],
    ['asked for under another spelling', 'from importlib import metadata\ndef f(): return metadata.version("Other.Tool")\n'],
    [
      'given to a function that asks',
      'from importlib_metadata import version\ndef f(name): return version(name)\ndef g(): return f("other_tool")\n',
    ],
  ])('are kept where they are %s', async (_, library) => {
    expect(await metadataOf(library)).toEqual([`${OTHER}/METADATA`]);
  });

  it('are kept where another file of the metadata was opened', async () => {
    expect(await metadataOf('', [`open ${OTHER}/entry_points.txt`])).toEqual([`${OTHER}/METADATA`, `${OTHER}/entry_points.txt`]);
  });

  it('are left out where the name is only a word', async () => {
    expect(await metadataOf('NAME = "other-tool"\n')).toEqual([]);
    expect(await metadataOf('import importlib.metadata\n')).toEqual([]);
  });
});
