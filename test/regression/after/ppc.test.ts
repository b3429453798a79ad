/**
 * Posterior predictive checks: replications that `plotPpc` can draw, and p-values that are what
 * they are defined to be.
 */
import { describe, expect, it } from 'vitest';
import { plotPpc } from '../../../src/plots/ppc.js';
import { ppc } from '../../../src/regression/after/ppc.js';
import { posteriorPredict } from '../../../src/regression/after/predictions.js';
import { poisson } from '../../../src/regression/options.js';
import { normalDraws, smallFit } from '../../support/small-fit.js';
import { bernoulliFit, gaussianFit } from './brms-fits.js';

const sd = (values: readonly number[]) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
};
const definitions = {
  skewness: (values: readonly number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const moment = (power: number) =>
      values.reduce((sum, value) => sum + (value - mean) ** power, 0) / values.length;
    return moment(3) / moment(2) ** 1.5;
  },
  mean: (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length,
  sd,
  min: (values: readonly number[]) => Math.min(...values),
  max: (values: readonly number[]) => Math.max(...values),
  zeros: (values: readonly number[]) =>
    values.filter((value) => value === 0).length / values.length,
};

const counts = smallFit({
  formula: 'y ~ x',
  family: poisson(),
  data: Array.from({ length: 20 }, (_, i) => ({ y: i % 4, x: i / 20 })),
  draws: normalDraws([0.3, 0.1], 0.1, 500),
});

describe.each([
  { name: 'counts', fit: counts },
  { name: '0 and 1', fit: bernoulliFit },
  { name: 'measurements', fit: gaussianFit },
])('the check of $name', ({ fit }) => {
  const check = ppc(fit);
  const outcomes = [...check.observed];
  const all = posteriorPredict(fit);
  const total = all.chains * all.drawsPerChain;
  const replication = (values: Float64Array, s: number) => [
    ...values.subarray(s * outcomes.length, (s + 1) * outcomes.length),
  ];

  it('has statistics of all replications, by their definitions', () => {
    for (const row of check.statistics) {
      const statistic = definitions[row.statistic];
      const own = statistic(outcomes);
      const replicated = Array.from({ length: total }, (_, s) =>
        statistic(replication(all.values, s)),
      );
      expect(row.observed).toBeCloseTo(own, 10);
      // Equal data have equal statistics but for rounding here.
      const larger = replicated.filter((value) => value > own - 1e-9).length;
      expect(row.pValue).toBe(larger / total);
      const smaller = replicated.filter((value) => value < own + 1e-9).length;
      expect(row.pTwoSided).toBe(Math.min(1, (2 * Math.min(larger, smaller)) / total));
      const ascending = replicated.toSorted((a, b) => a - b);
      const middle = ((ascending[total / 2] ?? 0) + (ascending[total / 2 - 1] ?? 0)) / 2;
      expect(row.replicated).toBeCloseTo(middle, 10);
      expect(row.lower).toBeLessThanOrEqual(row.replicated);
      expect(row.upper).toBeGreaterThanOrEqual(row.replicated);
    }
  });

  it('keeps replications, evenly spaced, that can be drawn', () => {
    expect(check.replicated.drawsPerChain).toBe(100);
    const step = total / 100;
    for (const s of [0, 1, 57, 99]) {
      expect(replication(check.replicated.values, s)).toEqual(replication(all.values, s * step));
    }
    const { svg } = plotPpc(check.replicated, { observed: check.observed });
    expect(svg).toContain('<svg');
  });

  it('is the same by the same seed, and prints a line a statistic', () => {
    expect(ppc(fit)).toEqual(check);
    expect(ppc(fit, { seed: 3 }).statistics).not.toEqual(check.statistics);
    const few = ppc(fit, { draws: 50, replications: 10 });
    expect(few.replicated.drawsPerChain).toBe(10);
    expect(
      String(check)
        .split('\n')
        .map((line) => line.split(' ')[0]),
    ).toEqual(['', 'mean', 'sd', 'skewness', 'min', 'max', 'zeros']);
  });
});

describe('a model that cannot have made its data', () => {
  it('is told by p-values at the ends', () => {
    const wrong = smallFit({
      formula: 'y ~ 1',
      family: poisson(),
      data: { y: [0, 0, 0, 0, 0, 40, 0, 0, 0, 0, 0, 0] },
      draws: normalDraws([Math.log(40 / 12)], 0.05, 400),
    });
    const p = Object.fromEntries(ppc(wrong).statistics.map((row) => [row.statistic, row.pValue]));
    expect(p.max).toBe(0);
    expect(p.sd).toBe(0);
    expect(p.zeros).toBe(0);
    expect(p.mean).toBeGreaterThan(0.2);
  });

  it('and options out of range are refused', () => {
    expect(() => ppc(counts, { replications: 501 })).toThrow('from 1 to 500');
    expect(() => ppc(counts, { mass: 0 })).toThrow('mass is 0');
  });
});
