/**
 * Small regressions with group effects, of any layout, and their posterior density written down
 * plainly in the parameters that are reported.
 */
import fc from 'fast-check';
import type { Family } from '../../../models/families/family.js';
import { responseDistribution } from '../../../models/families/index.js';
import { hasPlace, thresholdsOf } from '../../../models/families/thresholds.js';
import { lkjLogDensity, type Prior, priorDensity } from '../../../models/prior-distributions.js';
import type { GroupEffects, RegressionSpecification } from '../../../models/regression-data.js';
import {
  reportedLayout,
  reportedNames,
  rowLogLikelihood,
} from '../../../models/reported-parameters.js';
import { cholesky, solveLower } from '../../../src/linear-algebra/cholesky.js';
import { type RandomStream, randomStream } from '../../../src/random/stream.js';
import type { Model } from '../../../src/sampler/model.js';
import { auxiliaryPriorsOf, auxiliaryValues, hasTrials } from '../families/examples.js';

const families: readonly Family[] = [
  { family: 'gaussian', link: 'identity' },
  { family: 'student', link: 'identity' },
  { family: 'bernoulli', link: 'logit' },
  { family: 'binomial', link: 'probit' },
  { family: 'poisson', link: 'log' },
  { family: 'negbinomial', link: 'log' },
  { family: 'cumulative', link: 'logit', thresholds: 3 },
  { family: 'cumulative', link: 'probit', thresholds: 4 },
  { family: 'sratio', link: 'cauchit', thresholds: 2 },
  { family: 'acat', link: 'logit', thresholds: 1 },
  { family: 'cumulative', link: 'logit', thresholds: 3, threshold: 'equidistant' },
  { family: 'acat', link: 'logit', thresholds: 4, threshold: 'equidistant' },
  { family: 'cumulative', link: 'probit', thresholds: 3, threshold: 'sum_to_zero' },
  { family: 'cratio', link: 'logit', thresholds: 2, threshold: 'sum_to_zero' },
  { family: 'beta_binomial', link: 'logit' },
  { family: 'beta', link: 'logit' },
  { family: 'gamma', link: 'log' },
  { family: 'weibull', link: 'log' },
];

export interface Layout {
  readonly family: Family;
  readonly rows: number;
  readonly slopes: number;
  readonly intercept: boolean;
  readonly offset: boolean;
  /** For each term its grouping factor, its coefficients and whether they are correlated. */
  readonly terms: readonly {
    /** 0 and 1 have one level a row, 2 has two members a row. */
    readonly factor: number;
    readonly coefficients: number;
    readonly correlated: boolean;
  }[];
  readonly seed: number;
}

const term = fc.record({
  factor: fc.integer({ min: 0, max: 2 }),
  coefficients: fc.integer({ min: 1, max: 3 }),
  correlated: fc.boolean(),
});

export const layouts = fc.record<Layout>({
  family: fc.constantFrom(...families),
  rows: fc.integer({ min: 12, max: 20 }),
  slopes: fc.integer({ min: 0, max: 2 }),
  intercept: fc.boolean(),
  offset: fc.boolean(),
  terms: fc.array(term, { minLength: 1, maxLength: 2 }),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
});

const LEVELS = [4, 3, 4];

/** Coefficients of the terms are named apart, as two terms over one factor must be. */
export function specificationOf(layout: Layout): RegressionSpecification {
  const { family, rows, slopes, offset, seed } = layout;
  const count = thresholdsOf(family);
  const intercept = count > 0 ? hasPlace(family) : layout.intercept;
  const random = randomStream('layout', seed);
  const numbers = (length: number) => {
    const values = new Float64Array(length);
    random.normals(values);
    return values;
  };
  const trials = Float64Array.from({ length: rows }, () => 1 + Math.floor(4 * random.uniform()));
  const levelsBy = (level: (row: number) => number) =>
    Int32Array.from({ length: rows }, (_, i) => level(i));
  const groups = layout.terms.map(({ factor, coefficients, correlated }, t): GroupEffects => {
    const values = numbers(rows * coefficients);
    for (let i = 0; i < rows; i++) values[i * coefficients] = 1;
    // The second member of some rows is the first one again; its weights are negative.
    const second = { levelOf: levelsBy((i) => (i * i) % 4), values: values.map((x) => -0.7 * x) };
    return {
      group: `g${factor}`,
      coefficients: Array.from({ length: coefficients }, (_, c) => `t${t}c${c}`),
      levels: Array.from({ length: LEVELS[factor] }, (_, level) => `l${level}`),
      levelOf: levelsBy((i) => (factor === 1 ? Math.floor((i * LEVELS[1]) / rows) : i % 4)),
      values,
      correlated,
      ...(factor === 2 && { further: [second] }),
    };
  });
  const sdPriors: readonly Prior[] = [
    { distribution: 'student_t', df: 3, location: 0, scale: 2.5, lower: 0 },
    { distribution: 'exponential', rate: 1 },
    { distribution: 'uniform', from: 0, to: 4 },
  ];
  return {
    family,
    data: {
      rows,
      outcomes: outcomesOf(family, trials, random),
      trials: hasTrials(family) ? trials : null,
      offset: offset ? numbers(rows).map((x) => 0.3 * x) : null,
      intercept,
      predictors: {
        names: Array.from({ length: slopes }, (_, j) => `x${j}`),
        rows,
        values: numbers(rows * slopes).map((x) => x + 1),
      },
      groups,
    },
    priors: {
      intercept:
        intercept && count === 0
          ? { distribution: 'student_t', df: 3, location: 0.2, scale: 2.5 }
          : null,
      coefficients: Array.from({ length: slopes }, () => ({
        distribution: 'normal',
        mean: 0.1,
        sd: 1.5,
      })),
      sds: groups.map(({ coefficients }, t) => coefficients.map((_, c) => sdPriors[(t + c) % 3])),
      correlations: groups.map(({ correlated, coefficients }) =>
        correlated && coefficients.length > 1 ? 1.5 : null,
      ),
      auxiliary: auxiliaryPriorsOf(family),
      ...(count > 0 && {
        thresholds: Array.from({ length: count }, (_, k) => ({
          distribution: 'student_t',
          df: 3 + k,
          location: 0.3 * k,
          scale: 2.5,
        })),
      }),
    },
  };
}

