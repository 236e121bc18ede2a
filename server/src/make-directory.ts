// Makes a directory with its parents. Node's own recursive mkdir never returns below /proc and its like.
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Resolves when the directory is there; rejects with the system's error where it cannot be. */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST' && (await isDirectory(path))) return;
    if (code !== 'ENOENT' || (await isDirectory(dirname(path)))) throw error;
    await makeDirectory(dirname(path));
    await mkdir(path);
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
