/**
 * The prior of a parameter in another unit and from another origin: x = origin + unit · u.
 * A location-scale distribution stays in its family; the others are evaluated at the parameter
 * converted back to the user's unit (`Bounds.scaling`).
 */
import { WeighbridgeError } from '../../src/errors.js';
import type { Prior } from '../prior-distributions.js';

/** A parameter x is `origin + unit · u`. */
export interface Scaling {
  readonly origin: number;
  /** Positive. */
  readonly unit: number;
}

/** A bound further from the origin than this many units is dropped. */
const FAR_END = 1e6;
/** Largest scale: flat over all values that the data allow, and its square is finite. */
const WIDEST = 1e150;
/** Smallest scale: its square must not underflow. */
const NARROWEST = 1e-120;

/** The prior of u. @throws WeighbridgeError `bad-argument` for one too narrow to be computed with */
export function movedPrior(prior: Prior, scaling: Scaling, name: string): Prior {
  const { origin, unit } = scaling;
  if (origin === 0 && unit === 1) return prior;
  const at = (x: number) => (x - origin) / unit;
  const wide = (scale: number) => widthOf(scale / unit, prior, name);
  const { lower, upper, ...own } = prior;
  const bounds = {
    ...(lower !== undefined && { lower: movedEnd(lower, scaling) }),
    ...(upper !== undefined && { upper: movedEnd(upper, scaling) }),
  };
  switch (own.distribution) {
    case 'flat':
      return { ...own, ...bounds };
    case 'normal':
      return { ...own, mean: placeOf(at(own.mean), prior, name), sd: wide(own.sd), ...bounds };
    case 'student_t':
    case 'cauchy':
    case 'double_exponential':
    case 'logistic': {
      const location = placeOf(at(own.location), prior, name);
      return { ...own, location, scale: wide(own.scale), ...bounds };
    }
    case 'uniform': {
      const from = Math.max(movedEnd(own.from, scaling), bounds.lower ?? Number.NEGATIVE_INFINITY);
      const to = Math.min(movedEnd(own.to, scaling), bounds.upper ?? Number.POSITIVE_INFINITY);
      return { distribution: 'flat', lower: from, upper: to };
    }
    default:
      return { ...prior, scaling };
  }
}

/** Bound of a parameter in u; infinite if too far away to matter. */
export function movedEnd(end: number, { origin, unit }: Scaling): number {
  const moved = (end - origin) / unit;
  // Without a shift, every bound counts, for example a scale's bound at zero.
  if (origin === 0 || Math.abs(moved) <= FAR_END) return moved;
  return moved > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}

function widthOf(scale: number, prior: Prior, name: string): number {
  if (scale >= NARROWEST) return Math.min(scale, WIDEST);
  return refuse(prior, name, 'is too narrow for data of this size: expected a wider prior');
}

function placeOf(place: number, prior: Prior, name: string): number {
  if (Number.isFinite(place)) return place;
  return refuse(prior, name, 'lies too far from data of this size');
}

function refuse({ distribution }: Prior, name: string, problem: string): never {
  throw new WeighbridgeError(
    'bad-argument',
    `the ${distribution} prior of ${name} ${problem}, or data in other units`,
  );
}
