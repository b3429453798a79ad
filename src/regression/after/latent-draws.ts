/**
 * Predictors that are not known exactly, at the draws of a fit. For its own rows the draws have their latent
 * numbers ξ. For new rows they are drawn given what is observed of each row, and not given its outcome,
 *
 *     ξ ~ normal(m, √v) as in models/latent-predictors.ts; with correlations, for predictors k with errors s_k,
 *     ξ = ξ* + Σ_·o (Σ_oo + S_oo)⁻¹ (x_o − x*_o),   ξ* ~ normal(μ, Σ),   x*_k ~ normal(ξ*_k, s_k),
 *
 * of those that are observed, o (Matheron's rule; Journel & Huijbregts 1978, Mining Geostatistics). An error of
 * 0 gives ξ = x.
 */
import { correlatedLatents, type LatentPredictor } from '../../../models/regression-data.js';
import { inexactUnits, latentLayout, latentMean } from '../../../models/reported-latents.js';
import { reportedLayout } from '../../../models/reported-parameters.js';
import type { EncodedLatents, LatentVariable } from '../../formula/design.js';
import { cholesky, solveLower, solveLowerTransposed } from '../../linear-algebra/cholesky.js';
import type { Draws } from '../../posterior/draws.js';
import { quickStream } from '../../random/quick-stream.js';
import type { RandomStream } from '../../random/stream.js';
import type { FittedRegression } from '../fitted-regression.js';
import type { Layout } from './layout.js';
import { correlationMatrix } from './new-levels.js';

/** ξ − x of a unit of a latent predictor, at the used draws; null if they are all 0. */
type LatentDeviations = (variable: number, unit: number) => Float64Array | null;

/** @param latents of the rows to predict */
export function latentDeviations(
  { specification, draws }: Pick<FittedRegression, 'specification' | 'draws'>,
  drawsUsed: Uint32Array,
  { latents: first }: Layout,
  latents: EncodedLatents,
  seed: number | string,
): LatentDeviations {
  const fitted = specification.data.latents;
  if (!fitted) throw new RangeError('the fit has no latent predictors');
  const layout = latentLayout(fitted);
  const correlated = correlatedLatents(fitted);
  const at = (place: number) => columnOf(draws, drawsUsed, first + place);
  if (!latents.isNew) {
    const places = fitted.variables.map((variable, k) =>
      placesOf(variable, layout.variables[k].values),
    );
    return (variable, unit) => {
      const place = places[variable].get(unit);
      if (place === undefined) return null;
      const observed = latents.variables[variable].observed[unit];
      return at(place).map((value) => value - observed);
    };
  }
  const ofEach = latents.variables.map((variable, k): ((unit: number) => Float64Array | null) => {
    const { mean, sd } = layout.variables[k];
    const count = Number(variable.intercept) + variable.population.names.length;
    const means = Array.from({ length: count }, (_, j) => at(mean + j));
    const taus = at(sd);
    const parameters = new Float64Array(count);
    return (unit) => {
      const error = variable.errors[unit];
      if (error === 0) return null;
      const random = quickStream(seed, 'latent', k, unit);
      return taus.map((tau, s) => {
        for (let j = 0; j < count; j++) parameters[j] = means[j][s];
        const mu = latentMean(unitModel(variable), unit, parameters, 0);
        return deviation(mu, tau, variable.observed[unit], error, random.normal());
      });
    };
  });
  if (correlated === 0) return (variable, unit) => ofEach[variable](unit);
  const means = latents.variables.slice(0, correlated).map((_, k) => at(layout.variables[k].mean));
  const sds = latents.variables.slice(0, correlated).map((_, k) => at(layout.variables[k].sd));
  const pairs = Array.from({ length: (correlated * (correlated - 1)) / 2 }, (_, p) =>
    at(layout.correlations + p),
  );
  let known: { readonly unit: number; readonly together: readonly Float64Array[] } | null = null;
  const togetherOf = (unit: number) => {
    if (known?.unit === unit) return known.together;
    const together = means.map(() => new Float64Array(drawsUsed.length));
    const random = quickStream(seed, 'latent', 'together', unit);
    for (let s = 0; s < drawsUsed.length; s++) {
      const matrix = correlationMatrix(
        correlated,
        Float64Array.from(pairs, (pair) => pair[s]),
        1,
      );
      jointDeviations(
        latents.variables.slice(0, correlated),
        unit,
        { means: means.map((mean) => mean[s]), sds: sds.map((sd) => sd[s]), matrix },
        random,
      ).forEach((value, k) => {
        together[k][s] = value;
      });
    }
    known = { unit, together };
    return together;
  };
  return (variable, unit) =>
    variable < correlated ? togetherOf(unit)[variable] : ofEach[variable](unit);
}

/**
 * Writes the mean and the variance of Σ_t β_t (ξ_t − x_t) f_t of a row at all draws, given what is observed of its
 * predictors and not its outcome. The units of the fit's latent predictors are its rows.
 */
