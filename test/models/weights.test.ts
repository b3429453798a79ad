/**
 * Weights of rows: a row of weight n has the likelihood of n equal rows, in every family, with all
 * derivatives, in JavaScript and in the kernels.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Family, familyNames } from '../../models/families/family.js';
import { linksOf } from '../../models/families/index.js';
import { isOrdinal } from '../../models/families/thresholds.js';
import { generalizedLinear } from '../../models/generalized-linear.js';
import { multilevel } from '../../models/multilevel.js';
import type { RegressionData, RegressionSpecification } from '../../models/regression-data.js';
import { rowLogLikelihood } from '../../models/reported-parameters.js';
import { randomStream } from '../../src/random/stream.js';
import { everyNth } from '../support/deep.js';
import { allFamilies } from './families/examples.js';
import { centreOf, flatSpecification, simulatedData } from './regression-situations.js';

/** The data with row i as often as `counts` says. */
function repeated(data: RegressionData, counts: readonly number[]): RegressionData {
  const rowOf = Int32Array.from(counts.flatMap((count, i) => new Array<number>(count).fill(i)));
  const rows = rowOf.length;
  const pick = (values: Float64Array) => Float64Array.from(rowOf, (row) => values[row] ?? 0);
  const { names, values } = data.predictors;
  const k = names.length;
  return {
    ...data,
    rows,
    outcomes: pick(data.outcomes),
    trials: data.trials && pick(data.trials),
    offset: data.offset && pick(data.offset),
    predictors: {
      names,
      rows,
      values: Float64Array.from({ length: rows * k }, (_, at) => {
        return values[(rowOf[Math.floor(at / k)] ?? 0) * k + (at % k)] ?? 0;
      }),
    },
  };
}

const ordinal: readonly Family[] = familyNames
  .filter((family) => isOrdinal({ family }))
  .map((family) => ({ family, link: linksOf(family)[0] ?? 'logit', thresholds: 3 }));

function specificationOf(family: Family, seed: number, offset: boolean): RegressionSpecification {
  const options = { rows: 12, slopes: 2, intercept: false, offset, coarse: true, seed };
  if (!isOrdinal(family)) return flatSpecification(family, simulatedData(family, options));
  const data = simulatedData({ family: 'gaussian', link: 'identity' }, options);
  const flat = flatSpecification(family, {
    ...data,
    // Centred predictors, whose means no weights change.
    intercept: true,
    predictors: {
      names: ['x'],
      rows: 12,
      values: Float64Array.from([1, -1, 1, -1, 2, -2, 1, -1, 3, -3, 1, -1]),
    },
    outcomes: Float64Array.from({ length: 12 }, (_, i) => 1 + ((i * 7 + seed) % 4)),
  });
  return {
    ...flat,
    priors: {
      ...flat.priors,
      intercept: null,
      coefficients: [{ distribution: 'normal', mean: 0, sd: 1 }],
      thresholds: [1, 2, 3].map(() => ({
        distribution: 'student_t',
        df: 3,
        location: 0,
        scale: 2.5,
      })),
    },
  };
}

const identity = (dimension: number) =>
  Float64Array.from({ length: dimension * dimension }, (_, at) =>
    Number(at % (dimension + 1) === 0),
  );