function outcomesOf(family: Family, trials: Float64Array, random: RandomStream): Float64Array {
  const { simulate } = responseDistribution(family);
  const { thresholds = 0 } = family;
  const aux = Float64Array.from(auxiliaryValues(family));
  return trials.map((n) => {
    switch (family.family) {
      case 'bernoulli':
        return random.uniform() < 0.4 ? 1 : 0;
      case 'binomial':
        return Math.floor((n + 1) * random.uniform());
      case 'cumulative':
      case 'sratio':
      case 'cratio':
      case 'acat':
        return 1 + Math.floor((thresholds + 1) * random.uniform());
      case 'poisson':
      case 'negbinomial':
        return Math.floor(4 * random.uniform());
      case 'gaussian':
      case 'student':
        return random.normal();
      default:
        return simulate(0.3, aux, n, random);
    }
  });
}

/** log p(y | parameters) + log prior of everything reported, group effects given their covariance. */
export function plainLogDensity(
  specification: RegressionSpecification,
  reported: Float64Array,
): number {
  const pointwise = new Float64Array(specification.data.rows);
  rowLogLikelihood(specification)(reported, pointwise);
  const likelihood = pointwise.reduce((sum, value) => sum + value, 0);
  const covariances = covariancesOf(specification, reported);
  const { groupEffects } = reportedLayout(specification);
  let effects = 0;
  specification.data.groups.forEach(({ levels, coefficients }, t) => {
    for (let level = 0; level < levels.length; level++) {
      const u = Float64Array.from(
        coefficients,
        (_, c) => reported[groupEffects[t] + c * levels.length + level],
      );
      effects += normalLogDensity(u, covariances[t]);
    }
  });
  return likelihood + effects + logPrior(specification, reported);
}

/** Log prior of coefficients, standard deviations, correlations and auxiliary parameters. */
export function logPrior(specification: RegressionSpecification, reported: Float64Array): number {
  const { data, priors } = specification;
  const layout = reportedLayout(specification);
  const { rows, predictors } = data;
  const k = predictors.names.length;
  let sum = 0;
  if (priors.intercept) {
    // The prior is that of the intercept at the predictors' means.
    let centre = reported[0];
    for (let at = 0; at < rows * k; at++) {
      centre += (reported[layout.slopes + (at % k)] * predictors.values[at]) / rows;
    }
    sum += priorDensity(priors.intercept).logDensity(centre);
  }
  priors.thresholds?.forEach((prior, t) => {
    // As of an intercept, with the opposite sign; those that sum to zero are of predictors that are not centred.
    let centre = reported[t];
    for (let at = 0; data.intercept && at < rows * k; at++) {
      centre -= (reported[layout.slopes + (at % k)] * predictors.values[at]) / rows;
    }
    sum += priorDensity(prior).logDensity(centre);
  });
  priors.gaps?.forEach((prior, j) => {
    sum += priorDensity(prior).logDensity(reported[j + 1] - reported[j]);
  });
  priors.coefficients.forEach((prior, j) => {
    sum += priorDensity(prior).logDensity(reported[layout.slopes + j]);
  });
  priors.sds.flat().forEach((prior, j) => {
    sum += priorDensity(prior).logDensity(reported[layout.sds + j]);
  });
  priors.auxiliary.forEach((prior, j) => {
    sum += priorDensity(prior).logDensity(reported[layout.auxiliary + j]);
  });
  let place = layout.correlations;
  priors.correlations.forEach((eta, t) => {
    const size = data.groups[t].coefficients.length;
    if (eta === null) return;
    const count = (size * (size - 1)) / 2;
    sum += lkjLogDensity(eta, reported.slice(place, place + count));
    place += count;
  });
  return sum;
}

