/**
 * Convergence of chains: what R-hat and ESS are blind to, a second formulation of the ESS and of
 * E-BFMI, and the values of the R package posterior for the same draws (test/reference).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ebfmi,
  essBulk,
  essMean,
  essMedian,
  essQuantile,
  essSd,
  essTail,
  mcseMean,
  mcseSd,
  nestedRhat,
  rhat,
  sampleMoments,
} from '../../src/posterior/convergence.js';
import { mcseMedian, mcseQuantile } from '../../src/posterior/mcse-quantile.js';
import { quantileOfSorted, sorted } from '../../src/posterior/quantiles.js';
import { randomStream } from '../../src/random/stream.js';
import reference from '../reference/convergence.json' with { type: 'json' };

const runs = { seed: 2025, numRuns: 200 };

type Statistic = (values: Float64Array, chains: number) => number;
const all = {
  rhat,
  essBulk,
  essTail,
  essMean,
  essSd,
  essMedian,
  essQuantile: (values, chains) => essQuantile(values, chains, 0.1),
  essLargest: (values, chains) => essQuantile(values, chains, 1),
  mcseMean,
  mcseSd,
  mcseMedian,
  mcseQuantile: (values, chains) => mcseQuantile(values, chains, 0.1),
} satisfies Record<string, Statistic>;
const names = Object.keys(all) as (keyof typeof all)[];

/**
 * Sums of n ≤ 1,000 terms in another order, and autocovariances by another method (posterior's
 * come from a Fourier transform): some hundred ulps in each correlation, of which the ESS adds up
 * at most n. 1000 · 1000 · 2⁻⁵² is 2e-10; the differences seen are near 1e-14.
 */
const TOLERANCE = 2e-10;

function expectAgreement(ours: number, theirs: number, tolerance = TOLERANCE): void {
  if (Number.isNaN(theirs)) expect(ours).toBeNaN();
  else expect(Math.abs(ours - theirs)).toBeLessThanOrEqual(tolerance * Math.abs(theirs));
}

/** Chains of whole numbers, in which sums, products and medians are free of rounding. */
const wholeChains = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 4, max: 40 }))
  .chain(([chains, length]) =>
    fc
      .array(fc.integer({ min: -1000, max: 1000 }), {
        minLength: chains * length,
        maxLength: chains * length,
      })
      .map((values) => ({ chains, values: Float64Array.from(values) })),
  );

/** Autoregressive chains; phi < 0 is antithetic. */
function autoregressive(seed: number, chains: number, length: number, phi: number): Float64Array {
  const random = randomStream(seed, 'autoregressive');
  const values = new Float64Array(chains * length);
  for (let chain = 0; chain < chains; chain++) {
    let state = random.normal();
    for (let i = 0; i < length; i++) {
      values[chain * length + i] = state;
      state = phi * state + Math.sqrt(1 - phi * phi) * random.normal();
    }
  }
  return values;
}

describe('R-hat and ESS', () => {
  it('of the bulk and of the tails are unchanged by any increasing map', () => {
    fc.assert(
      fc.property(wholeChains, ({ values, chains }) => {
        // x³ + x of whole numbers to 1,000 is exact, so that no two draws become one.
        const image = values.map((value) => value ** 3 + value);
        expect(essBulk(image, chains)).toBe(essBulk(values, chains));
        expect(essTail(image, chains)).toBe(essTail(values, chains));
      }),
      runs,
    );
  });

  it('are unchanged by an affine map; standard errors scale with it', () => {
    const scale = fc.integer({ min: 1, max: 512 });
    const shift = fc.integer({ min: -1000, max: 1000 });
    fc.assert(
      fc.property(wholeChains, scale, shift, ({ values, chains }, times, plus) => {
        const image = values.map((value) => times * value + plus);
        expect(rhat(image, chains)).toBe(rhat(values, chains));
        expect(essBulk(image, chains)).toBe(essBulk(values, chains));
        expect(essTail(image, chains)).toBe(essTail(values, chains));
        // n = 160 roundings of numbers near 1,000 over the least spread, of one draw in 160 that is
        // apart by 1 (sd 0.08): 4e-10 in each correlation, of which the ESS adds up at most n.
        expectAgreement(essMean(image, chains), essMean(values, chains), 1e-7);
        expectAgreement(mcseMean(image, chains), times * mcseMean(values, chains), 1e-7);
        expectAgreement(mcseSd(image, chains), times * mcseSd(values, chains), 1e-7);
        expect(mcseQuantile(image, chains, 0.1)).toBe(times * mcseQuantile(values, chains, 0.1));
      }),
      runs,
    );
  });

  it('of the mean and of the bulk are unchanged when the draws change sign', () => {
    fc.assert(
      fc.property(wholeChains, ({ values, chains }) => {
        const mirrored = values.map((value) => -value);
        for (const name of ['rhat', 'essBulk', 'essMean', 'mcseMean', 'mcseSd'] as const) {
          expectAgreement(all[name](mirrored, chains), all[name](values, chains));
        }
      }),
      runs,
    );
  });

  it('do not depend on the order of the chains', () => {
    fc.assert(
      fc.property(wholeChains, fc.nat(3), ({ values, chains }, turns) => {
        const length = values.length / chains;
        const turned = values.map((_, i) => values[(i + turns * length) % values.length]);
        for (const name of names) {
          expectAgreement(all[name](turned, chains), all[name](values, chains));
        }
      }),
      runs,
    );
  });

  it('see the order of draws within a chain: sorted chains have hardly any effective draws', () => {
    const values = autoregressive(1, 4, 250, 0);
    const climbing = values.slice();
    for (let chain = 0; chain < 4; chain++)
      climbing.subarray(chain * 250, (chain + 1) * 250).sort();
    expect(rhat(values, 4)).toBeLessThan(1.02);
    expect(rhat(climbing, 4)).toBeGreaterThan(1.5);
    expect(essBulk(climbing, 4)).toBeLessThan(20);
  });
});

