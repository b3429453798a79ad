/**
 * Posterior means by numerical integration, for posteriors that are near normal and of few
 * parameters, such as the weight regressions of the paper. The same digits for every seed.
 *
 * In the whitened coordinates x of the normal approximation (sampler/normal-approximation.ts) the
 * density π is close to a standard normal, and smooth. The trapezoidal rule on a lattice L with step h,
 *
 *     ∫ f π dx ≈ Σ f(x) π(x) / Σ π(x),    x ∈ h L + shift, |x| < radius,
 *
 * has the values of the Fourier transform of f π at the vectors of the dual lattice as its error, and
 * these fall like exp(−2π²|v|²/h²) (Sloan & Joe 1994, Lattice Methods for Multiple Integration, ch. 2;
 * Trefethen & Weideman 2014, SIAM Review 56). L is D*, all integer points and all points of integers
 * plus one half: its dual D has long shortest vectors, √2.
 *
 * f is not the parameter itself but what is left of it after control variates of second order (Mira,
 * Solgi & Imparato 2013, Statistics and Computing 23): for every polynomial p,
 *
 *     E[Δp + ∇p · ∇log π] = 0,
 *
 * and the multiples of these functions for all monomials of degree 1 and 2 are found by least squares
 * on the points of the first lattice. They take out what is skewed: what is left varies by about a
 * hundredth of a standard deviation.
 *
 * The first estimate is from two shifts of one lattice, with half their difference as its error. Finer
 * and wider lattices follow until the means are as certain as needed. Each has less than a quarter of the
 * error of the one before, which their difference shows. Errors are averages over all coordinates, as
 * a single difference may be small by chance.
 */
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import { cholesky, solveLower, solveLowerTransposed } from '../linear-algebra/cholesky.js';
import { norm } from '../linear-algebra/sums.js';
import type { ControlledMean } from '../posterior/control-variates.js';
import type { Model } from '../sampler/model.js';
import {
  normalApproximation,
  reportedAt,
  type WhitenedModel,
  whitened,
} from '../sampler/normal-approximation.js';

/** A lattice's step and radius, in standard deviations of the normal approximation. */
interface Level {
  readonly step: number;
  readonly radius: number;
}

/** With six parameters these have 300, 2,500, 11,000, 47,000 and 150,000 points. */
const LEVELS: readonly Level[] = [
  { step: 2.25, radius: 4 },
  { step: 1.9, radius: 4.75 },
  { step: 1.65, radius: 5.25 },
  { step: 1.45, radius: 5.9 },
  { step: 1.28, radius: 6.3 },
];
/** Bound on the error of a level, as a share of that of the level before. */
const REDUCTION = 1 / 4;

/** A lattice of more points is not tried: sampling is faster. */
const MOST_POINTS = 200_000;
const MOST_PARAMETERS = 12;

/**
 * Means of the reported parameters, which are linear functions of the position.
 *
 * @param isEnough true if the means are certain enough; else the next level is tried
 * @returns null if the density has no normal approximation, or is too far from it
 */
export function integratedMeans(
  model: Model,
  isEnough: (means: readonly ControlledMean[]) => boolean,
): ControlledMean[] | null {
  const { dimension } = model;
  if (dimension > MOST_PARAMETERS || model.severalPeaks) return null;
  const approximation = normalApproximation(model);
  if (!approximation) return null;
  const inWhitened = whitened(model, approximation);
  const toMeans = reporterOf(inWhitened);
  const lattices = LEVELS.map((level) => () => latticeOf(level, shiftOf(level.step, dimension)));
  const first = lattices[0]();
  const second = latticeOf(LEVELS[0], shiftOf(1, dimension));
  if (!first || !second) return null;
  const integral = new ControlledIntegral(inWhitened);
  const one = integral.adjust(first);
  if (one === null) return null;
  const other = integral.mean(second);
  let estimate: Float64Array = one.map((value, j) => (value + other[j]) / 2);
  let means = toMeans(estimate, distance(one, other) / 2);
  for (const next of lattices.slice(1)) {
    if (isEnough(means)) break;
    const lattice = next();
    if (lattice === null) break;
    const finer = integral.mean(lattice);
    means = toMeans(finer, distance(finer, estimate) * REDUCTION);
    estimate = finer;
  }
  return means;
}

/** Root mean square of the differences. */
function distance(one: Float64Array, other: Float64Array): number {
  return norm(one.map((value, j) => value - other[j])) / Math.sqrt(one.length);
}