/** diag(sd) R diag(sd) of each term, row-major. */
export function covariancesOf(
  specification: RegressionSpecification,
  reported: Float64Array,
): Float64Array[] {
  const layout = reportedLayout(specification);
  let sd = layout.sds;
  let correlation = layout.correlations;
  return specification.data.groups.map(({ coefficients, correlated }) => {
    const size = coefficients.length;
    const covariance = new Float64Array(size * size);
    for (let i = 0; i < size; i++) {
      covariance[i * (size + 1)] = reported[sd + i] ** 2;
      for (let j = 0; j < i && correlated; j++) {
        const value = reported[correlation++] * reported[sd + i] * reported[sd + j];
        covariance[i * size + j] = value;
        covariance[j * size + i] = value;
      }
    }
    sd += size;
    return covariance;
  });
}

/** Log density of normal(0, covariance). */
export function normalLogDensity(x: Float64Array, covariance: Float64Array): number {
  const lower = cholesky(covariance, x.length);
  if (lower === null) return Number.NaN;
  const whitened = x.slice();
  solveLower(lower, whitened);
  let sum = -0.5 * x.length * Math.log(2 * Math.PI);
  for (let i = 0; i < x.length; i++) {
    sum -= 0.5 * whitened[i] ** 2 + Math.log(lower[i * (x.length + 1)]);
  }
  return sum;
}

/** Places of reported parameters that the others do not decide: as many as a model has dimensions. */
export function freePlaces({ family, data }: RegressionSpecification): number[] {
  const { length } = reportedNames({ family, data });
  const count = thresholdsOf(family);
  const free = {
    flexible: count,
    equidistant: Math.min(2, count),
    sum_to_zero: count - 1,
  }[family.threshold ?? 'flexible'];
  return Array.from({ length }, (_, place) => place).filter(
    (place) => place < free || place >= count,
  );
}

/**
 * Reported parameters of a position, and log |d reported / d position| of those at `places`, as many
 * as the position has elements, by central differences.
 */
export function reportedAt(model: Model, position: Float64Array, places: readonly number[]) {
  const random = randomStream('unused');
  const at = (x: Float64Array) => {
    const reported = new Float64Array(model.parameterNames.length);
    model.constrain?.(x, reported, random);
    return reported;
  };
  const { dimension } = model;
  const jacobian = new Float64Array(dimension * dimension);
  const step = 1e-5;
  for (let j = 0; j < dimension; j++) {
    const [above, below] = [position.slice(), position.slice()];
    above[j] += step;
    below[j] -= step;
    const [a, b] = [at(above), at(below)];
    places.forEach((place, i) => {
      jacobian[i * dimension + j] = (a[place] - b[place]) / (2 * step);
    });
  }
  return { reported: at(position), logJacobian: logDeterminant(jacobian, dimension) };
}

/** log |det|, by elimination with pivots. */
function logDeterminant(matrix: Float64Array, dimension: number): number {
  const rows = Array.from({ length: dimension }, (_, i) =>
    matrix.slice(i * dimension, (i + 1) * dimension),
  );
  let sum = 0;
  for (let c = 0; c < dimension; c++) {
    let pivot = c;
    for (let r = c; r < dimension; r++) {
      if (Math.abs(rows[r][c]) > Math.abs(rows[pivot][c])) pivot = r;
    }
    [rows[c], rows[pivot]] = [rows[pivot], rows[c]];
    sum += Math.log(Math.abs(rows[c][c]));
    for (let r = c + 1; r < dimension; r++) {
      const factor = rows[r][c] / rows[c][c];
      for (let k = c; k < dimension; k++) rows[r][k] -= factor * rows[c][k];
    }
  }
  return sum;
}

/** A position of standard normal numbers. */
export function positionOf(model: Model, ...seed: (string | number)[]): Float64Array {
  const position = new Float64Array(model.dimension);
  randomStream('position', ...seed).normals(position);
  return position.map((x) => 0.7 * x);
}

/**
 * The largest difference of the gradient from central differences, in units of its size. Differences at two
 * steps, extrapolated (Richardson), leave an error of the fifth derivative times h⁴, and ten times the rounding
 * of the values over h.
 */
export function gradientError(model: Model, position: Float64Array): number {
  const gradient = new Float64Array(model.dimension);
  const value = model.logDensity(position, gradient);
  const ignored = new Float64Array(model.dimension);
  const centralDifference = (j: number, step: number) => {
    const [above, below] = [position.slice(), position.slice()];
    above[j] += step;
    below[j] -= step;
    return (model.logDensity(above, ignored) - model.logDensity(below, ignored)) / (2 * step);
  };
  let worst = 0;
  for (let j = 0; j < model.dimension; j++) {
    const difference = (4 * centralDifference(j, 1e-4) - centralDifference(j, 2e-4)) / 3;
    const size = 1 + Math.abs(difference) + Math.abs(gradient[j]) + 1e-5 * Math.abs(value);
    worst = Math.max(worst, Math.abs(difference - gradient[j]) / size);
  }
  return worst;
}