describe('a row of weight n is n rows', () => {
  const all = [...everyNth(3, allFamilies), ...ordinal];
  it.each(all.map((one) => [`${one.family} ${one.link}`, one] as const))('%s', (_, family) => {
    const counts = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(counts, fc.integer({ min: 0, max: 99 }), fc.boolean(), (drawn, seed, offset) => {
        const given = specificationOf(family, seed, offset);
        // The coordinates of thresholds depend on the shares of the categories: all rows alike.
        const n = drawn.map((count) => (isOrdinal(family) ? (drawn[0] ?? 1) : count));
        const weighted = { ...given, data: { ...given.data, weights: Float64Array.from(n) } };
        const [one, other] = [weighted, { ...given, data: repeated(given.data, n) }].map(
          generalizedLinear,
        );
        if (!one || !other) throw new Error('no model');
        const { dimension } = one;
        const points = [0.1, 0.3].map((x) => {
          const point = new Float64Array(dimension).fill(x / 4);
          if (!isOrdinal(family)) point[0] = centreOf(family) * (1 + x);
          return point;
        });
        const densities = [one.logDensity, other.logDensity].concat(
          one.quickDensity?.({ origin: new Float64Array(dimension), basis: identity(dimension) })
            .logDensity ?? [],
        );
        const found = densities.map((density) =>
          points.map((point) => {
            const gradient = new Float64Array(dimension);
            return { value: density(point, gradient), gradient: [...gradient] };
          }),
        );
        const [reference] = found.slice(1);
        const rise = (values: typeof reference = []) =>
          (values[1]?.value ?? 0) - (values[0]?.value ?? 0);
        fc.pre(Number.isFinite(rise(reference)));
        for (const each of found) {
          expect(rise(each)).toBeCloseTo(rise(reference), 7);
          each.forEach(({ gradient }, p) => {
            gradient.forEach((slope, j) => {
              const wanted = reference?.[p]?.gradient[j] ?? Number.NaN;
              expect(Math.abs(slope - wanted)).toBeLessThan(1e-8 * (1 + Math.abs(wanted)));
            });
          });
        }
        const hessians = [one, other].map((model) => {
          const hessian = new Float64Array(dimension * dimension);
          model.hessian?.(points[0] ?? new Float64Array(dimension), hessian);
          return hessian;
        });
        hessians[0]?.forEach((entry, at) => {
          const wanted = hessians[1]?.[at] ?? Number.NaN;
          expect(Math.abs(entry - wanted)).toBeLessThan(1e-7 * (1 + Math.abs(wanted)));
        });
      }),
      { seed: 4, numRuns: 15 },
    );
  });
});

describe('log likelihoods with group effects', () => {
  const levelOf = Int32Array.from({ length: 12 }, (_, i) => i % 3);
  it.each(
    everyNth(
      2,
      (['gaussian', 'student', 'poisson', 'negbinomial', 'bernoulli', 'gamma'] as const).map(
        (name) => [name],
      ),
    ),
  )('%s: are those of the repeated rows together', (name) => {
    const family: Family = { family: name, link: linksOf(name)[0] ?? 'identity' };
    const given = specificationOf(family, 5, false);
    const n = [1, 2, 3, 1, 1, 2, 2, 1, 3, 1, 2, 1];
    const withGroup = (data: RegressionData, rowOf: readonly number[]) => ({
      ...given,
      data: {
        ...data,
        groups: [
          {
            group: 'g',
            coefficients: ['Intercept'],
            levels: ['a', 'b', 'c'],
            levelOf: Int32Array.from(rowOf, (row) => levelOf[row] ?? 0),
            values: new Float64Array(rowOf.length).fill(1),
            correlated: false,
          },
        ],
      },
      priors: {
        ...given.priors,
        coefficients: given.priors.coefficients.map(
          () => ({ distribution: 'normal', mean: 0, sd: 5 }) as const,
        ),
        sds: [[{ distribution: 'exponential', rate: 1 } as const]],
        correlations: [null],
      },
    });
    const weighted = withGroup(
      { ...given.data, weights: Float64Array.from(n) },
      n.map((_, i) => i),
    );
    const copies = withGroup(
      repeated(given.data, n),
      n.flatMap((count, i) => new Array<number>(count).fill(i)),
    );
    const model = multilevel(weighted);
    const reported = new Float64Array(model.parameterNames.length);
    const totals = [weighted, copies].map((one) => {
      const write = rowLogLikelihood(one);
      const row = new Float64Array(one.data.rows);
      return (parameters: Float64Array) => {
        write(parameters, row);
        return row.reduce((sum, value) => sum + value, 0);
      };
    });
    model.constrain?.(
      new Float64Array(model.dimension).fill(0.2),
      reported,
      randomStream('weights'),
    );
    expect(totals[0]?.(reported)).toBeCloseTo(totals[1]?.(reported) ?? Number.NaN, 8);
  });
});
