/**
 * A Gaussian regression with the identity link and group effects, those of its largest grouping
 * factor integrated out (gaussian-density.ts) and drawn from their exact conditional at
 * each kept draw: with one factor, what is sampled are a handful of parameters, however many levels
 * and rows there are. Effects of smaller factors are sampled by the map of group-map.ts.
 *
 * Position: (θ, z) in whitened coordinates, θ as in parameters.ts, z of the smaller factors.
 */
import type { RandomStream } from '../../src/random/stream.js';
import type { RegressionSpecification } from '../regression-data.js';
import { climb } from './climb.js';
import { type GroupFactor, groupFactors } from './factors.js';
import { gaussianLikelihood } from './gaussian-density.js';
import { gaussianStatistics } from './gaussian-statistics.js';
import { groupMap } from './group-map.js';
import { type MultilevelModel, modelOf, scalesOf } from './model.js';
import { multilevelParameters } from './parameters.js';
import { resolutionsOf } from './rough-fit.js';

/** Effects of smaller factors, beyond which rows are the cheaper way. */
const MOST_OTHERS = 60;

/** Whether this is the model for a regression with group terms. */
export function integratesOut({ family, data }: RegressionSpecification): boolean {
  if (family.family !== 'gaussian' || family.link !== 'identity') return false;
  const others = groupFactors(data.groups, data.rows).slice(0, -1);
  return others.reduce((sum, { levels, size }) => sum + levels * size, 0) <= MOST_OTHERS;
}

/** Of making the likelihood normal and going to the peak; the first finds what the data can tell. */
const ROUNDS = 3;

export function gaussianMultilevel(specification: RegressionSpecification): MultilevelModel {
  const density = integratedDensity(specification);
  const { dimension, parameters, factors, linearize, logDensity } = density;
  const scales = scalesOf(specification, dimension);
  const start = startOfIntegrated(specification, density);
  const position = new Float64Array(dimension);
  position.set(start);
  const theta = Array.from({ length: parameters.dimension }, (_, j) => j);
  let found = true;
  for (let round = 0; round < ROUNDS && found; round++) {
    linearize(position);
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

function integratedDensity(specification: RegressionSpecification) {
  const { data } = specification;
  const factors = groupFactors(data.groups, data.rows);
  const others = factors.slice(0, -1);
  const last = factors[others.length];
  const statistics = gaussianStatistics(data, others, last);
  const likelihood = gaussianLikelihood(statistics, last.size);
  const parameters = multilevelParameters(specification, factors, statistics.means);
  const maps = others.map(({ levels, size }) => groupMap(levels, size));
  const population = parameters.values.coefficients.length;
  const starts: number[] = [];
  let dimension = parameters.dimension;
  for (const { length } of maps) {
    starts.push(dimension);
    dimension += length;
  }
  const { values, gradients } = parameters;
  const { reference, width } = statistics;
  const delta = new Float64Array(width);
  const deltaGradient = new Float64Array(width);
  const offsets = starts.map((start) => population + start - parameters.dimension);

  const logDensity = (position: Float64Array, gradient: Float64Array): number => {
    parameters.read(position);
    for (let j = 0; j < population; j++) delta[j] = values.coefficients[j] - reference[j];
    let logDensity = 0;
    for (let f = 0; f < maps.length; f++) {
      logDensity += maps[f].forward(values.loadings[f], position, starts[f]);
      const { effects } = maps[f];
      for (let m = 0; m < effects.length; m++) delta[offsets[f] + m] = effects[m];
    }
    logDensity += likelihood.logLikelihood(
      delta,
      values.loadings[others.length],
      values.aux[0],
      deltaGradient,
      gradients.loadings[others.length],
    );
    gradients.aux[0] = likelihood.sigmaGradient();
    for (let j = 0; j < population; j++) gradients.coefficients[j] = deltaGradient[j];
    for (let f = 0; f < maps.length; f++) {
      const { effectGradient } = maps[f];
      for (let m = 0; m < effectGradient.length; m++) {
        effectGradient[m] = deltaGradient[offsets[f] + m];
      }
      maps[f].backward(values.loadings[f], gradients.loadings[f], gradient, starts[f]);
    }
    return logDensity + parameters.finish(gradient);
  };

  /** Sets H and b of the smaller factors' maps by the curvature at `position`. */
  const linearize = (position: Float64Array): void => {
    logDensity(position, new Float64Array(dimension));
    maps.forEach(({ information, pull, effects, length }, f) => {
      const { size } = others[f];
      for (let at = 0; at < length; at++) {
        const level = at - (at % size);
        pull[at] = deltaGradient[offsets[f] + at];
        for (let c = 0; c < size; c++) {
          const h = likelihood.information(offsets[f] + at, offsets[f] + level + c);
          information[at * size + c] = h;
          pull[at] += h * effects[level + c];
        }
      }
    });
  };

  /** What the data can tell of standard deviations, for each coefficient of each factor. */
  const resolutions = (position: Float64Array): number[][] => {
    linearize(position);
    const information = likelihood.lastInformation();
    return [...maps.map((map) => map.information), information].map((own, f) =>
      resolutionsOf(own, factors[f].levels, factors[f].size),
    );
  };

  /** Writes the effects of each factor, row-major (level, coefficient), of the position last evaluated. */
  const effects = factors.map(({ levels, size }) => new Float64Array(levels * size));
  const drawEffects = (random: RandomStream): readonly Float64Array[] => {
    maps.forEach((map, f) => {
      effects[f].set(map.effects);
    });
    likelihood.drawEffects(random, values.loadings[others.length], effects[others.length]);
    return effects;
  };

  return {
    dimension,
    block: dimension,
    factors,
    parameters,
    logDensity,
    linearize,
    resolutions,
    effects: drawEffects,
  };
}

/** θ to start from: least squares, with standard deviations as large as that of the residuals. */
function startOfIntegrated(
  { data }: RegressionSpecification,
  { factors, parameters }: ReturnType<typeof integratedDensity>,
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
