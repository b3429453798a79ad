/**
 * Ordinal families: probabilities against 60 digits (test/reference/ordinal.py), sums of them, symmetries,
 * derivatives against differences, and outcomes that are drawn.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Family, LinkName, Outcomes } from '../../../models/families/family.js';
import { linksOf, responseDistribution, responseFamily } from '../../../models/families/index.js';
import { gapsFor } from '../../../models/families/ordinal.js';
import { hasOrder } from '../../../models/families/thresholds.js';
import { randomStream } from '../../../src/random/stream.js';

const names = ['cumulative', 'sratio', 'cratio', 'acat'] as const;
const kinds = names.flatMap((family) => linksOf(family).map((link) => ({ family, link })));

interface Case {
  readonly family: (typeof names)[number];
  readonly link: LinkName;
  readonly eta: number;
  readonly thresholds: readonly number[];
  readonly logp: readonly (number | null)[];
}

const references: Case[] = JSON.parse(
  readFileSync(new URL('../../reference/ordinal.json', import.meta.url), 'utf8'),
);

function logProbabilities(family: Family, eta: number, thresholds: readonly number[]): number[] {
  const own = { ...family, thresholds: thresholds.length };
  const write = responseDistribution(own).logDensities(thresholds.map((t) => Float64Array.of(t)));
  return Array.from({ length: thresholds.length + 1 }, (_, c) => {
    const one = Float64Array.of(eta);
    write(c + 1, 1, one);
    return one[0];
  });
}

function probabilities(family: Family, eta: number, thresholds: readonly number[]): Float64Array {
  const { categories } = responseDistribution({ ...family, thresholds: thresholds.length });
  const target = new Float64Array(thresholds.length + 1);
  categories?.writeProbabilities(eta, Float64Array.from(thresholds), target);
  return target;
}

/** Thresholds in no order, or ascending if the family asks for it. */
function thresholdsFor(family: Pick<Family, 'family'>): fc.Arbitrary<number[]> {
  const one = fc.double({ min: -4, max: 4, noNaN: true });
  const several = fc.array(one, { minLength: 1, maxLength: 5 });
  return hasOrder(family)
    ? several.map((list) => list.sort((a, b) => a - b).map((t, k) => t + 0.01 * k))
    : several;
}