/**
 * Vehtari et al. 2021, equations 10 to 13, over whole arrays: autocovariances at every lag of
 * every half chain; the sums of pairs of neighbouring lags up to the first that is not positive;
 * their running minimum. Of that last pair the even lag is added where positive, and the ESS is
 * held to n log10(n), as Stan and posterior do for antithetic chains.
 */
function plainEss(halves: readonly (readonly number[])[]): number {
  const n = halves[0].length;
  const m = halves.length;
  const mean = (xs: readonly number[]) => xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const autocovariance = (xs: readonly number[], lag: number) =>
    xs.slice(lag).reduce((sum, x, i) => sum + (x - mean(xs)) * (xs[i] - mean(xs)), 0) / n;
  const means = halves.map(mean);
  const within = mean(halves.map((half) => (autocovariance(half, 0) * n) / (n - 1)));
  const between = means.reduce((sum, x) => sum + (x - mean(means)) ** 2, 0) / (m - 1);
  const total = ((n - 1) / n) * within + between;
  const rho = Array.from({ length: n }, (_, lag) =>
    lag === 0 ? 1 : 1 - (within - mean(halves.map((half) => autocovariance(half, lag)))) / total,
  );
  const pairs = Array.from({ length: Math.floor(n / 2) }, (_, k) => rho[2 * k] + rho[2 * k + 1]);
  const end = pairs.findIndex((pair) => pair <= 0);
  if (end < 1) throw new Error('these chains are too sticky for the test');
  const monotone = pairs.slice(0, end).map((_, k) => Math.min(...pairs.slice(0, k + 1)));
  const tau = -1 + 2 * monotone.reduce((sum, pair) => sum + pair, 0) + Math.max(rho[2 * end], 0);
  return (m * n) / Math.max(tau, 1 / Math.log10(m * n));
}

describe('the ESS of the mean', () => {
  it("is Geyer's initial monotone sequence, written anew over all autocovariances", () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 50, max: 60 }),
        fc.double({ min: -0.8, max: 0.5, noNaN: true }),
        (seed, chains, half, phi) => {
          const values = autoregressive(seed, chains, 2 * half, phi);
          const halves = Array.from({ length: 2 * chains }, (_, i) => [
            ...values.subarray(i * half, (i + 1) * half),
          ]);
          expectAgreement(essMean(values, chains), plainEss(halves));
        },
      ),
      { seed: 2025, numRuns: 50 },
    );
  });

  it('of indicators is the ESS of a quantile, whose sums are over the fewer draws only', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 40, max: 61 }),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        (seed, chains, length, probability) => {
          const values = autoregressive(seed, chains, length, 0.3);
          const bound = quantileOfSorted(sorted(values), probability);
          const below = values.map((value) => (value <= bound ? 1 : 0));
          expectAgreement(essQuantile(values, chains, probability), essMean(below, chains));
        },
      ),
      runs,
    );
  });

  it('never exceeds n log10(n), however antithetic the chains', () => {
    const values = autoregressive(3, 4, 250, -0.95);
    expect(essMean(values, 4)).toBeCloseTo(3000, 9);
  });
});

