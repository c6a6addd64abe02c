/**
 * A text whose line is looked for in Python code. `attribute`: `PACKAGE.NAME`. `name`: a name that the code loads. `string`: a string;
 * `import`, `library` and `program` are strings too, and stand best in code that imports, loads or runs what they name. A `program` may
 * be a word of a command line. probes/lines.py finds them.
 */
export type Sought = readonly [kind: 'attribute' | 'name' | 'string' | 'import' | 'library' | 'program', text: string];

/** For each file, the lines of texts, from 1, in their order; null where it has none. */
export type Locate = (wanted: ReadonlyMap<string, readonly Sought[]>) => Promise<ReadonlyMap<string, readonly (number | null)[]>>;
