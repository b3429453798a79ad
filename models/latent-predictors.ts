/**
 * Predictors that are not known exactly, in the linear predictor of the mean: `me(x, s)`, observed with noise, and
 * `mi(x)`, missing for some units.
 *
 *     η_i = … + Σ_t β_t ξ_t[unit of i] f_ti
 *     ξ_u ~ normal(μ_u, τ),   μ_u = α + w_u·γ,   x_u ~ normal(ξ_u, s_u)
 *
 * with s_u = 0 for an exact value, ξ_u = x_u, and s_u = ∞ for a missing one. Noisy predictors that are
 * correlated have ξ_u ~ normal(μ, diag(τ) R diag(τ)) together, R ~ LKJ(η).
 *
 * The columns of the regression hold x_u f_i, so that all that is known of slopes holds for β; this part adds
 * β_t (ξ_u − x_u) f_ti to η. Given what is observed of a unit, without outcomes and correlations,
 *
 *     ξ_u = m_u + √v_u z_u,   z_u ~ normal(0, 1),   V_u = τ² + s_u²,   ρ_u = τ² / V_u,
 *     m_u = μ_u + ρ_u (x_u − μ_u),   v_u = τ² s_u² / V_u,   x_u ~ normal(μ_u, √V_u),
 *
 * and z_u is sampled in place of ξ_u: whatever the size of s_u, it has about a standard normal distribution, moved
 * by outcomes and correlations alone. For a missing value m_u = μ_u, √v_u = τ. Correlations are the factor
 *
 *     normal(e | 0, R) / normal(e | 0, I),   e_k = (ξ_k − μ_k) / τ_k,   R = L Lᵀ.
 *
 * Position, from a place on: of each predictor α, γ and log τ, in units of their rough uncertainty around rough
 * estimates; correlations (correlation-cholesky.ts); then z of each predictor's units that are not exact.
 */
import { cholesky, solveLower, solveLowerTransposed } from '../src/linear-algebra/cholesky.js';
import {
  addCorrelationGradient,
  addLkj,
  correlationCount,
  writeCorrelationFactor,
  writeCorrelations,
} from './multilevel/correlation-cholesky.js';
import { POSITIVE, parameterPriors, WHOLE_LINE } from './parameter-priors.js';
import type { Prior } from './prior-distributions.js';
import {
  centrePredictors,
  correlatedLatents,
  type LatentPredictor,
  type Latents,
  predictorsPerRow,
  type RegressionSpecification,
} from './regression-data.js';

/** A part of a density that adds to η by row, and takes the gradient by η. */
export interface LatentDensity {
  /** Number of its coordinates. */
  readonly length: number;
  /**
   * Reads its coordinates, from `start` on; returns what is to be added to η, one number per cell, for these
   * coefficients. Both are not copied.
   */
  forward(position: Float64Array, start: number, coefficients: Float64Array): Float64Array;
  /**
   * At what was last read, adds to the gradient by the coefficients, and writes that by its own coordinates; returns
   * its log density, with its priors and Jacobians, up to a constant.
   *
   * @param slopes ∂ℓ/∂η of each cell
   */
  backward(slopes: Float64Array, coefficientGradient: Float64Array, gradient: Float64Array): number;
  /** Writes the reported parameters of the coordinates last read, in the order of reported-latents.ts. */
  report(target: Float64Array, place: number): void;
}

/** Null without latent predictors. @param cells of η of each row, all linear predictors of one after another; none is shared */
export function latentDensity(
  { data, priors }: RegressionSpecification,
  cells: Int32Array,
): LatentDensity | null {
  const { latents } = data;
  if (!latents || !priors.latents) return null;
  return new SampledLatents(
    latents,
    priors.latents,
    data.intercept ? 1 : 0,
    Int32Array.from({ length: data.rows }, (_, row) => cells[predictorsPerRow(data) * row]),
  );
}

type LatentPriors = NonNullable<RegressionSpecification['priors']['latents']>;

/** A predictor at the coordinates last read, with places of its parameters among those of all. */
interface Variable {
  readonly given: LatentPredictor;
  /** w_u as sampled, row-major, and the means that were subtracted. */
  readonly centred: Float64Array;
  readonly means: Float64Array;
  readonly intercept: 0 | 1;
  /** Places of the first of α, γ and of τ. */
  readonly first: number;
  readonly sd: number;
  /** z of each unit; the place of the first among the coordinates, and of each unit's, or −1 if it is exact. */
  readonly start: number;
  readonly places: Int32Array;
  readonly z: Float64Array;
  readonly mu: Float64Array;
  readonly values: Float64Array;
  /** Gradients by ξ and by μ. */
  readonly slopes: Float64Array;
  readonly muSlopes: Float64Array;
}

