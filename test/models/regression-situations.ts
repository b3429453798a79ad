/** Regressions drawn at random: data from the family itself, priors of every kind, offsets. */
import fc from 'fast-check';
import type { Family } from '../../models/families/family.js';
import { responseDistribution } from '../../models/families/index.js';
import type { Prior } from '../../models/prior-distributions.js';
import type { RegressionData, RegressionSpecification } from '../../models/regression-data.js';
import { randomStream } from '../../src/random/stream.js';
import {
  auxiliaryPriorsOf,
  auxiliaryValues,
  hasPole,
  hasTrials,
  isProbability,
} from './families/examples.js';

/** An η at which every link has a mean well within the family's range. */
export function centreOf(family: Family): number {
  const { link } = family;
  if (isProbability(family)) return link === 'log' ? -2 : 0.2;
  if (link === 'inverse') return 0.4;
  return link === 'sqrt' || (link === 'identity' && hasPole(family)) ? 4 : 0.5;
}

const flat: Prior = { distribution: 'flat' };

const slopePriors: readonly Prior[] = [
  flat,
  { distribution: 'normal', mean: 0.1, sd: 0.7 },
  { distribution: 'student_t', df: 4, location: 0, scale: 1 },
  { distribution: 'cauchy', location: 0, scale: 0.5, lower: -2, upper: 3 },
  { distribution: 'normal', mean: 0, sd: 1, lower: -3 },
  { distribution: 'normal', mean: 0, sd: 1, upper: 2.5 },
  { distribution: 'gamma', shape: 2, rate: 3 },
  { distribution: 'uniform', from: -2, to: 2 },
];

/** The specification with flat slopes, for data in numbers. */
export function flatSpecification(family: Family, data: RegressionData): RegressionSpecification {
  return {
    family,
    data,
    priors: {
      intercept: data.intercept ? flat : null,
      coefficients: data.predictors.names.map(() => flat),
      sds: [],
      correlations: [],
      auxiliary: auxiliaryPriorsOf(family),
    },
  };
}

export interface Options {
  readonly rows: number;
  readonly slopes: number;
  readonly intercept: boolean;
  readonly offset: boolean;
  /** Predictors take few values, so that rows are the same. */
  readonly coarse: boolean;
  readonly seed: number;
}

/** Data whose linear predictors lie about `centreOf`. */
export function simulatedData(family: Family, options: Options): RegressionData {
  const { rows, slopes, intercept, coarse, seed } = options;
  const random = randomStream('situation', seed, family.family, family.link);
  const centre = centreOf(family);
  const noise = () => (coarse ? Math.round(random.normal()) : random.normal());
  // Without an intercept the first column has to carry the centre.
  const values = Float64Array.from({ length: rows * slopes }, (_, at) =>
    !intercept && at % slopes === 0 ? 1 + 0.1 * noise() : 0.4 * noise(),
  );
  const offset = options.offset
    ? Float64Array.from({ length: rows }, (_, i) => 0.1 * (i % 3))
    : null;
  const trials = hasTrials(family)
    ? Float64Array.from({ length: rows }, (_, i) => 1 + (i % 6))
    : null;
  const distribution = responseDistribution(family);
  const aux = Float64Array.from(auxiliaryValues(family));
  const outcomes = Float64Array.from({ length: rows }, (_, i) => {
    let eta = intercept ? centre : 0;
    for (let j = 0; j < slopes; j++) {
      const slope = !intercept && j === 0 ? centre : 0.2;
      eta += slope * (values[i * slopes + j] ?? 0);
    }
    return distribution.simulate(eta, aux, trials?.[i] ?? 1, random);
  });
  const names = Array.from({ length: slopes }, (_, j) => `x${j}`);
  return {
    rows,
    outcomes,
    trials,
    offset,
    intercept,
    predictors: { names, rows, values },
    groups: [],
  };
}

export function situations(family: Family): fc.Arbitrary<RegressionSpecification> {
  return fc
    .record({
      rows: fc.integer({ min: 6, max: 25 }),
      slopes: fc.integer({ min: 1, max: 3 }),
      intercept: fc.boolean(),
      offset: fc.boolean(),
      coarse: fc.boolean(),
      seed: fc.integer({ min: 0, max: 10_000 }),
      // Without an intercept the first slope is far from zero: its prior may have no bounds.
      priors: fc.array(fc.integer({ min: 0, max: slopePriors.length - 1 }), {
        minLength: 3,
        maxLength: 3,
      }),
    })
    .map(({ priors, ...options }) => {
      const data = simulatedData(family, options);
      const wide: Prior = { distribution: 'normal', mean: 0, sd: 10 };
      const coefficients = data.predictors.names.map((_, j) =>
        !options.intercept && j === 0 ? wide : (slopePriors[priors[j] ?? 0] ?? flat),
      );
      // Few rows of few values may well depend on each other.
      const proper = coefficients.map((prior) => (prior.distribution === 'flat' ? wide : prior));
      const specification = flatSpecification(family, data);
      const intercept: Prior = { distribution: 'student_t', df: 3, location: 0, scale: 2.5 };
      return {
        ...specification,
        priors: {
          ...specification.priors,
          intercept: data.intercept ? intercept : null,
          coefficients: options.coarse ? proper : coefficients,
        },
      };
    });
}
