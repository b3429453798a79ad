/**
 * First and second derivatives of every family with every link against central differences, over
 * outcomes drawn from the family, with and without rows that share a linear predictor; of families with censored and
 * truncated outcomes those too.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Family, type Outcomes, traitsOf } from '../../../models/families/family.js';
import {
  limitedFamilies,
  responseDistribution,
  responseFamily,
} from '../../../models/families/index.js';
import type { Limits } from '../../../src/linear-algebra/limits.js';
import { randomStream } from '../../../src/random/stream.js';
import { allFamilies, auxiliaryExamples, hasTrials, isProbability, nearby } from './examples.js';

/** Where every link has a mean within the family's range. */
function linearPredictors(family: Family): fc.Arbitrary<number> {
  const { link } = family;
  if (isProbability(family) && link === 'log')
    return fc.double({ min: -3, max: -0.2, noNaN: true });
  if (link === 'identity' || link === 'inverse' || link === 'sqrt') {
    return fc.double({ min: 0.5, max: 3, noNaN: true });
  }
  return fc.double({ min: -2.5, max: 2.5, noNaN: true });
}

interface Situation {
  readonly outcomes: Outcomes;
  readonly eta: Float64Array;
  readonly aux: Float64Array;
}

/** Known outcomes, left-censored, right-censored and in intervals, half of them within bounds. */
function limitsFor(family: Family, values: Float64Array): Limits {
  const of = (end: (y: number, kind: number, bounded: boolean) => number) =>
    values.map((y, i) => end(y, i % 4, i % 3 !== 0));
  const [low, high] = [(y: number) => nearby(family, y)[0], (y: number) => nearby(family, y)[1]];
  const after = of((y, _, bounded) => (bounded ? low(y) : Number.NEGATIVE_INFINITY));
  const upTo = of((y, _, bounded) => (bounded ? high(high(y)) : Number.POSITIVE_INFINITY));
  // There may be no count above the largest that was drawn.
  const least = traitsOf(family).outcome === 'real' ? 0 : 1;
  return {
    from: values.map((y, i) => (i % 4 === 1 ? (after[i] ?? y) : i % 4 === 0 ? y : y - least)),
    to: values.map((y, i) => (i % 4 === 2 ? (upTo[i] ?? y) : i % 4 === 3 ? high(y) : y)),
    after,
    upTo,
  };
}

function situations(family: Family, isLimited = false): fc.Arbitrary<Situation> {
  const distribution = responseDistribution(family);
  return fc
    .record({
      eta: fc.array(linearPredictors(family), { minLength: 1, maxLength: 8 }),
      aux: fc.tuple(
        ...distribution.auxiliary.map((name) => {
          const [min, most] = auxiliaryExamples[name].range;
          // The fifth derivative of e^{k z} by z is k⁵ times as large.
          const max = family.family === 'weibull' ? 4 : most;
          return fc.double({ min, max, noNaN: true });
        }),
      ),
      shared: fc.boolean(),
      weighted: fc.boolean(),
      seed: fc.integer({ min: 0, max: 1000 }),
    })
    .map(({ eta, aux, shared, weighted, seed }) => {
      const random = randomStream('derivatives', seed);
      const rows = shared ? 2 * eta.length : eta.length;
      const of = Int32Array.from({ length: rows }, (_, i) => i % eta.length);
      const trials = hasTrials(family)
        ? Float64Array.from({ length: rows }, (_, i) => 1 + (i % 4))
        : null;
      const values = Float64Array.from(of, (cell, i) =>
        distribution.simulate(eta[cell] ?? 0, Float64Array.from(aux), trials?.[i] ?? 1, random),
      );
      const weights = Float64Array.from(of, (_, i) => 0.25 + (i % 3));
      const cells = shared ? { cells: { count: eta.length, of } } : {};
      return {
        outcomes: {
          ...{ rows, values, trials, ...cells },
          ...(weighted && { weights }),
          ...(isLimited && { limits: limitsFor(family, values) }),
        },
        eta: Float64Array.from(eta),
        aux: Float64Array.from(aux),
      };
    });
}

