/**
 * A Gaussian regression with the identity link and group effects. Effects of the largest grouping
 * factor are integrated out (gaussian-density.ts) and drawn from their exact conditional at each kept
 * draw: with one factor, only a handful of parameters are sampled, independent of the number of
 * levels and rows. Effects of smaller factors are sampled by the map of group-map.ts.
 *
 * Position: (θ, z) in whitened coordinates, θ as in parameters.ts, z of the smaller factors.
 */
import type { RandomStream } from '../../src/random/stream.js';
import type { LogDensity } from '../../src/sampler/model.js';
import type { RegressionSpecification } from '../regression-data.js';
import { IntegratedLikelihood } from './gaussian-density.js';
import { gaussianStatistics } from './gaussian-statistics.js';
import { type GroupMap, groupMap } from './group-map.js';
import { type GroupDensity, type MultilevelModel, modelOf, scalesOf } from './model.js';
import { MultilevelParameters } from './parameters.js';
import { resolutionsOf } from './rough-fit.js';
import { type GroupFactor, groupFactors } from './rows.js';
import { climb } from './whitening.js';

/** Largest number of effects of smaller factors; with more, the row-wise density is cheaper. */
const MOST_OTHERS = 60;

/** True if the effects of the largest factor should be integrated out. */
export function integratesOut({ family, data }: RegressionSpecification): boolean {
  if (family.family !== 'gaussian' || family.link !== 'identity') return false;
  if (data.weights || data.errors || data.limits) return false;
  if (family.fixed || family.predicted) return false;
  const factors = groupFactors(data.groups, data.rows);
  const others = factors.slice(0, -1);
  if (factors[others.length].size === 0) return false;
  return others.reduce((sum, { levels, size }) => sum + levels * size, 0) <= MOST_OTHERS;
}

/** Rounds of linearization and climbing; the first also finds the resolutions. */
const ROUNDS = 3;

export function gaussianMultilevel(specification: RegressionSpecification): MultilevelModel {
  const density = new IntegratedDensity(specification);
  const { dimension, parameters, factors, logDensity } = density;
  const scales = scalesOf(specification, dimension);
  const start = startOfIntegrated(specification, density);
  const position = new Float64Array(dimension);
  position.set(start);
  const theta = Array.from({ length: parameters.dimension }, (_, j) => j);
  let found = true;
  for (let round = 0; round < ROUNDS && found; round++) {
    density.linearize(position);
    found = climb(logDensity, position, theta, scales);
    if (round === 0) parameters.setResolutions(density.resolutions(position), position);
  }
  if (!found) position.set(start);
  return modelOf(specification, density, position, sentence(factors));
}

function sentence(factors: readonly GroupFactor[]): string {
  const names = factors.map(({ group }) => group);
  const last = names.pop();
  const whole = `Group effects of ${last}: integrated out of the density and drawn exactly afterwards.`;
  if (names.length === 0) return whole;
  return `${whole} Those of ${names.join(', ')}: non-centred as far as the data say little of a level, centred as far as they say much.`;
}

/** The density of (θ, z) with the effects of the last factor integrated out. */
class IntegratedDensity implements GroupDensity {
  readonly factors: readonly GroupFactor[];
  readonly parameters: MultilevelParameters;
  readonly dimension: number;
  readonly block: number;
  readonly #others: readonly GroupFactor[];
  readonly #maps: readonly GroupMap[];
  /** Start of z of each smaller factor in a position, and of its effects in δ. */
  readonly #starts: number[] = [];
  readonly #offsets: number[] = [];
  readonly #likelihood: IntegratedLikelihood;
  readonly #reference: Float64Array;
  readonly #delta: Float64Array;
  readonly #deltaGradient: Float64Array;
  readonly #effects: readonly Float64Array[];