export function latentMoments({
  specification,
  draws,
}: Pick<FittedRegression, 'specification' | 'draws'>): (
  row: number,
  mean: Float64Array,
  variance: Float64Array,
) => void {
  const { latents } = specification.data;
  if (!latents) throw new RangeError('the fit has no latent predictors');
  const { variables, terms } = latents;
  const layout = latentLayout(latents);
  const reported = reportedLayout(specification);
  const size = variables.length;
  const correlated = correlatedLatents(latents);
  const width = draws.parameterNames.length;
  return (row, mean, variance) => {
    for (let s = 0; s < mean.length; s++) {
      const own = draws.values.subarray(s * width, (s + 1) * width);
      const slopes = new Float64Array(size);
      for (const { column, variable, factors } of terms) {
        slopes[variable] += own[reported.slopes + column] * factors[row];
      }
      const places = variables.map((_, k) => reported.latents + layout.variables[k].sd);
      const covariance = covarianceOf(
        places.map((place) => own[place]),
        own.subarray(reported.latents + layout.correlations),
        correlated,
      );
      const pulled = variables.map((variable, k) => {
        const place = reported.latents + layout.variables[k].mean;
        const unit = variable.unitOf[row];
        return latentMean(variable, unit, own, place) - variable.observed[unit];
      });
      const errors = variables.map((variable) => variable.errors[variable.unitOf[row]]);
      const { mean: deviation, covariance: left } = givenObserved(pulled, covariance, errors);
      mean[s] = 0;
      variance[s] = 0;
      for (let a = 0; a < size; a++) {
        mean[s] += slopes[a] * deviation[a];
        for (let b = 0; b < size; b++) variance[s] += slopes[a] * slopes[b] * left[a * size + b];
      }
    }
  };
}

/** Covariance matrix of the predictors, of which the first are correlated. @param pairs their correlations */
function covarianceOf(
  sds: readonly number[],
  pairs: Float64Array,
  correlated: number,
): Float64Array {
  const size = sds.length;
  const own = correlationMatrix(
    correlated,
    pairs.subarray(0, (correlated * (correlated - 1)) / 2),
    1,
  );
  return Float64Array.from({ length: size * size }, (_, at) => {
    const [a, b] = [Math.floor(at / size), at % size];
    if (a === b) return sds[a] * sds[a];
    return a < correlated && b < correlated ? own[a * correlated + b] * sds[a] * sds[b] : 0;
  });
}

/**
 * Mean and covariance of ξ − x given x, one observation after another: for ξ_k − x_k of mean e_k and variance
 * C_kk, observed as 0 with the error s, the gain is C_·k / (C_kk + s²).
 */
function givenObserved(
  start: readonly number[],
  prior: Float64Array,
  errors: readonly number[],
): { readonly mean: Float64Array; readonly covariance: Float64Array } {
  const size = start.length;
  const mean = Float64Array.from(start);
  let covariance = prior;
  errors.forEach((error, k) => {
    if (error === Number.POSITIVE_INFINITY) return;
    const total = covariance[k * (size + 1)] + error * error;
    const gain = Float64Array.from(start, (_, j) => covariance[j * size + k] / total);
    const pull = mean[k];
    const before = covariance;
    for (let j = 0; j < size; j++) mean[j] -= gain[j] * pull;
    covariance = before.map(
      (value, at) => value - gain[Math.floor(at / size)] * before[k * size + (at % size)],
    );
  });
  return { mean, covariance };
}

/** As the model has the predictors of a unit. */
function unitModel({ intercept, population }: LatentVariable) {
  return { intercept, predictors: population };
}

function placesOf(variable: LatentPredictor, first: number): ReadonlyMap<number, number> {
  return new Map(inexactUnits(variable).map((unit, i) => [unit, first + i]));
}

/** ξ − x of one predictor, by a standard normal z. */
function deviation(mu: number, tau: number, observed: number, error: number, z: number): number {
  if (error === Number.POSITIVE_INFINITY) return mu + tau * z - observed;
  const size = Math.hypot(tau, error);
  const noise = error / size;
  return noise * noise * (mu - observed) + noise * tau * z;
}

function jointDeviations(
  variables: readonly LatentVariable[],
  unit: number,
  {
    means,
    sds,
    matrix,
  }: {
    readonly means: readonly number[];
    readonly sds: readonly number[];
    readonly matrix: Float64Array;
  },
  random: RandomStream,
): Float64Array {
  const size = variables.length;
  const covariance = matrix.map((value, at) => value * sds[Math.floor(at / size)] * sds[at % size]);
  const lower = cholesky(covariance, size);
  if (lower === null) return new Float64Array(size).fill(Number.NaN);
  const z = Float64Array.from({ length: size }, () => random.normal());
  const drawn = Float64Array.from(means, (mean, k) => {
    let value = mean;
    for (let j = 0; j <= k; j++) value += lower[k * size + j] * z[j];
    return value;
  });
  const total = covariance.slice();
  const pull = Float64Array.from(variables, ({ observed, errors }, k) => {
    total[k * (size + 1)] += errors[unit] ** 2;
    return observed[unit] - drawn[k] - errors[unit] * random.normal();
  });
  const factor = cholesky(total, size);
  if (factor === null) return new Float64Array(size).fill(Number.NaN);
  solveLower(factor, pull);
  solveLowerTransposed(factor, pull);
  return drawn.map((value, k) => {
    let sum = value;
    for (let j = 0; j < size; j++) sum += covariance[k * size + j] * pull[j];
    return sum - variables[k].observed[unit];
  });
}

/** Values of the parameter at index `place` at the used draws. */
function columnOf(draws: Draws, drawsUsed: Uint32Array, place: number): Float64Array {
  const width = draws.parameterNames.length;
  return Float64Array.from(drawsUsed, (draw) => draws.values[draw * width + place]);
}