/** @returns the reported parameters at x; errors are those of x, of each coordinate, times their sds */
function reporterOf(model: Model): (x: Float64Array, error: number) => ControlledMean[] {
  const { dimension } = model;
  const origin = reportedAt(model, new Float64Array(dimension));
  const squares = new Float64Array(origin.length);
  for (let j = 0; j < dimension; j++) {
    const unit = new Float64Array(dimension);
    unit[j] = 1;
    reportedAt(model, unit).forEach((value, k) => {
      squares[k] += (value - origin[k]) ** 2;
    });
  }
  return (x, error) =>
    Array.from(reportedAt(model, x), (mean, k) => ({ mean, mcse: error * Math.sqrt(squares[k]) }));
}

/** A share whose rounding is not certain. */
export interface UncertainShare {
  readonly index: number;
  /** The other integer that it may be. */
  readonly other: number;
  /** Probability of the other. */
  readonly chance: number;
}

/**
 * Scales means to a largest absolute value of `to` and rounds them to integers.
 *
 * @returns those that are within four errors of where they would round otherwise
 */
export function uncertainShares(means: readonly ControlledMean[], to: number): UncertainShare[] {
  const sizes = means.map(({ mean }) => Math.abs(mean));
  const largest = sizes.indexOf(Math.max(...sizes));
  const size = sizes[largest];
  if (!(size > 0)) return [];
  return means.flatMap(({ mean, mcse }, index) => {
    if (index === largest) return [];
    const share = (mean / size) * to;
    const error = (Math.hypot(mcse, (mean / size) * means[largest].mcse) / size) * to;
    const nearest = Math.round(share);
    const errors = (0.5 - Math.abs(share - nearest)) / error;
    if (errors > CERTAIN) return [];
    const other = share > nearest ? nearest + 1 : nearest - 1;
    return [{ index, other, chance: normalCdf(-errors, 0, 1) }];
  });
}

/** Errors that count as certain. They are bounds rather than standard deviations. */
const CERTAIN = 4;

/** Points of lattices, row-major (point, coordinate); null for too many. */
const known = new Map<string, Float64Array | null>();

function latticeOf(level: Level, shift: readonly number[]): Float64Array | null {
  const key = [level.step, ...shift].join(' ');
  const found = known.get(key);
  if (found !== undefined) return found;
  const dimension = shift.length;
  const count = (2 * ballVolume(dimension) * level.radius ** dimension) / level.step ** dimension;
  const points = count > MOST_POINTS ? null : pointsOf(level, shift);
  known.set(key, points);
  return points;
}

/** π^(d/2) / Γ(d/2 + 1), by recurrence. */
function ballVolume(dimension: number): number {
  if (dimension < 2) return dimension === 0 ? 1 : 2;
  return ((2 * Math.PI) / dimension) * ballVolume(dimension - 2);
}

/** A point of the cell without symmetry: fractions of multiples of square roots. */
function shiftOf(seed: number, dimension: number): number[] {
  return Array.from({ length: dimension }, (_, j) => {
    const value = (7.3 * seed + 1) * Math.sqrt(2 + j);
    return value - Math.floor(value);
  });
}

function pointsOf({ step, radius }: Level, shift: readonly number[]): Float64Array {
  const dimension = shift.length;
  const point = new Float64Array(dimension);
  let points = new Float64Array(1024 * dimension);
  let length = 0;
  const add = (): void => {
    if (length === points.length) {
      const more = new Float64Array(2 * length);
      more.set(points);
      points = more;
    }
    for (let j = 0; j < dimension; j++) points[length++] = point[j];
  };
  const extend = (half: number, j: number, square: number): void => {
    const most = Math.sqrt(radius * radius - square) / step;
    const origin = half + shift[j];
    for (let z = Math.ceil(-most - origin); z <= most - origin; z++) {
      point[j] = (z + origin) * step;
      if (j === dimension - 1) add();
      else extend(half, j + 1, square + point[j] * point[j]);
    }
  };
  extend(0, 0, 0);
  extend(0.5, 0, 0);
  return points.slice(0, length);
}

/** Integrates x less multiples of control variates. */
class ControlledIntegral {
  private readonly size: number;
  private readonly x: Float64Array;
  private readonly gradient: Float64Array;
  private readonly peak: number;
  /** 1, then the control variates: ∂_i log π, and those of x_i x_j. */
  private readonly row: Float64Array;
  /** Row-major (coordinate, place in `row`). */
  private readonly multiples: Float64Array;

