/**
 * The joint model of choices and reports. Latent weights w of each context and attribute drive the
 * choices; mean reports of one or several reporting models read them:
 *
 *     z_cj ~ normal(0, 1),   w_cj = tau_w z_cj,   a_c ~ normal(mu_a, tau_a)
 *     choice_i ~ Bernoulli(logit⁻¹(a_c + d_i · w_c))                              c the context of i
 *     mean report_cjk ~ normal(mu_r,k + tau_r,k rho_k z_cj, √(tau_r,k² (1 − rho_k²) + se_cjk²))
 *
 * The latent report is integrated out: (w, mu_r + u) is bivariate normal with standard deviations tau_w
 * and tau_r and correlation rho, and a mean report is u plus normal error with standard error se = s /
 * √(number of reports), s the pooled standard deviation of single reports within context and attribute.
 * rho is therefore the correlation that weights and reports would have if both were measured without
 * error. What two reporting models share beyond the weights, a bias for example, is the correlation cor_r
 * of their latent reports given z (latent-correlation/reports.ts); without it, that would count as evidence
 * about w. Three and more reporting models are independent given z. Without any, the model is the
 * multilevel regression of choices alone: partial pooling of the weights.
 *
 * Priors: tau_w, tau_a, tau_r half Student-t(3, 0, 2.5); mu_a, mu_r Student-t(3, 0, 2.5), with mean
 * reports in units of their standard deviation; rho and cor_r uniform on (−1, 1).
 *
 * With a scale for each context, choices in it are more or less deterministic than elsewhere:
 *
 *     w_cj = exp(log_scale_c) tau_w z_cj,   log_scale_c ~ normal(0, tau_scale),
 *     tau_scale half Student-t(3, 0, 1)
 *
 * Reports then read z, whose scale is that of all contexts.
 *
 * rho by training and base model, rho ~ trained * base_model on Fisher's z = atanh(rho): the reporting
 * models of one base model share w in one fit; base models share no parameter, so their fits are
 * independent and the coefficients are contrasts of the draws of atanh(rho_k).
 *
 * The control with other contexts' weights gives the reports of each context to another context.
 *
 * Sampling: given θ = (log tau, mu, atanh rho) contexts are independent. A context's effects (a_c, w_c)
 * are written as a θ-dependent linear map of standard normal coordinates (latent-correlation/contexts.ts),
 * and θ is whitened by its curvature, so that the target is close to a standard normal.
 */

import { meanOf } from '../src/linear-algebra/sums.js';
import { type Choices, ContextEffects } from './latent-correlation/contexts.js';
import { LatentReports, type MeanReports } from './latent-correlation/reports.js';
import { climb, inCoordinates, whitenedAt, writePosition } from './multilevel/whitening.js';
import { type ParameterPriors, parameterPriors, WHOLE_LINE } from './parameter-priors.js';
import type { Prior } from './prior-distributions.js';
import type { ControlBlock, SpecifiedModel } from './regression-model.js';

export type { MeanReports } from './latent-correlation/reports.js';

/** The joint model of choices and reports as plain data. */
export interface LatentCorrelationSpecification {
  readonly model: 'latent-correlation';
  /** Names of the contexts, in the order of their choices. */
  readonly contexts: readonly string[];
  /** Attributes of a context. */
  readonly attributes: number;
  readonly choices: Choices;
  /** One entry per reporting model; may be empty. */
  readonly reports: readonly MeanReports[];
  /** True if each context has a scale of its own. */
  readonly scales: boolean;
  /** True if `a[CONTEXT]` and `w[CONTEXT,ATTRIBUTE]` are reported, too. */
  readonly reportWeights: boolean;
}

const SCALE_PRIOR: Prior = { distribution: 'student_t', df: 3, location: 0, scale: 1, lower: 0 };
const SD_PRIOR: Prior = { ...SCALE_PRIOR, scale: 2.5 };
const MEAN_PRIOR: Prior = { distribution: 'student_t', df: 3, location: 0, scale: 2.5 };
const RHO_PRIOR: Prior = { distribution: 'uniform', from: -1, to: 1 };

/** Places of the hyperparameters, from 0: rho of each reporting model first. */
class Places {
  readonly rho = 0;
  readonly tauW: number;
  readonly muA: number;
  readonly tauA: number;
  readonly tauScale: number | null;
  readonly muR: number;
  readonly tauR: number;
  /** Only with two reporting models. */
  readonly corR: number | null;
  readonly length: number;
  readonly names: readonly string[];
  readonly priors: ParameterPriors;
  /** A start for the search of the peak. */
  readonly start: Float64Array;

