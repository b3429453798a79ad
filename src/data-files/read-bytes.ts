/**
 * Files as bytes, with one clear line for what is not there.
 */
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { WeighbridgeError } from '../errors.js';

/** The path that stands for standard input. */
export const STANDARD_INPUT = '-';

/** @throws WeighbridgeError `missing-file` */
export async function readBytes(path: string, purpose: string): Promise<Uint8Array> {
  if (path === STANDARD_INPUT) return buffer(process.stdin);
  try {
    return await readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : '';
    const reason = code === 'ENOENT' ? 'is missing' : `cannot be read (${code})`;
    throw new WeighbridgeError('missing-file', `${path} ${reason}: expected ${purpose}`, { cause });
  }
}
