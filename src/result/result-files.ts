/**
 * Reads the files of a result folder, of any kind. A damaged one is an error that names the file.
 */
import { constants as bufferLimits } from 'node:buffer';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { decodeText } from '../data-files/read-bytes.js';
import { WeighbridgeError } from '../errors.js';
import { readFloat64 } from '../exchange/bytes.js';
import { resultFiles } from './format.js';
import {
  drawsBytes,
  headerSchema,
  RESULT_VERSION,
  type ResultKind,
  resultKinds,
  resultVersions,
  type StoredDraws,
} from './schema-parts.js';

/** Does the work at the first call; tries again after a failure. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let begun: Promise<T> | null = null;
  return () => {
    begun ??= work().catch((error: unknown) => {
      begun = null;
      throw error;
    });
    return begun;
  };
}

/** A changed file explains any other error. */
export async function readLate<T>(
  work: () => Promise<T>,
  requireUnchanged: () => Promise<void>,
): Promise<T> {
  try {
    return await work();
  } finally {
    await requireUnchanged();
  }
}

/** Identifies one writing of `result.json`; null if there is none. */
export async function stampOf(path: string): Promise<string | null> {
  try {
    const { ino, size, mtimeNs } = await lstat(join(path, resultFiles.result), { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch {
    return null;
  }
}

export async function requireStamp(path: string, opened: string | null): Promise<void> {
  const found = await stampOf(path);
  if (found === opened) return;
  const what = found === null ? 'is missing or being rewritten' : 'was rewritten';
  const file = join(path, resultFiles.result);
  throw new WeighbridgeError(
    'damaged',
    `${file} ${what} since it was opened: restart \`weighbridge view\``,
    { details: { file } },
  );
}

/**
 * `result.json`, from which the kind and the version of the folder are known.
 * @param expected throws on another kind; null: any
 */
export async function readHead(
  path: string,
  expected: ResultKind | null = null,
): Promise<{ kind: ResultKind; document: unknown }> {
  const file = join(path, resultFiles.result);
  const bytes = await readPlainFile(path, resultFiles.result).catch(async (cause) => {
    throw cause instanceof WeighbridgeError ? cause : await noResult(path, cause);
  });
  const text = textOf(path, resultFiles.result, bytes);
  const document = parseJson(path, resultFiles.result, text);
  const header = headerSchema.safeParse(document);
  if (!header.success) {
    throw new WeighbridgeError(
      'wrong-format',
      `${file} is not a result of weighbridge, expected one written with --out ${path}`,
      { details: { file } },
    );
  }
  const { format_version, kind = 'paper' } = header.data;
  const version = resultVersions.find((known) => known === format_version);
  if (version === undefined) {
    const age = format_version < RESULT_VERSION ? 'an older' : 'a newer';
    throw new WeighbridgeError(
      'wrong-version',
      `${path} was written by ${age} weighbridge (format ${format_version}, this one reads ${resultVersions.join(' and ')}): write it again with --out`,
      { details: { file, found: format_version, expected: resultVersions.join(' or ') } },
    );
  }
  const known = resultKinds.find((one) => one === kind);
  if (known !== undefined && (expected === null || known === expected)) {
    return { kind: known, document };
  }
  throw new WeighbridgeError(
    'wrong-format',
    `${file} has the kind ${JSON.stringify(kind.slice(0, 80))}, expected ${expected ?? resultKinds.join(' or ')}`,
    { details: { file, found: kind, expected: expected ?? resultKinds.join(' or ') } },
  );
}

async function noResult(path: string, cause: unknown): Promise<WeighbridgeError> {
  const found = await stat(path).catch(() => null);
  const what = !found
    ? 'does not exist'
    : !found.isDirectory()
      ? 'is not a folder'
      : codeOf(cause) === 'ENOENT'
        ? `holds no ${resultFiles.result}`
        : `cannot be read (${codeOf(cause)})`;
  return new WeighbridgeError(
    'wrong-format',
    `${path} ${what}, expected a result folder, as \`weighbridge reproduce\` and \`study analyse\` write with --out ${path}`,
    { details: { file: path }, cause },
  );
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
}

/** @throws WeighbridgeError `damaged` */
export async function readBytes(path: string, name: string): Promise<Uint8Array> {
  return readPlainFile(path, name).catch((cause) => {
    throw unreadable(path, name, cause);
  });
}

/** @throws WeighbridgeError `damaged` */
export async function readText(path: string, name: string): Promise<string> {
  return textOf(path, name, await readBytes(path, name));
}

export async function readPart<T>(path: string, name: string, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(parseJson(path, name, await readText(path, name)));
  if (parsed.success) return parsed.data;
  throw shapeError(path, name, parsed.error);
}

/** Throws on text that is not UTF-8, which would be shown as different words. */
function textOf(path: string, name: string, bytes: Uint8Array): string {
  try {
    return decodeText(bytes, name);
  } catch (cause) {
    throw damaged(path, name, 'is not UTF-8', cause);
  }
}

function unreadable(path: string, name: string, cause: unknown): WeighbridgeError {
  if (cause instanceof WeighbridgeError) return cause;
  const reason = codeOf(cause) === 'ENOENT' ? 'is missing' : `cannot be read (${codeOf(cause)})`;
  return damaged(path, name, reason, cause);
}

export function damaged(
  path: string,
  name: string,
  found: string,
  cause?: unknown,
): WeighbridgeError {
  const file = join(path, name);
  return new WeighbridgeError(
    'damaged',
    `${file} ${found}: the result is damaged, write it again with --out`,
    { details: { file }, cause },
  );
}

export function parseJson(path: string, name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The parser's message quotes what it found, which can be long and have line ends.
    const ends = !text.trimEnd().endsWith('}');
    const reason = ends ? `ends early, after ${text.length} characters` : 'is not JSON';
    throw damaged(path, name, reason, cause);
  }
}

export function shapeError(path: string, name: string, error: z.ZodError): WeighbridgeError {
  const [issue] = error.issues;
  const place = issue && issue.path.length > 0 ? ` at ${issue.path.join('.')}` : '';
  return damaged(path, name, `has a wrong value${place} (${issue?.message})`, error);
}

/** Throws unless every data file has the size of when it was written. */
export async function requireSizes(
  path: string,
  files: Readonly<Record<string, number>> = {},
  known: readonly string[],
): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) {
    // A name could be a path to anywhere.
    if (!known.includes(name)) {
      throw damaged(
        path,
        resultFiles.result,
        `lists an unknown file (${JSON.stringify(name.slice(0, 80))})`,
      );
    }
    const found = await sizeOf(path, name);
    if (found !== bytes) {
      throw damaged(path, name, `has ${found} bytes, expected ${bytes}`);
    }
  }
}

