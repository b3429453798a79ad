/**
 * Counter-based randomness: random numbers come from a hash of the request, so that the same
 * question to the same model has the same answer, independent of time, order and repetition.
 */
import { hash } from 'node:crypto';
import { type RandomStream, randomStream } from '../../random/stream.js';

/**
 * SHA-256 of a path, as 64 hexadecimal digits. Parts are joined by a unit separator (U+001F). A
 * list counts as its parts: it may be longer than the limit on a call's arguments.
 */
export function digestOf(...path: readonly (string | number | readonly string[])[]): string {
  return hash('sha256', path.flat().join('\u001f'));
}

/** Hexadecimal digits per uniform: 52 bits, which fit into a double. */
const DIGITS = 13;

/** One of the four independent uniforms in a digest, in the open interval (0, 1). */
export function uniformOf(digest: string, which: 0 | 1 | 2 | 3): number {
  const digits = digest.slice(which * DIGITS, (which + 1) * DIGITS);
  return (Number.parseInt(digits, 16) + 0.5) / 16 ** DIGITS;
}

/** A standard normal from the first two uniforms of a digest (Box & Muller 1958). */
export function normalOf(digest: string): number {
  return (
    Math.sqrt(-2 * Math.log(uniformOf(digest, 0))) * Math.cos(2 * Math.PI * uniformOf(digest, 1))
  );
}

/** The given number of standard normals. */
export function normalsOf(count: number, ...path: readonly (string | number)[]): number[] {
  const random: RandomStream = randomStream(...path);
  return Array.from({ length: count }, () => random.normal());
}