/** The log likelihood of (η, aux) as one vector, with its gradient. */
function joined(family: Family, { outcomes, eta, aux }: Situation) {
  const response = responseFamily(family, outcomes);
  const etaGradient = new Float64Array(eta.length);
  const auxGradient = new Float64Array(aux.length);
  return (x: Float64Array) => {
    const value = response.logLikelihood(
      x.subarray(0, eta.length),
      x.subarray(eta.length),
      etaGradient,
      auxGradient,
    );
    return { value, gradient: [...etaGradient, ...auxGradient] };
  };
}

/** Row-major second derivatives in (η, aux). */
function hessianOf(family: Family, { outcomes, eta, aux }: Situation): number[][] {
  const [n, m] = [eta.length, aux.length];
  const curvature = new Float64Array(n);
  const cross = new Float64Array(m * n);
  const ofAux = new Float64Array(m * m);
  responseFamily(family, outcomes).curvature(eta, aux, curvature, cross, ofAux);
  return Array.from({ length: n + m }, (_, i) =>
    Array.from({ length: n + m }, (_, j) => {
      if (i < n && j < n) return i === j ? (curvature[i] ?? Number.NaN) : 0;
      if (i >= n && j >= n) return ofAux[(i - n) * m + j - n] ?? Number.NaN;
      return cross[(Math.max(i, j) - n) * n + Math.min(i, j)] ?? Number.NaN;
    }),
  );
}

/**
 * Differences over ±h and ±2h, whose errors of order h² cancel (Richardson): what is left is of
 * order h⁴ f⁽⁵⁾, below 1e-12 · 1e5 for the predictors and shapes above, and rounding at ε f/h.
 */
const H = 1e-3;
const TOLERANCE = 1e-7;

function differences(f: (shift: number) => number): number {
  return (8 * (f(H) - f(-H)) - (f(2 * H) - f(-2 * H))) / (12 * H);
}

/** True if an outcome is so near to the kink of its density that differences reach over it. */
function isNearKink({ family, link }: Family, { outcomes, eta }: Situation): boolean {
  if (family !== 'asym_laplace') return false;
  const { inverseLink } = responseDistribution({ family, link });
  const { values, limits } = outcomes;
  const all = limits ? [limits.from, limits.to, limits.after, limits.upTo] : [values];
  return all.some((ends) =>
    Array.from(ends).some((y, i) => {
      const at = eta[outcomes.cells?.of[i] ?? i];
      const [low, high] = [inverseLink(at - 2 * H), inverseLink(at + 2 * H)];
      return (y - low) * (y - high) <= 0;
    }),
  );
}

function shifted(x: Float64Array, index: number, by: number): Float64Array {
  return x.map((value, i) => (i === index ? value + by : value));
}

describe.each(allFamilies)('$family with the link $link', (family) => {
  const kinds = limitedFamilies.includes(family.family) ? [false, true] : [false];
  it.each(kinds)('has the derivatives that differences find, limited: %s', (isLimited) => {
    fc.assert(
      fc.property(situations(family, isLimited), (situation) => {
        fc.pre(!isNearKink(family, situation));
        const evaluate = joined(family, situation);
        const x = Float64Array.from([...situation.eta, ...situation.aux]);
        const at = evaluate(x);
        const size = 1 + Math.abs(at.value);
        const hessian = hessianOf(family, situation);
        for (let i = 0; i < x.length; i++) {
          const slope = differences((by) => evaluate(shifted(x, i, by)).value);
          expect(Math.abs((at.gradient[i] ?? Number.NaN) - slope)).toBeLessThan(
            TOLERANCE * (size + Math.abs(slope)),
          );
          for (let j = 0; j < x.length; j++) {
            const second = differences(
              (by) => evaluate(shifted(x, i, by)).gradient[j] ?? Number.NaN,
            );
            expect(Math.abs((hessian[i]?.[j] ?? Number.NaN) - second)).toBeLessThan(
              TOLERANCE * (size + Math.abs(at.gradient[j] ?? 0) + Math.abs(second)),
            );
          }
        }
      }),
      { seed: 2025, numRuns: isLimited ? 12 : 40 },
    );
  });
});
