import { visible } from '../printable.js';
import { type Looked, type Proposal, quoted } from './propose.js';

/** Where the schema is published, for editors. */
const SCHEMA = 'https://raw.githubusercontent.com/pyshrink/pyshrink/main/docs/pyshrink.schema.json';

/** What a project file says about a compose file. */
export interface ComposeBeside {
  file?: string;
  hidden?: readonly string[];
  unused?: string;
}

/**
 * The text of a project file for an image, with comments about what it was not sure of.
 * @param compose the compose file whose services the runs are; mounts of theirs that hide files of the app; and why a compose file
 * that is there is not used
 */
export function projectText(looked: Looked, runs: readonly Proposal[], compose: ComposeBeside = {}): string {
  const variables = variablesOf(looked);
  const lines = [
    `# yaml-language-server: $schema=${SCHEMA}`,
    '# Made by `pyshrink init`, which has looked at the image and run nothing of it. Run `pyshrink shrink` beside this file.',
    ...(compose.file === undefined ? [] : composeLines(compose.file, compose.hidden ?? [])),
    `image: ${quoted(looked.image)}`,
    '# tag: name of the small image',
    '# budget: { maxSize: 120MB }',
    ...(variables.length > 0
      ? [
          '# The code needs these variables, and the image does not set them. Their values come from the shell, or from `envFile`.',
          `# environment: [${variables.map(quoted).join(', ')}]`,
        ]
      : []),
    ...(compose.unused === undefined ? [] : [`# ${compose.unused}`]),
    ...(compose.file === undefined ? ['# network: a network with the database and other services'] : []),
    'runs:',
    ...runs.flatMap(runLines),
  ];
  // Texts come from the image: no character of them ends a line or a comment, or controls a terminal.
  return `${lines.map(visible).join('\n')}\n`;
}

function composeLines(file: string, hidden: readonly string[]): string[] {
  if (hidden.length === 0) return [`compose: ${quoted(file)}`];
  return [
    '# Mounts that hide files of the app, which must be in the image, are left out (noBinds):',
    ...hidden.map((mount) => `# - ${mount}`),
    `compose: { file: ${quoted(file)}, noBinds: true }`,
  ];
}

function runLines({ name, comments, command, steps, suggested }: Proposal): string[] {
  return [
    `  - name: ${quoted(name)}`,
    ...comments.map((comment) => `    # ${comment}`),
    ...(command ? [`    command: [${command.map(quoted).join(', ')}]`] : []),
    ...(steps.length > 0 ? ['    steps:', ...steps.map((step) => `      - ${step}`)] : []),
    ...(suggested.steps.length > 0
      ? [`    # ${suggested.heading}`, '    # steps:', ...suggested.steps.map((step) => `    #   - ${step}`)]
      : []),
  ];
}

function variablesOf({ code, environment }: Looked): string[] {
  return [...new Set(code.flatMap(({ variables }) => variables))].filter((name) => !environment.includes(name)).sort();
}
