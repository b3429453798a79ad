/**
 * Evidence for a coefficient's value by the Savage-Dickey ratio (Dickey 1971, Annals of Mathematical Statistics
 * 42): of the model with β_j = v to the model with β_j free,
 *
 *     BF = p(β_j = v | y) / p(β_j = v),
 *
 * provided that the priors of the other parameters are the same in both, as they are here: the intercept's prior
 * is of the intercept at the means of the predictors. The prior density is known. The posterior density is the
 * mean, over draws of all other parameters, of the exact conditional density (Gelfand & Smith 1990, JASA 85),
 *
 *     p(β_j | others, y) ∝ p(β_j) Π_i p(y_i | η_i + (β_j − b_j)(x_ij − x̄_j), aux),
 *
 * normalized by Simpson's rule.
 */
import { isJoint, isProper, priorDensity, supportOf } from '../../../models/prior-distributions.js';
import { centrePredictors, ordinaryColumns } from '../../../models/regression-data.js';
import {
  distributionSources,
  etaOf,
  parametersOfRow,
  reportedLayout,
  rowDensities,
} from '../../../models/reported-parameters.js';
import { meanAndSquares, meanOf } from '../../linear-algebra/sums.js';
import { mcseMean } from '../../posterior/convergence.js';
import { parameterDraws } from '../../posterior/draws.js';
import type { FittedRegression } from '../fitted-regression.js';
import { priorText } from '../priors/prior-text.js';

/** Posterior against prior density of a coefficient at a value. */
interface DensityRatio {
  /** Evidence for the value: above 1 the data make it more credible than before. */
  readonly ratio: number;
  /** Monte Carlo standard error of the logarithm of the ratio. */
  readonly error: number;
}

/** A ratio, or why there is none. */
export type SavageDickey = DensityRatio | { readonly reason: string };

/** Draws of the other parameters over which conditional densities are averaged. */
const MOST_DRAWS = 400;

/** @param name of a coefficient without `b_` */
export function savageDickey(fit: FittedRegression, name: string, value: number): SavageDickey {
  const { data, priors } = fit.specification;
  const place = data.predictors.names.indexOf(name);
  const prior = priors.coefficients[place];
  if (!prior || place >= ordinaryColumns(data)) {
    return {
      reason: `the evidence ratio of an equality is of a coefficient, which ${name} is not`,
    };
  }
  if (data.parts) {
    return {
      reason: 'the evidence ratio of an equality is not known with formulas of parameters or cs()',
    };
  }
  if (data.latents) {
    return { reason: 'the evidence ratio of an equality is not known with me() or mi()' };
  }
  if (prior.distribution === 'constant') return { reason: `${name} is held at ${prior.value}` };
  if (isJoint(prior)) {
    return {
      reason: `${name} has a prior together with others (${priorText(prior)}), under which its density alone is not known: give it one of its own`,
    };
  }
  if (data.sets) return { reason: 'the evidence ratio of an equality is not known for choices' };
  if (!isProper(prior)) {
    return {
      reason: `${name} has a flat prior, under which no value has evidence: give it a proper one, for example normal(0, 1)`,
    };
  }
  const priorThere = priorDensity(prior).logDensity(value);
  if (priorThere === Number.NEGATIVE_INFINITY) {
    return { reason: `the prior of ${name} excludes ${value}` };
  }
  const ordinates = conditionalDensities(fit, place, value);
  const mean = meanOf(ordinates);
  const error = mcseMean(ordinates, 1) / mean;
  return { ratio: mean / Math.exp(priorThere), error };
}

/** Half the width of the grid of a conditional density, in its standard deviations. */
const WIDTH = 8;
const COARSE = 33;
/** Odd, for Simpson's rule. */
const FINE = 49;