describe('draws without a value', () => {
  const constant = new Float64Array(40).fill(0.1);
  const spoilt = (bad: number) => Float64Array.from({ length: 40 }, (_, i) => (i === 7 ? bad : i));
  it.each(names)('%s is NaN for constant and for non-finite draws', (name) => {
    expect(all[name](constant, 2)).toBeNaN();
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(all[name](spoilt(bad), 2)).toBeNaN();
    }
  });
  it.each(names)('%s is NaN for chains too short to split', (name) => {
    expect(all[name](Float64Array.of(1, 2), 2)).toBeNaN();
    expect(all[name](Float64Array.of(1, 2, 3, 4), 2)).toBeNaN();
  });
  it('R-hat is beyond all bounds for chains stuck each at its own value', () => {
    const stuck = Float64Array.from({ length: 80 }, (_, i) => Math.floor(i / 20));
    expect(rhat(stuck, 4)).toBeGreaterThan(1e6);
  });
});

describe('against posterior', () => {
  // posterior ranks infinite draws as any others, for R-hat and bulk ESS; here they give NaN.
  const sets = reference.sets.filter(({ name }) => name !== 'an infinite draw');
  for (const name of names) {
    it.each(sets)(`${name}: $name`, ({ draws, chains, convergence }) => {
      const values = Float64Array.from(draws, Number);
      expectAgreement(all[name](values, chains), convergence[name] ?? Number.NaN);
    });
    it(`${name}: sixty sets of two short chains`, () => {
      for (const { draws, chains, convergence } of reference.small) {
        const values = Float64Array.from(draws);
        expectAgreement(all[name](values, chains), convergence[name] ?? Number.NaN);
      }
    });
  }
});

describe('sample moments and E-BFMI', () => {
  it('are worked by hand', () => {
    expect(sampleMoments([1, 2, 3, 6])).toEqual({ mean: 3, variance: 14 / 3 });
    // Steps 1 + 1 + 1, squares about the mean 4 · 1/4.
    expect(ebfmi(Float64Array.of(0, 1, 0, 1))).toBeCloseTo(3, 14);
    expect(ebfmi(new Float64Array(8).fill(2))).toBeNaN();
  });

  it('the E-BFMI is the squared steps of the energy over its squared distances from the mean', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -999, max: 999 }), { minLength: 2 }), (energy) => {
        fc.pre(new Set(energy).size > 1);
        const mean = energy.reduce((a, b) => a + b) / energy.length;
        const steps = energy.slice(1).map((value, i) => (value - energy[i]) ** 2);
        const squares = energy.map((value) => (value - mean) ** 2);
        const ratio = steps.reduce((a, b) => a + b) / squares.reduce((a, b) => a + b);
        expectAgreement(ebfmi(Float64Array.from(energy)), ratio, 1e-11);
      }),
      runs,
    );
  });
});

describe('nested R-hat', () => {
  const variance = (values: readonly number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  };
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;

  it('is by its definition: variances between and within superchains', () => {
    const drawn = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), {
      minLength: 24,
      maxLength: 24,
    });
    fc.assert(
      fc.property(drawn, (values) => {
        fc.pre(variance(values) > 1e-6);
        // Six chains of four draws; chains 0, 2, 4 and 1, 3, 5 start together.
        const chains = Array.from({ length: 6 }, (_, c) => values.slice(4 * c, 4 * c + 4));
        const groups = [0, 1].map((g) => chains.filter((_, c) => c % 2 === g));
        const means = groups.map((group) => mean(group.flat()));
        const within = mean(
          groups.map((group) => variance(group.map(mean)) + mean(group.map(variance))),
        );
        const expected = Math.sqrt(1 + variance(means) / within);
        const found = nestedRhat(Float64Array.from(values), 6, ['a', 'b', 'a', 'b', 'a', 'b']);
        expect(found).toBeCloseTo(expected, 8);
      }),
    );
  });

  it('of one chain a superchain has nothing between its chains, and of one draw nothing within', () => {
    const values = Float64Array.of(1, 2, 3, 5, 6, 7);
    expect(nestedRhat(values, 2, [0, 1])).toBeCloseTo(Math.sqrt(1 + 8 / 1), 12);
    expect(nestedRhat(Float64Array.of(1, 3, 5, 7), 4, [0, 0, 1, 1])).toBeCloseTo(
      Math.sqrt(1 + 8 / 2),
      12,
    );
  });

  it('needs superchains of one size', () => {
    const values = new Float64Array(12);
    expect(() => nestedRhat(values, 3, [0, 0, 1])).toThrow(/^superchains are 3 of sizes 2, 1/);
    expect(() => nestedRhat(values, 2, [0, 0])).toThrow('at least two');
  });
});
