/**
 * Writes files and folders atomically: under a temporary name, then renamed to replace the old one.
 * A folder with unrelated files is never replaced.
 */

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  access,
  constants,
  mkdir,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { badArgument } from '../checks/values.js';
import { WeighbridgeError } from '../errors.js';

/** Creates the folder if it is missing. */
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

/** Writes files into a folder; each existing file of the same name is replaced atomically. */
export async function writeFiles(
  folder: string,
  files: ReadonlyMap<string, string>,
): Promise<void> {
  await makeFolder(folder);
  for (const [file, text] of files) await writeWhole(join(folder, file), text);
}

/** Replaces the file atomically, so that no reader sees a partial file. */
export async function writeWhole(
  path: string,
  text: string | Uint8Array | Iterable<string>,
): Promise<void> {
  // A link stays a link; a device or a pipe is written to directly.
  const file = await realpath(path).catch(() => path);
  const found = await stat(file).catch(() => null);
  if (found && !found.isFile()) return writeFile(file, text);
  // Processes of several machines may write into one folder.
  const temporary = `${file}.${randomUUID()}.partial`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WeighbridgeError('bad-argument', `cannot write ${file}: ${reason}`, { cause });
  }
}

export interface FolderContent {
  /** By path within the folder, with slashes. */
  readonly files: ReadonlyMap<string, Uint8Array | string>;
  /** Description for messages, for example 'a saved fit'. */
  readonly what: string;
  /** Whether an entry of the folder may come from an earlier write. */
  readonly isOurs: (name: string) => boolean;
}

/**
 * @throws WeighbridgeError `bad-argument` for a folder that holds other things or cannot be
 * written
 */
export async function writeFolder(path: string, content: FolderContent): Promise<void> {
  // A link stays a link.
  const folder = await realpath(resolve(path)).catch(() => resolve(path));
  await requireOurs(path, content);
  const fresh = `${folder}.${process.pid}.partial`;
  const old = `${folder}.${process.pid}.old`;
  try {
    await writeAll(fresh, content.files);
    const replaced = await moveAway(folder, old);
    try {
      await rename(fresh, folder);
    } catch (error) {
      if (replaced) await rename(old, folder);
      throw error;
    }
    if (replaced) await rm(old, { recursive: true, force: true });
  } catch (cause) {
    await rm(fresh, { recursive: true, force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WeighbridgeError('bad-argument', `cannot write ${path}: ${reason}`, { cause });
  }
}

/**
 * Checks before fitting that the folder can be written.
 * @throws WeighbridgeError `bad-argument`
 */
export async function requireOurs(
  path: string,
  { what, isOurs }: Pick<FolderContent, 'what' | 'isOurs'>,
): Promise<void> {
  if (path === '') {
    throw badArgument(`the folder for ${what} is empty: expected a path`);
  }
  const folder = resolve(path);
  if (`${process.cwd()}${sep}`.startsWith(`${folder}${sep}`)) {
    throw badArgument(
      `cannot write ${what} to ${path}: it is the current folder; choose a folder inside it`,
    );
  }
  await requireWritableParent(folder, `cannot write ${what} to ${path}`);
  let names: string[];
  try {
    names = await readdir(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : '';
    if (code === 'ENOENT') return;
    const problem = code === 'ENOTDIR' ? 'it is a file' : `it cannot be read (${code})`;
    throw new WeighbridgeError('bad-argument', `cannot write ${what} to ${path}: ${problem}`, {
      cause,
    });
  }
  const foreign = names.find((name) => !isOurs(name));
  if (foreign === undefined) return;
  throw badArgument(
    `cannot write ${what} to ${path}: it holds ${foreign}, which does not belong to one; choose another folder`,
  );
}

/** The nearest existing folder above must be writable. */
async function requireWritableParent(folder: string, problem: string): Promise<void> {
  let parent = dirname(folder);
  while (!existsSync(parent) && parent !== dirname(parent)) parent = dirname(parent);
  try {
    const isFolder = (await stat(parent)).isDirectory();
    if (!isFolder) throw new Error('it is not a folder');
    await access(parent, constants.W_OK);
  } catch (cause) {
    throw new WeighbridgeError(
      'bad-argument',
      `${problem}: ${parent} is not a folder that can be written to`,
      { cause },
    );
  }
}

async function writeAll(
  folder: string,
  files: ReadonlyMap<string, Uint8Array | string>,
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [path, content] of files) {
    const file = join(folder, ...path.split('/'));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** @returns whether there was something to move */
async function moveAway(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
