/**
 * A multilevel density as a model: in whitened coordinates, with its parameters and group effects
 * reported by brms' names.
 */
import { writeHessianByDifferences } from '../../src/linear-algebra/newton.js';
import type { RandomStream } from '../../src/random/stream.js';
import type { LogDensity, Model } from '../../src/sampler/model.js';
import { coefficientBlocks, hasBlocks } from '../coefficient-blocks.js';
import type { LatentDensity } from '../latent-predictors.js';
import { columnsOfMean, type RegressionSpecification } from '../regression-data.js';
import { reportedLayout, reportedNames } from '../reported-parameters.js';
import type { MultilevelParameters } from './parameters.js';
import type { GroupFactor } from './rows.js';
import { inCoordinates, scaled, whitenedAt, writePosition } from './whitening.js';

export type MultilevelModel = Model & {
  /** Sentence that describes how the group effects are sampled; null without group effects. */
  readonly sampledAs: string | null;
};

/** A density over (θ, z), z the effects of grouping factors, factor by factor. */
export interface GroupDensity {
  readonly dimension: number;
  readonly parameters: MultilevelParameters;
  readonly factors: readonly GroupFactor[];
  /** Length of θ plus the effects that are whitened with it. */
  readonly block: number;
  readonly logDensity: LogDensity;
  /**
   * The log density whose curvature whitens the block, around a mean rather than a mode.
   *
   * @default `logDensity`
   */
  readonly smoothed?: LogDensity;
  /** Predictors that are not known exactly, at the position last evaluated. @default none */
  readonly latents?: LatentDensity | null;
  /** The effects of each factor, row-major (level, coefficient), at the position last evaluated. */
  effects(random: RandomStream): readonly Float64Array[];
}

/**
 * True if a dense basis for this many coordinates costs no more than some passes over the rows: they are
 * then whitened together.
 */
export function canBeDense(coordinates: number, rows: number): boolean {
  return coordinates * coordinates <= Math.max(6400, 5 * rows);
}

/**
 * With more coordinates than this, whitening all of them by the curvature at the mode, as split HMC
 * needs, costs too much.
 */
const MOST_WITH_HESSIAN = 100;

/** @param fit a position near the peak; null if none was found: then the coordinates are not whitened */
export function modelOf(
  specification: RegressionSpecification,
  density: GroupDensity,
  fit: Float64Array | null,
  sampledAs: string | null,
): MultilevelModel {
  const { dimension, parameters, factors, block } = density;
  const coordinates =
    fit === null
      ? scaled(new Float64Array(parameters.dimension).fill(1))
      : whitenedAt(density.smoothed ?? density.logDensity, fit, scalesOf(specification, block));
  const logDensity = inCoordinates(density.logDensity, coordinates, dimension);
  const position = new Float64Array(dimension);
  const gradient = new Float64Array(dimension);
  const layout = reportedLayout(specification);

  return {
    dimension,
    parameterNames: reportedNames(specification),
    sampledAs,
    logDensity,
    guess: () => new Float64Array(dimension),
    ...(fit !== null &&
      (density.smoothed === undefined && dimension <= MOST_WITH_HESSIAN && !hasBlocks(specification)
        ? {
            hessian: (x: Float64Array, hessian: Float64Array) =>
              writeHessianByDifferences(logDensity, x, hessian),
          }
        : { whitened: true })),
    constrain(x, reported, random) {
      writePosition(coordinates, x, position);
      density.logDensity(position, gradient);
      parameters.report(reported);
      const effects = density.effects(random);
      factors.forEach((factor, f) => {
        report(factor, effects[f], layout.groupEffects, reported);
      });
      density.latents?.report(reported, layout.latents);
    },
  };
}

/** All levels of a coefficient, then of the next, term by term. */
function report(
  { terms, size, levels }: GroupFactor,
  effects: Float64Array,
  starts: readonly number[],
  reported: Float64Array,
): void {
  for (const { term, start, size: count } of terms) {
    for (let c = 0; c < count; c++) {
      const target = starts[term] + c * levels;
      for (let level = 0; level < levels; level++) {
        reported[target + level] = effects[level * size + start + c];
      }
    }
  }
}

/** Rough units of θ, and of the effects that are whitened with it. */
export function scalesOf(specification: RegressionSpecification, block: number): Float64Array {
  const { family, data } = specification;
  const scales = new Float64Array(block).fill(1);
  const { outcomes, predictors, intercept } = data;
  const { rows } = predictors;
  const unit = family.link === 'identity' ? spread(outcomes, 1, 0, data.rows) : 1;
  const ofMean = columnsOfMean(data);
  let place = 0;
  if (intercept) scales[place++] = unit;
  const slopes = predictors.names.length;
  for (let j = 0; j < slopes; j++) {
    const own = j < ofMean ? unit : 1;
    scales[place++] = own / spread(predictors.values, slopes, j, rows);
  }
  // Their parameters have scales of their own.
  for (const { columns } of coefficientBlocks(specification)) {
    for (const j of columns) scales[j + (intercept ? 1 : 0)] = 1;
  }
  return scales;
}

/** Root mean square around the mean of a column, or around zero of a constant one; 1 for a column of zeros. */
function spread(values: Float64Array, width: number, column: number, rows: number): number {
  let mean = 0;
  for (let i = 0; i < rows; i++) mean += values[i * width + column] / rows;
  let squares = 0;
  for (let i = 0; i < rows; i++) squares += (values[i * width + column] - mean) ** 2 / rows;
  // Constant up to rounding.
  const sd = Math.sqrt(squares);
  return sd > 1e-8 * Math.abs(mean) ? sd : Math.abs(mean) || 1;
}
