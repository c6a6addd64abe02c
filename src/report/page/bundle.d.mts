/** Makes the template of the page, with `@DATA@` where its data belongs. */
export function bundlePage(): Promise<{ html: string; metafile: { inputs: Record<string, unknown> } }>;
