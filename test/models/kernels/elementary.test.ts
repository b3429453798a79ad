/** The compiled elementary functions beside those of JavaScript. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileKernel } from '../../../models/kernels/compile.mjs';
import {
  writeExp,
  writeLogistic,
  writeLogLogistic,
} from '../../../models/kernels/elementary-kernel.js';
import { elementaryModule } from '../../../models/kernels/elementary-module.js';

const logistic = (x: number) => {
  const e = Math.exp(-Math.abs(x));
  return (x > 0 ? 1 : e) / (1 + e);
};
const logLogistic = (x: number) => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));

const functions = [
  { name: 'exp', write: writeExp, plain: Math.exp },
  { name: 'logistic', write: writeLogistic, plain: logistic },
  { name: 'log of logistic', write: writeLogLogistic, plain: logLogistic },
] as const;

/** Each of both errs by a unit or two in the last place. */
const TOLERANCE = 4 * Number.EPSILON;
const LEAST_NORMAL = 2 ** -1022;

const numbers = fc.array(
  fc.oneof(
    fc.double({ min: -40, max: 40, noNaN: true }),
    fc.double({ min: -800, max: 800, noNaN: true }),
    fc.double(),
  ),
  { minLength: 1, maxLength: 301 },
);

describe.each(functions)('$name of many numbers', ({ write, plain }) => {
  it('is that of each', () => {
    fc.assert(
      fc.property(numbers, (given) => {
        const values = Float64Array.from(given);
        write(values);
        given.forEach((x, i) => {
          const expected = plain(x);
          const found = values[i] ?? 0;
          if (!Number.isFinite(expected) || expected === 0) {
            // −0 and 0 are the same probability.
            expect(found + 0).toBe(expected + 0);
          } else {
            const bound = TOLERANCE * Math.max(Math.abs(expected), LEAST_NORMAL);
            expect(Math.abs(found - expected)).toBeLessThanOrEqual(bound);
          }
        });
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  it('rises with the number, but for rounding', () => {
    const values = Float64Array.from({ length: 20_001 }, (_, i) => (i - 10_000) / 300);
    write(values);
    for (let i = 1; i < values.length; i++) {
      const before = values[i - 1] ?? 0;
      expect(values[i]).toBeGreaterThanOrEqual(before - TOLERANCE * Math.abs(before));
    }
  });
});

it('of the package is what its source compiles to', async () => {
  expect(elementaryModule).toBe(await compileKernel('elementary'));
});