async function sizeOf(path: string, name: string): Promise<number> {
  try {
    return (await lstat(join(path, name))).size;
  } catch (cause) {
    throw unreadable(path, name, cause);
  }
}

export async function openDraws(path: string, fits: readonly StoredDraws[]): Promise<FileHandle> {
  const name = resultFiles.draws;
  const expected = Math.max(0, ...fits.map((fit) => fit.offset + drawsBytes(fit)));
  const found = await sizeOf(path, name);
  if (found !== expected) {
    throw damaged(
      path,
      name,
      `has ${found} bytes, expected ${expected} for its ${fits.length} fits`,
    );
  }
  try {
    return await openPlainFile(path, name);
  } catch (cause) {
    throw unreadable(path, name, cause);
  }
}

export async function readDraws(file: FileHandle, fit: StoredDraws): Promise<Float64Array> {
  const size = drawsBytes(fit);
  if (size > bufferLimits.MAX_LENGTH) {
    throw new WeighbridgeError(
      'damaged',
      `the draws of ${fit.name} have ${size} bytes, more than can be read at once`,
      { details: { file: resultFiles.draws, found: size } },
    );
  }
  const bytes = Buffer.alloc(size);
  let read = 0;
  while (read < bytes.length) {
    const { bytesRead } = await file.read(bytes, read, bytes.length - read, fit.offset + read);
    if (bytesRead === 0) {
      throw new WeighbridgeError(
        'damaged',
        `${resultFiles.draws} ends within the draws of ${fit.name}: the result changed while it was read`,
        { details: { file: resultFiles.draws } },
      );
    }
    read += bytesRead;
  }
  return readFloat64(bytes);
}

// Somebody else may have made the folder: only plain files in it are read, because a symbolic link
// could lead to any file of the person who looks at the result.

/** Undefined on Windows. */
const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/**
 * @param name of a file in the folder itself
 * @throws WeighbridgeError `damaged` for a link, a folder, a pipe or a device; errors of the file
 *   system are passed on
 */
async function openPlainFile(folder: string, name: string): Promise<FileHandle> {
  const path = join(folder, name);
  requirePlain(path, await lstat(path));
  // Checked again after opening: the file may have been replaced in between.
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    requirePlain(path, await file.stat());
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** @throws as `openPlainFile` */
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
    'damaged',
    `${path} ${what}: only plain files in the result folder itself are read`,
    { details: { file: path } },
  );
}
