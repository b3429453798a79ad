/** Posterior means by integration on lattices, against sums over fine grids and against sampling. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { integratedMeans, uncertainShares } from '../../src/fit/integrated-means.js';
import { runJob } from '../../src/fit/job.js';
import { modelOf } from '../../src/fit/specification.js';
import { randomStream } from '../../src/random/stream.js';
import { logisticSpecification } from '../../src/regression/columns.js';
import { normal } from '../../src/regression/priors/constructors.js';
import { completeSettings } from '../../src/sampler/settings.js';

/** Choices by a logistic model of `columns` differences, as in a context of the paper. */
function choicesOf(seed: number, rows: number, columns: number, scale = 2) {
  const random = randomStream('choices', seed);
  const slopes = Array.from({ length: columns }, () => scale * random.normal());
  const values = Float64Array.from({ length: rows * columns }, () => 2 * random.uniform() - 1);
  const outcomes = Float64Array.from({ length: rows }, (_, i) => {
    const logit = slopes.reduce((sum, slope, j) => sum + slope * (values[i * columns + j] ?? 0), 0);
    return random.uniform() < 1 / (1 + Math.exp(-logit)) ? 1 : 0;
  });
  const names = slopes.map((_, j) => `d${j + 1}`);
  return logisticSpecification({ names, rows, values }, outcomes, { slopePrior: normal(0, 1) });
}

const toTheEnd = () => false;

describe('means by integration', () => {
  it('equal sums over a fine grid, within their stated errors', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 8, max: 60 }), (seed, rows) => {
        const model = modelOf(choicesOf(seed, rows, 1));
        const means = integratedMeans(model, toTheEnd);
        const exact = meansByGrid((x) => model.logDensity(x, new Float64Array(2)));
        // The second parameter is the slope; the first is reported at differences of zero.
        const slope = means?.[1];
        if (!slope) throw new Error('no mean');
        expect(slope.mcse).toBeLessThan(1e-3);
        expect(Math.abs(slope.mean - (exact[1] ?? 0))).toBeLessThan(4 * slope.mcse + 1e-6);
      }),
      { numRuns: 15, seed: 1 },
    );
  });

  it('are those of long chains in six dimensions', () => {
    for (const seed of [1, 2, 3]) {
      const specification = choicesOf(seed, 50, 5);
      const integrated = integratedMeans(modelOf(specification), toTheEnd);
      const job = { name: 'long', specification, controlMeans: true };
      const { controlledMeans } = runJob(job, completeSettings({ draws: 5000, seed }));
      integrated?.forEach((one, k) => {
        const other = controlledMeans?.[k];
        if (!other) throw new Error('no controlled mean');
        expect(one.mcse).toBeLessThan(0.05 * other.mcse);
        // 18 comparisons at 4 standard errors: false alarms 1 in 900, were the seeds not fixed.
        expect(Math.abs(one.mean - other.mean)).toBeLessThan(4 * other.mcse);
      });
      expect(integrated).toHaveLength(6);
    }
  });

  it('get closer level by level, and state their errors', () => {
    const models = Array.from({ length: 12 }, (_, seed) => modelOf(choicesOf(seed, 50, 5)));
    const levels = [1, 2, 3].map((level) =>
      models.map((model) => {
        let seen = 0;
        return integratedMeans(model, () => ++seen === level) ?? [];
      }),
    );
    const [coarse, middle, fine] = levels;
    const worst = (one: typeof coarse) =>
      Math.max(
        ...(one ?? []).flatMap((means, i) =>
          means.map(({ mean }, k) => Math.abs(mean - (fine?.[i]?.[k]?.mean ?? Number.NaN))),
        ),
      );
    expect(worst(middle)).toBeLessThan(worst(coarse) / 3);
    for (const level of [coarse, middle]) {
      level?.forEach((means, i) => {
        means.forEach(({ mean, mcse }, k) => {
          expect(Math.abs(mean - (fine?.[i]?.[k]?.mean ?? Number.NaN))).toBeLessThan(4 * mcse);
        });
      });
    }
  });

  it('are none for many parameters', () => {
    expect(integratedMeans(modelOf(choicesOf(1, 200, 14)), toTheEnd)).toBeNull();
  });
});

describe('shares whose rounding is uncertain', () => {
  const mean = (value: number, mcse: number) => ({ mean: value, mcse });

  it('are those within four errors of a boundary, with the integer on the other side', () => {
    const means = [mean(2, 0), mean(-1.0901, 1e-4), mean(0.5, 1e-4), mean(0.2101, 1e-3)];
    const uncertain = uncertainShares(means, 100);
    // −54.505 with an error of .005, 25 with the same, 10.505 with .05.
    expect(uncertain.map(({ index, other }) => [index, other])).toEqual([
      [1, -54],
      [3, 10],
    ]);
    expect(uncertain[0]?.chance).toBeCloseTo(0.1587, 3);
  });

  it('never include the largest, and none without errors', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 1, maxLength: 6 }),
        (values) => {
          const largest = values.reduce(
            (most, value, i) => (Math.abs(value) > Math.abs(values[most] ?? 0) ? i : most),
            0,
          );
          const means = values.map((value) => mean(value, 0.1));
          expect(uncertainShares(means, 100).map(({ index }) => index)).not.toContain(largest);
        },
      ),
      { seed: 4 },
    );
    expect(uncertainShares([mean(0, 0), mean(0, 0)], 100)).toEqual([]);
  });
});

/** Means of a density of two parameters over a grid of ±20 around zero. */
function meansByGrid(logDensity: (x: Float64Array) => number): number[] {
  const x = new Float64Array(2);
  const peak = logDensity(x);
  // The trapezoidal rule is exact to many digits at this step.
  const step = 0.2;
  let total = 0;
  const sums = [0, 0];
  for (let a = -100; a <= 100; a++) {
    for (let b = -45; b <= 45; b++) {
      x[0] = a * step;
      x[1] = b * step;
      const weight = Math.exp(logDensity(x) - peak);
      total += weight;
      sums[0] += weight * a * step;
      sums[1] += weight * b * step;
    }
  }
  return sums.map((sum) => sum / total);
}
