import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { buildReport } from '../../src/report/build.js';
import { reportMarkdown } from '../../src/report/markdown.js';
import { smallImage } from '../support/inside.js';
import { needing } from '../support/needs.js';

const test = needing('program jq');

/** Stands for the program of GitHub: keeps comments in a file, and prints what `--jq` selects, as `gh api` does. */
const GH = `#!/usr/bin/env bash
set -eu
path= method= body= filter=
shift
while [ $# -gt 0 ]; do
  case $1 in
    --paginate) ;;
    -X) method=$2; shift ;;
    -F) body=\${2#body=@}; shift ;;
    --jq) filter=$2; shift ;;
    *) path=$1 ;;
  esac
  shift
done
if [ -n "$filter" ]; then jq -r "$filter" comments.json; exit; fi
if [ "$method" = PATCH ]; then change='map(if .id == ($id | tonumber) then .body = $body else . end)'
else change='. + [{id: (length + 1), body: $body}]'; fi
jq --arg id "\${path##*/}" --rawfile body "$body" "$change" comments.json > new.json
mv new.json comments.json
`;

/** The commands that the documentation gives, after the first, which runs pyshrink. */
const RECIPE = /pyshrink report --markdown > comment\.md\n([^`]+)```/.exec(
  readFileSync(new URL('../../docs/commands.md', import.meta.url), 'utf8'),
)?.[1];

test('the commands of the documentation write one comment for each image, and update it in place', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pyshrink-comment-'));
  const comments = join(folder, 'comments.json');
  const gh = join(folder, 'gh');
  writeFileSync(gh, GH);
  chmodSync(gh, 0o755);
  writeFileSync(comments, JSON.stringify([{ id: 1, body: 'a review' }]));
  const post = (reference: string, size: number) => {
    const inside = smallImage();
    inside.trace = { ...inside.trace, image: { ...inside.trace.image, reference } };
    if (inside.made) inside.made.result.originalSize = size;
    writeFileSync(join(folder, 'comment.md'), `${reportMarkdown(buildReport(inside)).join('\n')}\n`);
    const env = { PATH: `${folder}:${process.env.PATH}`, GITHUB_REPOSITORY: 'owner/name', NUMBER: '7' };
    execFileSync('bash', ['--norc', '-euc', RECIPE ?? 'exit 1'], { cwd: folder, env });
    return (JSON.parse(readFileSync(comments, 'utf8')) as { body: string }[]).map(({ body }) => body);
  };
  expect(post('shop:1', 5e6)).toHaveLength(2);
  // Another image has a comment of its own, also one whose name begins in the same way.
  expect(post('shop:10', 5e6)).toHaveLength(3);
  const [review, first, second] = post('shop:1', 7e6);
  expect([review, first]).toEqual(['a review', expect.stringContaining('| sum of layers | 7.0 MB |')]);
  expect(second).toContain('| sum of layers | 5.0 MB |');
});
