/**
 * Luck without a past: what happens by chance is read off a hash of what was asked, so that the
 * same question to the same model has the same answer, whenever, in whatever order and however
 * often it is asked.
 */
import { hash } from 'node:crypto';
import { type RandomStream, randomStream } from '../../random/stream.js';

/**
 * SHA-256 of a path, 64 hexadecimal digits. Parts are joined by a unit separator (U+001F). A list
 * counts as its parts: it may be longer than a call can have arguments.
 */
export function digestOf(...path: readonly (string | number | readonly string[])[]): string {
  return hash('sha256', path.flat().join('\u001f'));
}

/** Hexadecimal digits of a uniform: 52 bits, as many as a number holds with room to spare. */
const DIGITS = 13;

/** One of the four independent uniforms on (0, 1) that a digest holds; never an end. */
export function uniformOf(digest: string, which: 0 | 1 | 2 | 3): number {
  const digits = digest.slice(which * DIGITS, (which + 1) * DIGITS);
  return (Number.parseInt(digits, 16) + 0.5) / 16 ** DIGITS;
}

/** As many standard normals as asked for. */
export function normalsOf(count: number, ...path: readonly (string | number)[]): number[] {
  const random: RandomStream = randomStream(...path);
  return Array.from({ length: count }, () => random.normal());
}
