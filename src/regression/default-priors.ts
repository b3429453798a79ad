/**
 * brms' default priors (2.18 to 2.22): Student-t with 3 degrees of freedom, for a Gaussian
 * outcome located and scaled by its median and its median absolute deviation, both rounded to one
 * decimal as brms does.
 */
import type { StudentTPrior } from '../../models/index.js';
import { median, medianAbsoluteDeviation } from '../posterior/order.js';

const DEGREES_OF_FREEDOM = 3;
const LEAST_SCALE = 2.5;

/** student_t(3, 0, 2.5). */
export const logitInterceptPrior: StudentTPrior = {
  degreesOfFreedom: DEGREES_OF_FREEDOM,
  location: 0,
  scale: LEAST_SCALE,
};

/** Intercept: student_t(3, median(y), s); σ: half student_t(3, 0, s); s = max(2.5, mad(y)). */
export function gaussianPriors(outcomes: ArrayLike<number>): {
  interceptPrior: StudentTPrior;
  sigmaPrior: StudentTPrior;
} {
  const prior = (location: number): StudentTPrior => ({
    degreesOfFreedom: DEGREES_OF_FREEDOM,
    location,
    scale: defaultScale(outcomes),
  });
  return { interceptPrior: prior(oneDecimal(median(outcomes))), sigmaPrior: prior(0) };
}

/** max(2.5, mad(y)) of outcomes on the scale of the linear predictor; 2.5 where one is not finite. */
export function defaultScale(outcomes: ArrayLike<number>): number {
  const scale = oneDecimal(medianAbsoluteDeviation(outcomes));
  return Number.isFinite(scale) ? Math.max(LEAST_SCALE, scale) : LEAST_SCALE;
}

/** The nearer decimal of the binary value, the even one if as near to both, as R 4's `round(x, 1)`. */
export function oneDecimal(value: number): number {
  const tenths = Math.floor(value * 10);
  const low = tenths / 10;
  const high = Math.ceil(value * 10) / 10;
  const down = value - low;
  const up = high - value;
  return down < up || (down === up && tenths % 2 === 0) ? low : high;
}