describe.each(kinds)('log probabilities of $family with the link $link', (kind) => {
  it('are those of 60 digits, in the tails and between near thresholds', () => {
    const cases = references.filter(
      ({ family, link }) => family === kind.family && link === kind.link,
    );
    expect(cases.length).toBeGreaterThan(20);
    for (const { eta, thresholds, logp } of cases) {
      const found = logProbabilities(kind, eta, thresholds);
      logp.forEach((expected, c) => {
        if (expected === null) return;
        // Sums of terms, each of which rounds at some ε of itself. Terms of adjacent categories that
        // cancel are as large as e^(η − τ) with the link cloglog.
        const cancels = kind.family === 'acat' && kind.link === 'cloglog';
        const most = cancels ? Math.exp(eta - Math.min(...thresholds)) : 1;
        const size = Math.max(1, Math.abs(expected), most);
        const label = `${eta} ${thresholds} ${c + 1}: ${found[c]} for ${expected}`;
        expect(Math.abs(found[c] - expected), label).toBeLessThan(4e-13 * size);
      });
    }
  });

  it('sum to 1, for any linear predictor', () => {
    const eta = fc.oneof(
      fc.double({ min: -5, max: 5, noNaN: true }),
      fc.double({ min: -600, max: 600, noNaN: true }),
    );
    fc.assert(
      fc.property(thresholdsFor(kind), eta, (thresholds, x) => {
        const found = probabilities(kind, x, thresholds);
        expect(Math.abs(found.reduce((sum, p) => sum + p, 0) - 1)).toBeLessThan(1e-13);
        expect(found.every((p) => p >= 0 && p <= 1)).toBe(true);
        logProbabilities(kind, x, thresholds).forEach((log, c) => {
          expect(Math.exp(log)).toBeCloseTo(found[c], 13);
        });
      }),
      { seed: 2025, numRuns: 200 },
    );
  });

  it('of two categories are those of a Bernoulli outcome', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -4, max: 4, noNaN: true }),
        fc.double({ min: -4, max: 4, noNaN: true }),
        (eta, threshold) => {
          // P(y = 2) is F(η − τ), but 1 − F(τ − η) where the first category has the link.
          const isFirst = kind.family === 'cumulative' || kind.family === 'sratio';
          const sign = isFirst ? -1 : 1;
          const write = responseDistribution({
            family: 'bernoulli',
            link: kind.link,
          }).logDensities([]);
          const found = logProbabilities(kind, eta, [threshold]);
          for (const outcome of [0, 1]) {
            const one = Float64Array.of(sign * (eta - threshold));
            write(isFirst ? 1 - outcome : outcome, 1, one);
            expect(found[outcome]).toBeCloseTo(one[0], 12);
          }
        },
      ),
      { seed: 2025, numRuns: 50 },
    );
  });

  it('of drawn outcomes are their shares', () => {
    const thresholds = [-0.7, 0.1, 0.4, 1.6];
    const distribution = responseDistribution({ ...kind, thresholds: thresholds.length });
    const random = randomStream('ordinal outcomes', kind.family, kind.link);
    const draws = 20_000;
    const expected = probabilities(kind, 0.3, thresholds);
    const single = new Float64Array(5);
    const many = new Float64Array(5);
    const own = Float64Array.from(thresholds);
    for (let s = 0; s < draws; s++) single[distribution.simulate(0.3, own, 1, random) - 1]++;
    const outcomes = new Float64Array(draws).fill(0.3);
    distribution.outcomes(thresholds.map((t) => new Float64Array(draws).fill(t)))(
      outcomes,
      1,
      random,
    );
    for (const y of outcomes) many[y - 1]++;
    for (const counts of [single, many]) {
      const chiSquare = counts.reduce(
        (sum, n, c) => sum + (n - draws * expected[c]) ** 2 / (draws * expected[c]),
        0,
      );
      // The 1 − 1e-6 quantile of a chi-square of 4 degrees of freedom is 33.4.
      expect(chiSquare).toBeLessThan(33.4);
    }
    const means = Float64Array.of(0.3);
    distribution.means(thresholds.map((t) => Float64Array.of(t)))(means, 1);
    const score = expected.reduce((sum, p, c) => sum + (c + 1) * p, 0);
    expect(means[0]).toBeCloseTo(score, 12);
  });

  it('change places with the sign of η if the link is symmetric', () => {
    if (kind.link === 'cloglog') return;
    const mirrored = {
      cumulative: 'cumulative',
      sratio: null,
      cratio: null,
      acat: 'acat',
    } as const;
    const other = mirrored[kind.family];
    fc.assert(
      fc.property(
        thresholdsFor(kind),
        fc.double({ min: -30, max: 30, noNaN: true }),
        (thresholds, eta) => {
          const found = logProbabilities(kind, eta, thresholds);
          // Ratios that begin at the other end are another family; those of both names are one.
          const expected = other
            ? logProbabilities(
                { ...kind, family: other },
                -eta,
                thresholds.map((t) => -t).reverse(),
              ).reverse()
            : logProbabilities(
                { ...kind, family: kind.family === 'sratio' ? 'cratio' : 'sratio' },
                eta,
                thresholds,
              );
          found.forEach((log, c) => {
            expect(Math.abs(log - expected[c])).toBeLessThan(1e-11 * Math.max(1, Math.abs(log)));
          });
        },
      ),
      { seed: 2025, numRuns: 100 },
    );
  });
});

interface Situation {
  readonly outcomes: Outcomes;
  readonly eta: Float64Array;
  readonly gaps: Float64Array;
}

/** @param far largest |η| */
function situations(kind: Pick<Family, 'family'>, far: number): fc.Arbitrary<Situation> {
  const low = hasOrder(kind) ? 0.05 : -1.5;
  return fc
    .record({
      eta: fc.array(fc.double({ min: -far, max: far, noNaN: true }), {
        minLength: 1,
        maxLength: 4,
      }),
      gaps: fc.array(fc.double({ min: low, max: 2, noNaN: true }), {
        minLength: 0,
        maxLength: 4,
      }),
      shared: fc.boolean(),
      seed: fc.integer({ min: 0, max: 1000 }),
    })
    .map(({ eta, gaps, shared, seed }) => {
      const random = randomStream('ordinal derivatives', seed);
      const rows = shared ? 3 * eta.length : eta.length;
      const of = Int32Array.from({ length: rows }, (_, i) => i % eta.length);
      const values = Float64Array.from(of, () =>
        Math.floor(1 + (gaps.length + 2) * random.uniform()),
      );
      const cells = shared ? { cells: { count: eta.length, of } } : {};
      return {
        outcomes: { rows, values, trials: null, ...cells },
        eta: Float64Array.from(eta),
        gaps: Float64Array.from(gaps),
      };
    });
}

/** The log likelihood of (η, gaps) as one vector, with its gradient. */
function joined(family: Family, { outcomes, eta, gaps }: Situation) {
  const response = responseFamily({ ...family, thresholds: gaps.length + 1 }, outcomes);
  const etaGradient = new Float64Array(eta.length);
  const gapGradient = new Float64Array(gaps.length);
  return (x: Float64Array) => {
    const [first, rest] = [x.subarray(0, eta.length), x.subarray(eta.length)];
    const value = response.logLikelihood(first, rest, etaGradient, gapGradient);
    return { value, gradient: Float64Array.from([...etaGradient, ...gapGradient]) };
  };
}

