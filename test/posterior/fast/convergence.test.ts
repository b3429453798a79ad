/** The fast measures of a summary against the plain definitions of src/posterior/convergence.ts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { essBulk, essTail, mcseMean, rhat } from '../../../src/posterior/convergence.js';
import {
  convergence,
  essBulk as fastEssBulk,
  essTail as fastEssTail,
  mcseMean as fastMcseMean,
} from '../../../src/posterior/fast/convergence.js';
import { quickStream } from '../../../src/random/quick-stream.js';

function expectEqual(values: Float64Array, chains: number): void {
  const plain = { rhat, essBulk, essTail, mcseMean };
  const fast = { essBulk: fastEssBulk, essTail: fastEssTail, mcseMean: fastMcseMean };
  const once = convergence(values, chains);
  for (const name of ['rhat', 'essBulk', 'essTail', 'mcseMean'] as const) {
    const expected = plain[name](values, chains);
    const found = name === 'rhat' ? [once.rhat] : [once[name], fast[name](values, chains)];
    for (const value of found) {
      if (!Number.isFinite(expected)) expect(value).toBe(expected);
      else expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-12 * Math.abs(expected));
    }
  }
}

/** Autoregressive chains of 2 to 80 draws. */
const draws = fc
  .record({
    seed: fc.nat(),
    chains: fc.integer({ min: 1, max: 4 }),
    length: fc.integer({ min: 2, max: 80 }),
    phi: fc.double({ min: -0.8, max: 0.8, noNaN: true }),
  })
  .map(({ seed, chains, length, phi }) => {
    const random = quickStream(`plain and fast ${seed}`);
    const values = new Float64Array(chains * length);
    let state = 0;
    for (let i = 0; i < values.length; i++) {
      state = phi * state + random.normal();
      values[i] = state;
    }
    return { values, chains };
  });
const runs = { seed: 2025, numRuns: 300 };

describe('the fast measures equal the plain definitions to 1e-12', () => {
  it('for draws of any length and number of chains', () => {
    fc.assert(
      fc.property(draws, ({ values, chains }) => expectEqual(values, chains)),
      runs,
    );
  });

  it('for draws with ties', () => {
    fc.assert(
      fc.property(draws, ({ values, chains }) => {
        expectEqual(
          values.map((value) => Math.round(4 * value)),
          chains,
        );
      }),
      runs,
    );
  });

  it('for constant draws and for draws that are not finite, wherever these stand', () => {
    const special = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    fc.assert(
      fc.property(draws, special, fc.nat(), ({ values, chains }, bad, place) => {
        expectEqual(values.slice().fill(0.1), chains);
        values[place % values.length] = bad;
        expectEqual(values, chains);
      }),
      runs,
    );
  });
});
