/**
 * Whether results can be written where they were asked for.
 */
import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { WeighbridgeError } from '../errors.js';

/** Fails before the work, not after it, where a file could not be written. */
export async function requireWritable(file: string): Promise<void> {
  const folder = dirname(resolve(file));
  try {
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw new WeighbridgeError(
      'bad-argument',
      `cannot write ${file}: the folder ${folder} does not exist or is not writable`,
      { cause },
    );
  }
  const isFolder = await stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isFolder) throw new WeighbridgeError('bad-argument', `cannot write ${file}: it is a folder`);
}