function hessianOf(family: Family, { outcomes, eta, gaps }: Situation): number[][] {
  const [n, m] = [eta.length, gaps.length];
  const curvature = new Float64Array(n);
  const cross = new Float64Array(m * n);
  const ofGaps = new Float64Array(m * m);
  const response = responseFamily({ ...family, thresholds: m + 1 }, outcomes);
  response.curvature(eta, gaps, curvature, cross, ofGaps);
  return Array.from({ length: n + m }, (_, i) =>
    Array.from({ length: n + m }, (_, j) => {
      if (i < n && j < n) return i === j ? curvature[i] : 0;
      if (i >= n && j >= n) return ofGaps[(i - n) * m + j - n];
      return cross[(Math.max(i, j) - n) * n + Math.min(i, j)];
    }),
  );
}

/** By Richardson over h and 2h: h⁴ f⁽⁵⁾/30, where the fifth derivative of log δ is 24/δ⁵, and ε f/h. */
function differences(f: (by: number) => number, h: number): number {
  return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
}

describe.each(kinds)('the likelihood of $family with the link $link', (kind) => {
  it.each([2.5, 30])('has the derivatives that differences find, |η| up to %d', (far) => {
    const most = kind.link === 'cloglog' ? Math.min(far, 5) : far;
    fc.assert(
      fc.property(situations(kind, most), (situation) => {
        const evaluate = joined(kind, situation);
        const x = Float64Array.from([...situation.eta, ...situation.gaps]);
        const at = evaluate(x);
        const hessian = hessianOf(kind, situation);
        const shifted = (i: number, by: number) =>
          evaluate(x.map((value, j) => (i === j ? value + by : value)));
        // For gaps of at least 0.05: 24/0.05⁵ · h⁴/30 = 2.6e-6 of h = 1e-3; ε 100/1e-3 = 2e-11.
        const h = 2e-4;
        const size = 1 + Math.abs(at.value);
        for (let i = 0; i < x.length; i++) {
          const slope = differences((by) => shifted(i, by).value, h);
          expect(Math.abs(at.gradient[i] - slope)).toBeLessThan(1e-7 * (size + Math.abs(slope)));
          for (let j = 0; j < x.length; j++) {
            const second = differences((by) => shifted(i, by).gradient[j], h);
            const bound = 1e-6 * (size + Math.abs(at.gradient[j]) + Math.abs(second));
            expect(Math.abs(hessian[i][j] - second)).toBeLessThan(bound);
          }
        }
      }),
      { seed: 2025, numRuns: 40 },
    );
  });

  it('is the sum of its rows, merged or not, with thresholds that the intercept moves', () => {
    fc.assert(
      fc.property(situations(kind, 3), ({ outcomes, eta, gaps }) => {
        const count = gaps.length + 1;
        const { weights } = gapsFor({ ...kind, thresholds: count }, outcomes);
        const sums = [0];
        for (const gap of gaps) sums.push((sums.at(-1) ?? 0) + gap);
        const mean = sums.reduce((sum, value, k) => sum + weights[k] * value, 0);
        expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
        const offsets = sums.map((value) => value - mean);
        const of = outcomes.cells?.of ?? Int32Array.from(eta, (_, i) => i);
        const expected = outcomes.values.reduce(
          (sum, y, i) => sum + logProbabilities(kind, eta[of[i]], offsets)[y - 1],
          0,
        );
        const { value } = joined(kind, { outcomes, eta, gaps })(
          Float64Array.from([...eta, ...gaps]),
        );
        expect(Math.abs(value - expected)).toBeLessThan(1e-11 * (1 + Math.abs(expected)));
      }),
      { seed: 2025, numRuns: 60 },
    );
  });

  it('is finite or -Infinity at an extreme linear predictor, and never NaN where it is finite', () => {
    const outcomes = { rows: 3, values: Float64Array.of(1, 2, 3), trials: null };
    const response = responseFamily({ ...kind, thresholds: 2 }, outcomes);
    for (const eta of [-800, -40, 40, 800]) {
      const etaGradient = new Float64Array(3);
      const gapGradient = new Float64Array(1);
      const value = response.logLikelihood(
        new Float64Array(3).fill(eta),
        Float64Array.of(0.5),
        etaGradient,
        gapGradient,
      );
      if (kind.link !== 'cloglog') expect(Number.isFinite(value)).toBe(true);
      if (!Number.isFinite(value)) continue;
      expect([...etaGradient, ...gapGradient].every(Number.isFinite)).toBe(true);
    }
  });
});
