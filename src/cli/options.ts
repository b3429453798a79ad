/**
 * Numbers on the command line: what is not one is a clear line and exit code 2.
 */
import { InvalidArgumentError } from 'commander';

export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = Number(text);
    if (!/^[+-]?\d+$/.test(text.trim()) || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`expected a whole number of at least ${least}.`);
    }
    if (value > most) throw new InvalidArgumentError(`expected a whole number of at most ${most}.`);
    return value;
  };
}