  constructor({ reports, scales }: LatentCorrelationSpecification) {
    const of = (name: string) =>
      reports.map((one) => (reports.length === 1 ? name : `${name}[${one.name}]`));
    const count = reports.length;
    this.tauW = count;
    this.muA = count + 1;
    this.tauA = count + 2;
    this.tauScale = scales ? count + 3 : null;
    this.muR = count + (scales ? 4 : 3);
    this.tauR = this.muR + count;
    this.corR = count === 2 ? this.tauR + count : null;
    this.length = this.tauR + count + (this.corR === null ? 0 : 1);
    this.names = [
      ...of('rho'),
      'tau_w',
      'mu_a',
      'tau_a',
      ...(scales ? ['tau_scale'] : []),
      ...of('mu_r'),
      ...of('tau_r'),
      ...(this.corR === null ? [] : ['cor_r']),
    ];
    const each = <T>(value: T) => reports.map(() => value);
    const priors = [
      ...each(RHO_PRIOR),
      SD_PRIOR,
      MEAN_PRIOR,
      SD_PRIOR,
      ...(scales ? [SCALE_PRIOR] : []),
      ...each(MEAN_PRIOR),
      ...each(SD_PRIOR),
      ...(this.corR === null ? [] : [RHO_PRIOR]),
    ];
    this.priors = parameterPriors(
      priors,
      priors.map(() => WHOLE_LINE),
    );
    this.start = this.priors.unconstrain(
      Float64Array.from([
        ...each(0),
        2,
        0,
        1,
        ...(scales ? [0.3] : []),
        ...reports.map(({ means }) => meanOf(means.filter(Number.isFinite)) || 0),
        ...each(1),
        ...(this.corR === null ? [] : [0]),
      ]),
    );
  }
}

/** The joint density in the coordinates (θ, log scales, x), x as in contexts.ts. */
class JointDensity {
  readonly places: Places;
  readonly dimension: number;
  /** The hyperparameters of the position last evaluated. */
  readonly hyperparameters: Float64Array;
  /** (a, w_1 … w_P) of each context, row-major, at the position last evaluated. */
  readonly weights: Float64Array;
  readonly #effects: ContextEffects;
  readonly #latent: LatentReports;
  readonly #contexts: number;
  readonly #gradient: Float64Array;
  /** Start of the log scales' and of the effects' coordinates. */
  readonly #scaleStart: number;
  readonly #effectStart: number;

  constructor(specification: LatentCorrelationSpecification) {
    const { contexts, choices, attributes, reports, scales } = specification;
    this.places = new Places(specification);
    this.#effects = new ContextEffects(choices, attributes);
    this.#latent = new LatentReports(reports, attributes, this.places);
    this.#contexts = contexts.length;
    this.#scaleStart = this.places.length;
    this.#effectStart = this.#scaleStart + (scales ? contexts.length : 0);
    this.dimension = this.#effectStart + contexts.length * (attributes + 1);
    this.hyperparameters = new Float64Array(this.places.length);
    this.#gradient = new Float64Array(this.places.length);
    this.weights = new Float64Array(contexts.length * (attributes + 1));
  }

  logDensity(position: Float64Array, gradient: Float64Array): number {
    const { places, hyperparameters, weights } = this;
    const own = this.#gradient;
    const { size, effects } = this.#effects;
    own.fill(0);
    places.priors.constrain(position, hyperparameters);
    let logDensity = 0;
    for (let context = 0; context < this.#contexts; context++) {
      logDensity += this.#latent.forward(context, hyperparameters);
      const unit = this.#writePrior(context, position);
      const start = this.#effectStart + context * size;
      logDensity += this.#effects.evaluate(context, position, start, gradient);
      for (let j = 0; j < size; j++) weights[context * size + j] = effects[j];
      this.#addPriorGradient(unit, context, position, gradient);
      this.#latent.backward(context, hyperparameters, own);
    }
    logDensity += this.#addScales(position, gradient);
    logDensity += places.priors.addTo(position, hyperparameters, own);
    for (let i = 0; i < own.length; i++) gradient[i] = own[i];
    return logDensity;
  }