  constructor(specification: RegressionSpecification) {
    const { data } = specification;
    this.factors = groupFactors(data.groups, data.rows);
    this.#others = this.factors.slice(0, -1);
    const last = this.factors[this.#others.length];
    const statistics = gaussianStatistics(data, this.#others, last);
    this.#likelihood = new IntegratedLikelihood(statistics, last.size);
    this.parameters = new MultilevelParameters(specification, this.factors, statistics.means);
    this.#maps = this.#others.map(({ levels, size }) => groupMap(levels, size));
    let { dimension } = this.parameters;
    const population = this.parameters.values.coefficients.length;
    for (const { length } of this.#maps) {
      this.#starts.push(dimension);
      this.#offsets.push(population + dimension - this.parameters.dimension);
      dimension += length;
    }
    this.dimension = dimension;
    this.block = dimension;
    this.#reference = statistics.reference;
    this.#delta = new Float64Array(statistics.width);
    this.#deltaGradient = new Float64Array(statistics.width);
    this.#effects = this.factors.map(({ levels, size }) => new Float64Array(levels * size));
  }

  readonly logDensity: LogDensity = (position, gradient) => {
    const { parameters } = this;
    const { values, gradients } = parameters;
    const maps = this.#maps;
    const delta = this.#delta;
    const deltaGradient = this.#deltaGradient;
    parameters.read(position);
    const population = values.coefficients.length;
    for (let j = 0; j < population; j++) delta[j] = values.coefficients[j] - this.#reference[j];
    let logDensity = 0;
    for (let f = 0; f < maps.length; f++) {
      logDensity += maps[f].forward(values.loadings[f], position, this.#starts[f]);
      const { effects } = maps[f];
      for (let m = 0; m < effects.length; m++) delta[this.#offsets[f] + m] = effects[m];
    }
    logDensity += this.#likelihood.logLikelihood(
      delta,
      values.loadings[maps.length],
      values.aux[0],
      deltaGradient,
      gradients.loadings[maps.length],
    );
    gradients.aux[0] = this.#likelihood.sigmaGradient;
    for (let j = 0; j < population; j++) gradients.coefficients[j] = deltaGradient[j];
    for (let f = 0; f < maps.length; f++) {
      const { effectGradient } = maps[f];
      for (let m = 0; m < effectGradient.length; m++) {
        effectGradient[m] = deltaGradient[this.#offsets[f] + m];
      }
      maps[f].backward(values.loadings[f], gradients.loadings[f], gradient, this.#starts[f]);
    }
    return logDensity + parameters.finish(gradient);
  };

  /** Sets H and b of the smaller factors' maps by the curvature at `position`. */
  linearize(position: Float64Array): void {
    this.logDensity(position, new Float64Array(this.dimension));
    this.#maps.forEach(({ information, pull, effects, length }, f) => {
      const { size } = this.#others[f];
      const offset = this.#offsets[f];
      for (let at = 0; at < length; at++) {
        const level = at - (at % size);
        pull[at] = this.#deltaGradient[offset + at];
        for (let c = 0; c < size; c++) {
          const h = this.#likelihood.information(offset + at, offset + level + c);
          information[at * size + c] = h;
          pull[at] += h * effects[level + c];
        }
      }
    });
  }

  /** The resolution of standard deviations by the data, for each coefficient of each factor. */
  resolutions(position: Float64Array): number[][] {
    this.linearize(position);
    const last = this.#likelihood.lastInformation();
    return [...this.#maps.map(({ information }) => information), last].map((information, f) =>
      resolutionsOf(information, this.factors[f].levels, this.factors[f].size),
    );
  }

  effects(random: RandomStream): readonly Float64Array[] {
    this.#maps.forEach((map, f) => {
      this.#effects[f].set(map.effects);
    });
    const last = this.#maps.length;
    const { loadings } = this.parameters.values;
    this.#likelihood.drawEffects(random, loadings[last], this.#effects[last]);
    return this.#effects;
  }
}

/** Initial θ: least squares, with group standard deviations equal to that of the residuals. */
function startOfIntegrated(
  { data }: RegressionSpecification,
  { factors, parameters }: IntegratedDensity,
): Float64Array {
  const { reference, squares, rows } = gaussianStatistics(data, [], factors[factors.length - 1]);
  const sigma = Math.sqrt(squares / rows) || 1;
  const sds = factors.map((factor: GroupFactor) =>
    Float64Array.from({ length: factor.size }, (_, c) => sigma / rootMeanSquare(factor, c)),
  );
  return parameters.thetaOf(reference, sds, Float64Array.of(sigma));
}

function rootMeanSquare({ values, size, levelOf }: GroupFactor, coefficient: number): number {
  let squares = 0;
  for (let i = coefficient; i < values.length; i += size) squares += values[i] * values[i];
  return Math.sqrt(squares / levelOf.length) || 1;
}
