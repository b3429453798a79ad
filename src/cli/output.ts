/**
 * Writing results where they were asked for, whole or not at all.
 */
import { access, constants, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
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

/** Replaces the file in one step, so that no reader meets half of it. */
export async function writeWhole(path: string, text: string): Promise<void> {
  // A link stays a link, and a device or a pipe takes the text as it comes.
  const file = await realpath(path).catch(() => path);
  const found = await stat(file).catch(() => null);
  if (found && !found.isFile()) return writeFile(file, text);
  const temporary = `${file}.${process.pid}.partial`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WeighbridgeError('bad-argument', `cannot write ${file}: ${reason}`, { cause });
  }
}
