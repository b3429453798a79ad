/**
 * The files of a result folder, which somebody else may have made: only plain files that lie in the
 * folder are read. A symbolic link could lead to any file of the person who looks at the result.
 */
import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { WeighbridgeError } from '../../errors.js';

/** Neither is known on Windows. */
const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/**
 * @param name of a file in the folder itself
 * @throws WeighbridgeError `damaged-result` for a link, a folder, a pipe or a device; the errors of
 *   the file system as they come
 */
export async function openPlainFile(folder: string, name: string): Promise<FileHandle> {
  const path = join(folder, name);
  requirePlain(path, await lstat(path));
  // Once more of what was opened: the file may have been replaced in between.
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    requirePlain(path, await file.stat());
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The whole of it. @throws as `openPlainFile` */
export async function readPlainFile(folder: string, name: string): Promise<Buffer> {
  const file = await openPlainFile(folder, name);
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function requirePlain(path: string, found: { isFile(): boolean; isSymbolicLink(): boolean }): void {
  if (found.isFile()) return;
  const what = found.isSymbolicLink() ? 'is a symbolic link' : 'is not a plain file';
  throw new WeighbridgeError(
    'damaged-result',
    `${path} ${what}: only plain files in the result folder itself are read`,
  );
}