class SampledLatents implements LatentDensity {
  readonly length: number;
  readonly #variables: readonly Variable[];
  readonly #terms: Latents['terms'];
  readonly #first: number;
  readonly #cells: Int32Array;
  readonly #priors: ReturnType<typeof parameterPriors>;
  readonly #eta: number;
  /** Number of correlated predictors; 0 without. */
  readonly #size: number;
  readonly #lower: Float64Array;
  readonly #lowerGradient: Float64Array;
  /** Rough estimates and uncertainties of the parameters on the real line, then of correlations. */
  readonly #centre: Float64Array;
  readonly #scale: Float64Array;
  /** Coordinates of parameters and correlations in their own units, and the parameters themselves. */
  readonly #theta: Float64Array;
  readonly #position: Float64Array;
  readonly #parameters: Float64Array;
  readonly #parameterSlopes: Float64Array;
  readonly #thetaSlopes: Float64Array;
  readonly #added: Float64Array;
  #coefficients: Float64Array = new Float64Array(0);
  #start = 0;

  constructor(latents: Latents, priors: LatentPriors, first: number, cells: Int32Array) {
    const size = correlatedLatents(latents);
    const counts = priors.variables.map(
      (own) => (own.intercept ? 1 : 0) + own.coefficients.length + 1,
    );
    const parameters = counts.reduce((sum, count) => sum + count, 0);
    const correlations = correlationCount(size);
    let place = 0;
    let next = parameters + correlations;
    this.#variables = latents.variables.map((given, k) => {
      const variable = variableOf(given, place, counts[k], next);
      place += counts[k];
      next += variable.places.reduce((sum, own) => sum + (own < 0 ? 0 : 1), 0);
      return variable;
    });
    this.length = next;
    this.#terms = latents.terms;
    this.#first = first;
    this.#cells = cells;
    this.#eta = priors.correlation ?? 1;
    this.#size = size;
    this.#lower = new Float64Array(size * size);
    this.#lowerGradient = new Float64Array(size * size);
    this.#priors = parameterPriors(
      priors.variables.flatMap((own): Prior[] => [
        ...(own.intercept ? [own.intercept] : []),
        ...own.coefficients,
        own.sd,
      ]),
      counts.flatMap((count) => [...new Array(count - 1).fill(WHOLE_LINE), POSITIVE]),
    );
    const rough = this.#variables.map(roughly);
    this.#centre = new Float64Array(parameters + correlations);
    this.#centre.set(
      this.#priors.unconstrain(Float64Array.from(rough.flatMap(({ estimates }) => estimates))),
    );
    const units = Math.max(...latents.variables.map(({ observed }) => observed.length));
    this.#scale = new Float64Array(parameters + correlations).fill(1 / Math.sqrt(units));
    this.#scale.set(rough.flatMap(({ errors }) => errors));
    this.#theta = new Float64Array(parameters + correlations);
    this.#thetaSlopes = new Float64Array(parameters + correlations);
    this.#position = new Float64Array(parameters);
    this.#parameters = new Float64Array(parameters);
    this.#parameterSlopes = new Float64Array(parameters);
    this.#added = new Float64Array(cells.reduce((most, cell) => Math.max(most, cell), -1) + 1);
  }

  forward(position: Float64Array, start: number, coefficients: Float64Array): Float64Array {
    this.#read(position, start);
    this.#coefficients = coefficients;
    return this.#addedTo(coefficients);
  }

  #read(position: Float64Array, start: number): void {
    const theta = this.#theta;
    this.#start = start;
    for (let j = 0; j < theta.length; j++) {
      theta[j] = this.#centre[j] + this.#scale[j] * position[start + j];
    }
    for (let j = 0; j < this.#position.length; j++) this.#position[j] = theta[j];
    this.#priors.constrain(this.#position, this.#parameters);
    if (this.#size > 0) {
      writeCorrelationFactor(theta, this.#parameters.length, this.#size, this.#lower);
    }
    for (const variable of this.#variables)
      readVariable(variable, this.#parameters, position, start);
  }

  #addedTo(coefficients: Float64Array): Float64Array {
    const cells = this.#cells;
    const added = this.#added;
    added.fill(0);
    for (const { column, variable, factors } of this.#terms) {
      const { values, given } = this.#variables[variable];
      const slope = coefficients[this.#first + column];
      for (let i = 0; i < cells.length; i++) {
        const unit = given.unitOf[i];
        added[cells[i]] += slope * factors[i] * (values[unit] - given.observed[unit]);
      }
    }
    return added;
  }

  backward(
    slopes: Float64Array,
    coefficientGradient: Float64Array,
    gradient: Float64Array,
  ): number {
    const cells = this.#cells;
    for (const variable of this.#variables) {
      variable.slopes.fill(0);
      variable.muSlopes.fill(0);
    }
    this.#parameterSlopes.fill(0);
    this.#thetaSlopes.fill(0);
    for (const { column, variable, factors } of this.#terms) {
      const { values, given, slopes: own } = this.#variables[variable];
      const place = this.#first + column;
      const coefficient = this.#coefficients[place];
      let sum = 0;
      for (let i = 0; i < cells.length; i++) {
        const unit = given.unitOf[i];
        const slope = slopes[cells[i]] * factors[i];
        sum += slope * (values[unit] - given.observed[unit]);
        own[unit] += slope * coefficient;
      }
      coefficientGradient[place] += sum;
    }
    let value = this.#addCorrelations();
    for (const variable of this.#variables) {
      value += finishVariable(
        variable,
        this.#parameters,
        this.#parameterSlopes,
        gradient,
        this.#start,
      );
    }
    value += this.#priors.addTo(this.#position, this.#parameters, this.#parameterSlopes);
    const own = this.#parameterSlopes;
    for (let j = 0; j < this.#theta.length; j++) {
      const slope = j < own.length ? own[j] : this.#thetaSlopes[j];
      gradient[this.#start + j] = slope * this.#scale[j];
    }
    return value;
  }

  report(target: Float64Array, place: number): void {
    let at = place;
    for (const { given, means, intercept, first, sd } of this.#variables) {
      const slopes = first + intercept;
      if (given.intercept) {
        let atZero = this.#parameters[first];
        for (let j = 0; j < means.length; j++) atZero -= means[j] * this.#parameters[slopes + j];
        target[at++] = atZero;
      }
      for (let j = slopes; j < sd; j++) target[at++] = this.#parameters[j];
    }
    for (const { sd } of this.#variables) target[at++] = this.#parameters[sd];
    if (this.#size > 0) writeCorrelations(this.#lower, this.#size, target, at);
    at += correlationCount(this.#size);
    for (const { values, places } of this.#variables) {
      for (let unit = 0; unit < values.length; unit++) {
        if (places[unit] >= 0) target[at++] = values[unit];
      }
    }
  }

  /** Adds the factor of the correlations, unit by unit: with a = R⁻¹ e, its gradient by e is e − a. */
  #addCorrelations(): number {
    const size = this.#size;
    if (size === 0) return 0;
    const lower = this.#lower;
    const lowerGradient = this.#lowerGradient;
    const own = this.#variables.slice(0, size);
    const units = own[0].values.length;
    const e = new Float64Array(size);
    const w = new Float64Array(size);
    const a = new Float64Array(size);
    let value = 0;
    lowerGradient.fill(0);
    for (let k = 0; k < size; k++) {
      value -= units * Math.log(lower[k * (size + 1)]);
      lowerGradient[k * (size + 1)] = -units / lower[k * (size + 1)];
    }
    for (let unit = 0; unit < units; unit++) {
      own.forEach(({ values, mu, sd }, k) => {
        e[k] = (values[unit] - mu[unit]) / this.#parameters[sd];
      });
      w.set(e);
      solveLower(lower, w);
      a.set(w);
      solveLowerTransposed(lower, a);
      own.forEach(({ slopes, muSlopes, sd }, k) => {
        const tau = this.#parameters[sd];
        value += 0.5 * (e[k] * e[k] - w[k] * w[k]);
        const slope = (e[k] - a[k]) / tau;
        slopes[unit] += slope;
        muSlopes[unit] -= slope;
        this.#parameterSlopes[sd] -= slope * e[k];
        for (let j = 0; j <= k; j++) lowerGradient[k * size + j] += a[k] * w[j];
      });
    }
    const start = this.#parameters.length;
    addCorrelationGradient(this.#theta, start, size, lower, lowerGradient, this.#thetaSlopes);
    return value + addLkj(this.#eta, this.#theta, start, size, this.#thetaSlopes);
  }
}

function variableOf(given: LatentPredictor, first: number, count: number, start: number): Variable {
  const units = given.observed.length;
  const { means, centred } = centrePredictors(given);
  let next = start;
  const numbers = () => new Float64Array(units);
  return {
    ...{ given, centred, means, first, start, intercept: given.intercept ? 1 : 0 },
    sd: first + count - 1,
    places: Int32Array.from(given.errors, (error) => (error === 0 ? -1 : next++)),
    ...{ z: numbers(), mu: numbers(), values: numbers(), slopes: numbers(), muSlopes: numbers() },
  };
}

function readVariable(
  { given, centred, intercept, first, sd, places, z, mu, values }: Variable,
  parameters: Float64Array,
  position: Float64Array,
  start: number,
): void {
  const { observed, errors } = given;
  const tau = parameters[sd];
  const slopes = first + intercept;
  const width = sd - slopes;
  for (let unit = 0; unit < values.length; unit++) {
    let mean = intercept === 1 ? parameters[first] : 0;
    for (let j = 0; j < width; j++) mean += centred[unit * width + j] * parameters[slopes + j];
    mu[unit] = mean;
    if (places[unit] < 0) {
      values[unit] = observed[unit];
      continue;
    }
    const s = errors[unit];
    z[unit] = position[start + places[unit]];
    if (s === Number.POSITIVE_INFINITY) {
      values[unit] = mean + tau * z[unit];
      continue;
    }
    const size = Math.hypot(tau, s);
    const share = tau / size;
    values[unit] = mean + share * share * (observed[unit] - mean) + s * share * z[unit];
  }
}

/** The density of what is observed and of z, from the gradients by ξ and μ so far. */
function finishVariable(
  { given, centred, intercept, first, sd, places, z, mu, slopes, muSlopes }: Variable,
  parameters: Float64Array,
  parameterSlopes: Float64Array,
  gradient: Float64Array,
  start: number,
): number {
  const { observed, errors } = given;
  const tau = parameters[sd];
  const ownSlopes = first + intercept;
  const width = sd - ownSlopes;
  let value = 0;
  let tauSlope = 0;
  for (let unit = 0; unit < mu.length; unit++) {
    const s = errors[unit];
    const slope = slopes[unit];
    let muSlope = muSlopes[unit];
    if (s === Number.POSITIVE_INFINITY) {
      muSlope += slope;
      tauSlope += slope * z[unit];
      gradient[start + places[unit]] = slope * tau - z[unit];
      value -= 0.5 * z[unit] * z[unit];
    } else {
      const variance = tau * tau + s * s;
      const size = Math.sqrt(variance);
      const residual = observed[unit] - mu[unit];
      value -= Math.log(size) + (0.5 * residual * residual) / variance;
      muSlope += residual / variance;
      tauSlope += (tau * (residual * residual - variance)) / (variance * variance);
      if (places[unit] >= 0) {
        const noise = (s * s) / variance;
        muSlope += slope * noise;
        tauSlope += slope * noise * ((2 * tau * residual) / variance + (s * z[unit]) / size);
        gradient[start + places[unit]] = (slope * tau * s) / size - z[unit];
        value -= 0.5 * z[unit] * z[unit];
      }
    }
    if (intercept === 1) parameterSlopes[first] += muSlope;
    for (let j = 0; j < width; j++) {
      parameterSlopes[ownSlopes + j] += muSlope * centred[unit * width + j];
    }
  }
  parameterSlopes[sd] += tauSlope;
  return value;
}

/** A share of τ that noise leaves at least, for a start. */
const LEAST_SHARE = 0.05;

/**
 * Least squares of what is observed on the predictors: rough estimates of α, γ and τ, and their standard errors, of τ
 * on the scale of its logarithm.
 */
function roughly({ given, centred, intercept, means }: Variable): {
  readonly estimates: readonly number[];
  readonly errors: readonly number[];
} {
  const width = means.length;
  const count = intercept + width;
  const gram = new Float64Array(count * count);
  const sums = new Float64Array(count);
  const row = new Float64Array(count);
  const known = given.errors.reduce((sum, error) => sum + Number(Number.isFinite(error)), 0);
  const eachKnown = (onUnit: (observed: number, error: number) => void): void => {
    given.observed.forEach((observed, unit) => {
      if (!Number.isFinite(given.errors[unit])) return;
      if (intercept === 1) row[0] = 1;
      row.set(centred.subarray(unit * width, (unit + 1) * width), intercept);
      onUnit(observed, given.errors[unit]);
    });
  };
  eachKnown((observed) => {
    for (let a = 0; a < count; a++) {
      sums[a] += row[a] * observed;
      for (let b = 0; b < count; b++) gram[a * count + b] += row[a] * row[b];
    }
  });
  for (let a = 0; a < count; a++) gram[a * (count + 1)] *= 1 + 1e-8;
  const lower = cholesky(gram, count);
  const estimates = lower === null ? new Float64Array(count) : sums;
  if (lower) {
    solveLower(lower, estimates);
    solveLowerTransposed(lower, estimates);
  }
  let squares = 0;
  let noise = 0;
  eachKnown((observed, error) => {
    let residual = observed;
    for (let a = 0; a < count; a++) residual -= row[a] * estimates[a];
    squares += (residual * residual) / known;
    noise += (error * error) / known;
  });
  const spread = Math.sqrt(squares) || Math.sqrt(noise) || 1;
  const tau = Math.sqrt(Math.max(LEAST_SHARE * spread * spread, squares - noise));
  const errors = Array.from(estimates, (_, a) => spread / Math.sqrt(gram[a * (count + 1)] || 1));
  return { estimates: [...estimates, tau], errors: [...errors, 1 / Math.sqrt(2 * known)] };
}
