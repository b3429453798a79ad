/**
 * Every family as a distribution: its density integrates or sums to 1, its mean is that of the density, and
 * what it draws has the distribution function that the density has (Kolmogorov, false alarm 1e-6 a test).
 */
import { describe, expect, it } from 'vitest';
import type { Family } from '../../../models/families/family.js';
import { traitsOf } from '../../../models/families/family.js';
import { responseDistribution } from '../../../models/families/index.js';
import { quickStream } from '../../../src/random/quick-stream.js';
import { randomStream } from '../../../src/random/stream.js';
import { expectUniform } from '../prior-distributions/support.js';
import { allFamilies, auxiliaryValues, hasTrials } from './examples.js';

const DRAWS = 20_000;
const TRIALS = 9;

/** A point of a rule: an outcome, and the length or the number that its density is multiplied by. */
interface Node {
  readonly y: number;
  readonly weight: number;
}

const even = (from: number, to: number, step: number): number[] =>
  Array.from({ length: Math.round((to - from) / step) + 1 }, (_, i) => from + i * step);

/** Trapezoids in t of y(t), whose integrand and derivatives vanish at both ends. */
const STEP = 0.002;
const substituted = (
  ts: readonly number[],
  y: (t: number) => number,
  slope: (t: number) => number,
) => ts.map((t): Node => ({ y: y(t), weight: STEP * slope(t) }));

const whole = (length: number) => even(0, length, 1).map((y): Node => ({ y, weight: 1 }));
const real = substituted(even(-9, 9, STEP), Math.sinh, Math.cosh);
const positive = substituted(even(-40, 12, STEP), Math.exp, Math.exp);
const logistic = (t: number) => 1 / (1 + Math.exp(-t));
const unit = substituted(even(-30, 30, STEP), logistic, (t) => logistic(t) * logistic(-t));

/** Points that are the middles of arcs, at which sums of smooth functions on a circle are exact. */
const ARCS = 20_000;
const ARC = (2 * Math.PI) / ARCS;
const circle = Array.from({ length: ARCS }, (_, i): Node => {
  return { y: (i + 0.5) * ARC - Math.PI, weight: ARC };
});

/** Ascending; with the weight 1 where an outcome has a probability of its own. */
function nodesOf(family: Family): readonly Node[] {
  const { outcome, mean, isLogarithmic, apart = [], ends = [] } = traitsOf(family);
  if (outcome === 'binary') return whole(1);
  if (outcome === 'binomial') return whole(TRIALS);
  if (outcome === 'count') return whole(3000);
  if (mean === 'probability') {
    const places = [...apart, ...ends].map((y): Node => ({ y, weight: 1 }));
    return [...unit, ...places].sort((a, b) => a.y - b.y);
  }
  if (mean === 'angle') return circle;
  return mean === 'positive' || isLogarithmic ? positive : real;
}

/** Heavy tails leave more beyond the rule than its own error, which is of order STEP² at a kink. */
const errors: Partial<Record<Family['family'], number>> = { student: 1e-6, asym_laplace: 1e-6 };

function centreOf({ family, link }: Family): number {
  const { mean } = traitsOf({ family });
  if (mean === 'probability') return link === 'log' ? -1 : 0.3;
  return link === 'sqrt' ? 1.5 : 0.9;
}

function masses(family: Family, eta: number, aux: readonly number[], trials: number) {
  const nodes = nodesOf(family);
  const write = responseDistribution(family).logDensities(aux.map((a) => Float64Array.of(a)));
  const one = new Float64Array(1);
  const mass = nodes.map(({ y, weight }) => {
    one[0] = eta;
    write(y, trials, one);
    return weight * Math.exp(one[0] ?? Number.NaN);
  });
  return { nodes, mass };
}

describe.each(allFamilies)('$family with the link $link', (family) => {
  const eta = centreOf(family);
  const aux = auxiliaryValues(family);
  const trials = hasTrials(family) ? TRIALS : 1;
  const distribution = responseDistribution(family);
  const { nodes, mass } = masses(family, eta, aux, trials);
  const tolerance = errors[family.family] ?? 1e-9;

  it('has a density of total 1, and its mean', () => {
    const total = mass.reduce((sum, m) => sum + m, 0);
    expect(Math.abs(total - 1)).toBeLessThan(tolerance);
    const sumOf = (of: (y: number) => number) =>
      mass.reduce((sum, m, i) => sum + m * of(nodes[i]?.y ?? 0), 0);
    // The mean of angles is the direction of their sum as vectors.
    const mean =
      traitsOf(family).mean === 'angle'
        ? Math.atan2(sumOf(Math.sin), sumOf(Math.cos))
        : sumOf((y) => y);
    const given = distribution.mean(eta, Float64Array.from(aux), trials);
    expect(Math.abs(mean - given)).toBeLessThan(1e3 * tolerance * (1 + Math.abs(given)));
  });

  it('draws outcomes by its density, one at a time and for many draws at once', () => {
    const own = Float64Array.from(aux);
    const random = randomStream('distributions', family.family, family.link);
    const single = Float64Array.from({ length: DRAWS }, () =>
      distribution.simulate(eta, own, trials, random),
    );
    const many = new Float64Array(DRAWS).fill(distribution.inverseLink(eta));
    const write = distribution.outcomes(aux.map((a) => new Float64Array(DRAWS).fill(a)));
    write(many, trials, quickStream(1, 'distributions', 0));
    const below = new Float64Array(mass.length);
    mass.forEach((m, i) => {
      below[i] = (below[i - 1] ?? 0) + m;
    });
    const uniforms = quickStream(2, 'within', 0);
    for (const draws of [single, many]) {
      for (const y of draws.subarray(0, 100)) {
        expect(distribution.expected(y, trials)).toBeNull();
      }
      // A place within an outcome's own probability, or between two points of the rule.
      expectUniform(
        draws.map((y) => {
          let [low, high] = [0, nodes.length - 1];
          while (low < high) {
            const middle = (low + high) >> 1;
            if ((nodes[middle]?.y ?? 0) < y) low = middle + 1;
            else high = middle;
          }
          const upper = below[low] ?? Number.NaN;
          return upper - (mass[low] ?? 0) * uniforms.uniform();
        }),
      );
    }
  });
});
