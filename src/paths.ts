/** Whether a path is a folder, or lies below it. Both are absolute. */
export function within(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}
