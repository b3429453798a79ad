/**
 * The prior of a parameter in another unit and counted from another origin: x = origin + unit · u.
 * A distribution of a location and a scale stays one of its kind; of the others, the parameter that
 * they are evaluated at is computed back (`Bounds.counted`).
 */
import { WeighbridgeError } from '../../src/errors.js';
import type { Prior } from '../prior-distributions.js';

/** A parameter x is `origin + unit · u`. */
export interface Counting {
  readonly origin: number;
  /** Positive. */
  readonly unit: number;
}

/** An end further from the origin than this many units is never reached. */
const FAR_END = 1e6;
/** A wider scale is flat over everything that the data allow, and its square still finite. */
const WIDEST = 1e150;
/** The square of a scale must not vanish. */
const NARROWEST = 1e-120;

/** The prior of u. @throws WeighbridgeError `bad-argument` for one too narrow to be computed with */
export function movedPrior(prior: Prior, counting: Counting, name: string): Prior {
  const { origin, unit } = counting;
  if (origin === 0 && unit === 1) return prior;
  const at = (x: number) => (x - origin) / unit;
  const wide = (scale: number) => widthOf(scale / unit, prior, name);
  const { lower, upper, ...own } = prior;
  const bounds = {
    ...(lower !== undefined && { lower: movedEnd(lower, counting) }),
    ...(upper !== undefined && { upper: movedEnd(upper, counting) }),
  };
  switch (own.distribution) {
    case 'flat':
      return { ...own, ...bounds };
    case 'normal':
      return { ...own, mean: placeOf(at(own.mean), prior, name), sd: wide(own.sd), ...bounds };
    case 'student_t':
    case 'cauchy': {
      const location = placeOf(at(own.location), prior, name);
      return { ...own, location, scale: wide(own.scale), ...bounds };
    }
    case 'uniform': {
      const from = Math.max(movedEnd(own.from, counting), bounds.lower ?? Number.NEGATIVE_INFINITY);
      const to = Math.min(movedEnd(own.to, counting), bounds.upper ?? Number.POSITIVE_INFINITY);
      return { distribution: 'flat', lower: from, upper: to };
    }
    default:
      return { ...prior, counted: counting };
  }
}

/** The end of a parameter's range in u; infinite where it is too far away to matter. */
export function movedEnd(end: number, { origin, unit }: Counting): number {
  const moved = (end - origin) / unit;
  // Without a shift every end counts, for example a scale's bound at zero.
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