  constructor(private readonly target: WhitenedModel) {
    const { dimension } = target;
    this.size = dimension;
    this.x = new Float64Array(dimension);
    this.gradient = new Float64Array(dimension);
    this.peak = target.logDensity(this.x, this.gradient);
    this.row = new Float64Array(1 + dimension + (dimension * (dimension + 1)) / 2);
    this.multiples = new Float64Array(dimension * this.row.length);
  }

  /**
   * Finds the multiples by weighted least squares.
   *
   * @returns the mean, which is the constant of the least squares; null if the control variates are
   *   linearly dependent, which happens on few points or if the density is far from normal
   */
  adjust(points: Float64Array): Float64Array | null {
    const { size, row, x } = this;
    const width = row.length;
    const products = new Float64Array(width * width);
    const targets = new Float64Array(size * width);
    for (let start = 0; start < points.length; start += size) {
      const weight = this.weightAt(points, start);
      this.writeRow();
      let at = 0;
      for (let a = 0; a < width; a++) {
        const weighted = weight * row[a];
        for (let b = 0; b <= a; b++) products[at + b] += weighted * row[b];
        at += width;
      }
      for (let i = 0; i < size; i++) {
        const weighted = weight * x[i];
        for (let a = 0; a < width; a++) targets[i * width + a] += weighted * row[a];
      }
    }
    const lower = cholesky(products, width);
    if (lower === null) return null;
    const mean = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      const solved = targets.slice(i * width, (i + 1) * width);
      solveLower(lower, solved);
      solveLowerTransposed(lower, solved);
      this.multiples.set(solved, i * width);
      mean[i] = solved[0];
    }
    return this.multiples.every(Number.isFinite) ? mean : null;
  }

  mean(points: Float64Array): Float64Array {
    const { size, multiples } = this;
    const moments = this.momentsOf(points);
    const total = moments[0];
    const mean = moments.slice(1, 1 + size);
    const sums = this.sumsOfRows(moments);
    const width = sums.length;
    for (let i = 0; i < size; i++) {
      for (let a = 1; a < width; a++) mean[i] -= multiples[i * width + a] * sums[a];
      mean[i] /= total;
    }
    return mean;
  }

  /** Σ w, Σ w x, Σ w ∇ and Σ w x ⊗ ∇, with ∇ = ∇ log π. */
  private momentsOf(points: Float64Array): Float64Array {
    const { size, x, gradient, target } = this;
    const moments = new Float64Array(1 + size * (2 + size));
    if (target.addMoments) {
      target.addMoments(points, this.peak, moments);
      return moments;
    }
    for (let start = 0; start < points.length; start += size) {
      const weight = this.weightAt(points, start);
      moments[0] += weight;
      let product = 1 + 2 * size;
      for (let i = 0; i < size; i++) {
        const weighted = weight * x[i];
        moments[1 + i] += weighted;
        moments[1 + size + i] += weight * gradient[i];
        for (let j = 0; j < size; j++) moments[product++] += weighted * gradient[j];
      }
    }
    return moments;
  }

  /** Σ w times each number of `row`. */
  private sumsOfRows(moments: Float64Array): Float64Array {
    const { size } = this;
    const sums = new Float64Array(this.row.length);
    const ofGradient = 1 + size;
    const products = ofGradient + size;
    sums[0] = moments[0];
    for (let i = 0; i < size; i++) sums[1 + i] = moments[ofGradient + i];
    let at = 1 + size;
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < i; j++) {
        sums[at++] = moments[products + j * size + i] + moments[products + i * size + j];
      }
      sums[at++] = moments[0] + moments[products + i * (size + 1)];
    }
    return sums;
  }

  /** The density at a point relative to that at the mode. Sets `x` and `gradient`. */
  private weightAt(points: Float64Array, start: number): number {
    const { size, x, gradient } = this;
    for (let j = 0; j < size; j++) x[j] = points[start + j];
    return Math.exp(this.target.logDensity(x, gradient) - this.peak);
  }

  /** Writes the control variates at `x`. */
  private writeRow(): void {
    const { size, row, x, gradient } = this;
    row[0] = 1;
    let at = 1;
    for (let i = 0; i < size; i++) row[at++] = gradient[i];
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < i; j++) row[at++] = x[j] * gradient[i] + x[i] * gradient[j];
      // Half of that of x_i².
      row[at++] = 1 + x[i] * gradient[i];
    }
  }
}