/** p(β_j = value | others, y) at evenly spaced draws of the others. */
function conditionalDensities(fit: FittedRegression, place: number, value: number): Float64Array {
  const { specification, draws } = fit;
  const { values, parameterNames } = draws;
  const all = draws.chains * draws.drawsPerChain;
  const used = Math.min(MOST_DRAWS, all);
  const at = reportedLayout(specification).slopes + place;
  const marginal = parameterDraws(draws, at);
  const { mean, squares } = meanAndSquares(marginal);
  const sd = Math.sqrt(squares / all);
  const { lower, upper } = supportOf(specification.priors.coefficients[place]);
  const within = (end: number) => Math.min(upper, Math.max(lower, end));
  const logDensity = conditionalOf(fit, place);
  return Float64Array.from({ length: used }, (_, k) => {
    const first = Math.floor((k * all) / used) * parameterNames.length;
    const conditional = logDensity(values.subarray(first, first + parameterNames.length));
    let ends = [within(mean - WIDTH * sd), within(mean + WIDTH * sd)] as const;
    // Each pass finds the peak and its width on the grid of the pass before.
    for (let pass = 0; pass < 2; pass++) {
      const grid = evenly(ends[0], ends[1], COARSE);
      const { peak, width } = peakOf(grid, conditional(grid));
      ends = [within(peak - WIDTH * width), within(peak + WIDTH * width)];
    }
    const grid = evenly(ends[0], ends[1], FINE);
    const logs = conditional(grid);
    const [there] = conditional(Float64Array.of(value));
    const most = Math.max(there, ...logs);
    const step = grid[1] - grid[0];
    // Simpson's rule, because the density need not be zero at a bound.
    let area = 0;
    logs.forEach((log, i) => {
      const weight = i === 0 || i === FINE - 1 ? 1 : i % 2 === 1 ? 4 : 2;
      area += (weight / 3) * step * Math.exp(log - most);
    });
    return Math.exp(there - most) / area;
  });
}

function evenly(from: number, to: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
}

/** The peak of a log density on an even grid, by the parabola through its highest point, and its width as a normal. */
function peakOf(grid: Float64Array, logs: Float64Array): { peak: number; width: number } {
  let top = 0;
  for (let i = 1; i < logs.length; i++) if (!(logs[top] >= logs[i])) top = i;
  const step = grid[1] - grid[0];
  const middle = Math.min(Math.max(top, 1), grid.length - 2);
  const curvature = logs[middle - 1] - 2 * logs[middle] + logs[middle + 1];
  const slope = (logs[middle + 1] - logs[middle - 1]) / 2;
  // Without a curvature, the step is as fine as is known.
  if (!(curvature < 0)) return { peak: grid[top], width: step };
  const peak = grid[middle] - (step * slope) / curvature;
  return { peak, width: step / Math.sqrt(-curvature) };
}

/** log p(β_j, y | others) up to a constant, at many values, for the reported parameters of a draw. */
function conditionalOf(
  { specification }: Pick<FittedRegression, 'specification'>,
  place: number,
): (parameters: Float64Array) => (values: Float64Array) => Float64Array {
  const { data, priors } = specification;
  const { rows, predictors, intercept, thresholdGroup } = data;
  const { centred } = centrePredictors(data);
  const columns = predictors.names.length;
  const column = intercept ? centred : predictors.values;
  const writeEta = etaOf(specification);
  const own = new Float64Array(distributionSources(specification).length);
  const writeOwn = parametersOfRow(specification);
  // The rows of a group of thresholds have the same parameters.
  const groupOf = (row: number) => thresholdGroup?.[row] ?? 0;
  const densities = rowDensities(specification);
  const prior = priorDensity(priors.coefficients[place]);
  const at = reportedLayout(specification).slopes + place;
  const eta = new Float64Array(rows);
  return (parameters) => {
    writeEta(parameters, eta);
    const before = parameters[at];
    return (values) => {
      const writes = new Map<number, ReturnType<typeof densities>>();
      const writeOf = (row: number) => {
        const known = writes.get(groupOf(row));
        if (known) return known;
        writeOwn(row, parameters, eta, own);
        const aux = Array.from(own, (value) => new Float64Array(values.length).fill(value));
        const made = densities(aux);
        writes.set(groupOf(row), made);
        return made;
      };
      const logs = values.map(prior.logDensity);
      const there = new Float64Array(values.length);
      for (let i = 0; i < rows; i++) {
        const slope = column[i * columns + place];
        for (let s = 0; s < there.length; s++) there[s] = eta[i] + (values[s] - before) * slope;
        writeOf(i)(i, there);
        for (let s = 0; s < there.length; s++) logs[s] += there[s];
      }
      return logs;
    };
  };
}
