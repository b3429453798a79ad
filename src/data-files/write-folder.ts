/**
 * Folders written whole or not at all: into a folder beside, which takes the place of the old one
 * when it is done. What is not ours is never replaced.
 */
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
import { WeighbridgeError } from '../errors.js';

export interface FolderContent {
  /** By path within the folder, with slashes. */
  readonly files: ReadonlyMap<string, Uint8Array | string>;
  /** For messages: 'a saved fit'. */
  readonly what: string;
  /** Whether a file or folder directly in the folder is one that an earlier writing may have left. */
  readonly isOurs: (name: string) => boolean;
}

/** @throws WeighbridgeError `bad-argument` for a folder that holds other things or cannot be written */
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
 * Fails before the work, not after it, where a folder could not be written.
 * @throws WeighbridgeError `bad-argument`
 */
export async function requireOurs(
  path: string,
  { what, isOurs }: Pick<FolderContent, 'what' | 'isOurs'>,
): Promise<void> {
  if (path === '') {
    throw new WeighbridgeError('bad-argument', `the folder for ${what} is empty: expected a path`);
  }
  const folder = resolve(path);
  if (`${process.cwd()}${sep}`.startsWith(`${folder}${sep}`)) {
    throw new WeighbridgeError(
      'bad-argument',
      `cannot write ${what} to ${path}: it is the folder that you are in; name one in it`,
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
  throw new WeighbridgeError(
    'bad-argument',
    `cannot write ${what} to ${path}: it holds ${foreign}, which is no part of one; choose another folder`,
  );
}

/** The first folder above that is there must take new ones. */
async function requireWritableParent(folder: string, problem: string): Promise<void> {
  let parent = dirname(folder);
  while (!existsSync(parent) && parent !== dirname(parent)) parent = dirname(parent);
  try {
    const isFolder = (await stat(parent)).isDirectory();
    if (!isFolder) throw new Error('it is no folder');
    await access(parent, constants.W_OK);
  } catch (cause) {
    throw new WeighbridgeError(
      'bad-argument',
      `${problem}: ${parent} is no folder that can be written to`,
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
