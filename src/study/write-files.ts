/**
 * Writing files whole or not at all.
 */
import { mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WeighbridgeError } from '../errors.js';

/** Makes the folder where it is missing. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WeighbridgeError('bad-argument', `cannot make the folder ${folder}: ${reason}`, {
      cause,
    });
  }
}

/** Writes files into a folder; those of the same names are replaced, each whole. */
export async function writeFiles(
  folder: string,
  files: ReadonlyMap<string, string>,
): Promise<void> {
  await makeFolder(folder);
  for (const [file, text] of files) await writeWhole(join(folder, file), text);
}

/** Replaces the file in one step, so that no reader meets half of it. */
export async function writeWhole(
  path: string,
  text: string | Uint8Array | Iterable<string>,
): Promise<void> {
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