  /** Writes the prior of a context's effects, given its reports; returns w / z. */
  #writePrior(context: number, position: Float64Array): number {
    const { places, hyperparameters } = this;
    const { mean, precision, size } = this.#effects;
    const latent = this.#latent;
    const unit = hyperparameters[places.tauW] * this.#scale(context, position);
    mean[0] = hyperparameters[places.muA];
    precision[0] = hyperparameters[places.tauA] ** -2;
    for (let j = 1; j < size; j++) {
      mean[j] = unit * latent.mean[j - 1];
      precision[j] = latent.precision[j - 1] / (unit * unit);
    }
    return unit;
  }

  #scale(context: number, position: Float64Array): number {
    const { tauScale } = this.places;
    if (tauScale === null) return 1;
    return Math.exp(this.hyperparameters[tauScale] * position[this.#scaleStart + context]);
  }

  /** From the adjoints of the effects' prior to those of the hyperparameters and of z's. */
  #addPriorGradient(
    unit: number,
    context: number,
    position: Float64Array,
    gradient: Float64Array,
  ): void {
    const { places, hyperparameters } = this;
    const { meanGradient, precisionGradient, precision, size } = this.#effects;
    const latent = this.#latent;
    const own = this.#gradient;
    const tauA = hyperparameters[places.tauA];
    own[places.muA] += meanGradient[0];
    own[places.tauA] -= (2 * precisionGradient[0]) / (tauA * tauA * tauA);
    // By log unit.
    let slope = 0;
    for (let j = 1; j < size; j++) {
      latent.meanGradient[j - 1] = unit * meanGradient[j];
      latent.precisionGradient[j - 1] = precisionGradient[j] / (unit * unit);
      slope +=
        unit * latent.mean[j - 1] * meanGradient[j] - 2 * precision[j] * precisionGradient[j];
    }
    own[places.tauW] += slope / hyperparameters[places.tauW];
    if (places.tauScale === null) return;
    const raw = position[this.#scaleStart + context];
    own[places.tauScale] += slope * raw;
    gradient[this.#scaleStart + context] = slope * hyperparameters[places.tauScale];
  }

  /** The standard normal prior of the log scales' coordinates. */
  #addScales(position: Float64Array, gradient: Float64Array): number {
    let logDensity = 0;
    for (let i = this.#scaleStart; i < this.#effectStart; i++) {
      logDensity -= 0.5 * position[i] * position[i];
      gradient[i] -= position[i];
    }
    return logDensity;
  }

  /** Makes the likelihood of the choices normal around its mode given θ and the reports. */
  linearize(position: Float64Array, averaged = false): void {
    this.places.priors.constrain(position, this.hyperparameters);
    for (let context = 0; context < this.#contexts; context++) {
      this.#latent.forward(context, this.hyperparameters);
      this.#writePrior(context, position);
      this.#effects.linearize(context);
      if (averaged) this.#effects.average(context);
    }
  }
}

/** More are not needed: the map of the effects depends on θ anyway. */
const ROUNDS = 4;

/**
 * The model in coordinates that are close to standard normal. Reports the hyperparameters and, if
 * asked, `a[CONTEXT]` and `w[CONTEXT,ATTRIBUTE]`.
 */
export function latentCorrelationModel(
  specification: LatentCorrelationSpecification,
): SpecifiedModel {
  const density = new JointDensity(specification);
  const { dimension, places, hyperparameters, weights } = density;
  const logDensity = density.logDensity.bind(density);
  const peak = new Float64Array(dimension);
  peak.set(places.start);
  const all = Array.from(places.start, (_, i) => i);
  const scales = new Float64Array(places.length).fill(1);
  for (let round = 0; round < ROUNDS; round++) {
    density.linearize(peak);
    if (!climb(logDensity, peak, all, scales)) break;
  }
  density.linearize(peak, true);
  const coordinates = whitenedAt(logDensity, peak, scales);
  const position = new Float64Array(dimension);
  const gradient = new Float64Array(dimension);
  return {
    dimension,
    parameterNames: latentParameterNames(specification),
    logDensity: inCoordinates(logDensity, coordinates, dimension),
    whitened: true,
    sampledAs: null,
    controlBlocks: controlBlocks(specification),
    guess: () => new Float64Array(dimension),
    constrain(x, parameters) {
      writePosition(coordinates, x, position);
      places.priors.constrain(position, hyperparameters);
      parameters.set(hyperparameters);
      if (!specification.reportWeights) return;
      density.logDensity(position, gradient);
      parameters.set(weights, places.length);
    },
  };
}

/** The hyperparameters, then a and w of each context if they are reported. */
export function latentParameterNames(specification: LatentCorrelationSpecification): string[] {
  const { names } = new Places(specification);
  return [...names, ...(specification.reportWeights ? weightNames(specification) : [])];
}

function weightNames({ contexts, attributes }: LatentCorrelationSpecification): string[] {
  return contexts.flatMap((context) => [
    `a[${context}]`,
    ...Array.from({ length: attributes }, (_, j) => `w[${context},${j + 1}]`),
  ]);
}

/**
 * The hyperparameters by their own gradient; the effects of a context by that and by the gradient of the
 * context's coordinates, since contexts are independent given the hyperparameters.
 */
function controlBlocks(specification: LatentCorrelationSpecification): ControlBlock[] {
  const { contexts, attributes, scales, reportWeights } = specification;
  const { length } = new Places(specification);
  const size = attributes + 1;
  const effects = length + (scales ? contexts.length : 0);
  const own = range(0, length);
  const blocks: ControlBlock[] = [{ parameters: own, coordinates: own }];
  if (!reportWeights) return blocks;
  for (let c = 0; c < contexts.length; c++) {
    blocks.push({
      parameters: range(length + c * size, size),
      coordinates: [...own, ...(scales ? [length + c] : []), ...range(effects + c * size, size)],
    });
  }
  return blocks;
}

function range(start: number, length: number): number[] {
  return Array.from({ length }, (_, i) => start + i);
}
