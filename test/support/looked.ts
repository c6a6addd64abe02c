import type { CodeFile, Looked } from '../../src/project/propose.js';

/** What the code of a file of an app says: nothing, but for what is given. */
export function codeFile(path: string, more: Partial<CodeFile> = {}): CodeFile {
  return { path, applications: [], routes: [], commands: [], variables: [], script: false, ...more };
}

/** What is known of a made-up image. */
export function lookedAt(more: Partial<Looked> = {}): Looked {
  return {
    image: 'app:latest',
    entrypoint: [],
    command: ['python3', 'main.py'],
    workdir: '/app',
    ports: [],
    healthcheck: [],
    environment: [],
    python: '/usr/local/bin/python3',
    distributions: new Set(),
    code: [],
    ...more,
  };
}
