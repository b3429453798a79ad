/**
 * A search for other peaks of a density whose first peak is known. Chains that all start at one peak
 * need not find another, and neither R-hat nor importance weights around it would reveal that.
 * Newton's method therefore starts from points all around, near and far in units of the first peak's
 * widths.
 */
import type { RandomStream } from '../random/stream.js';
import type { Model } from './model.js';
import { type NormalApproximation, normalApproximation } from './normal-approximation.js';

/** Distances from the mode, in standard deviations of the normal approximation. */
const DISTANCES = [3, 6, 12, 24, 48, 12, 24, 48];
/** Peaks that are closer than this in all parameters, in standard deviations, are the same. */
const APART = 0.1;
/** A peak with a smaller share of the first one's mass cannot be seen in draws. */
const LEAST_LOG_MASS = Math.log(1e-4);

/** True if a climb from some other point ends at another peak of noticeable mass. */
export function hasAnotherPeak(
  model: Model,
  first: NormalApproximation,
  random: RandomStream,
): boolean {
  const { dimension } = model;
  const deviations = standardDeviations(first);
  const gradient = new Float64Array(dimension);
  const massOf = ({ mode, inverseFactor }: NormalApproximation) => {
    let logVolume = 0;
    for (let i = 0; i < dimension; i++) logVolume += Math.log(inverseFactor[i * (dimension + 1)]);
    return model.logDensity(mode, gradient) + logVolume;
  };
  const firstMass = massOf(first);
  const isAnother = (start: Float64Array) => {
    const found = normalApproximation(model, start);
    if (!found) return false;
    const apart = found.mode.some(
      (value, i) => Math.abs(value - first.mode[i]) > APART * deviations[i],
    );
    return apart && massOf(found) - firstMass > LEAST_LOG_MASS;
  };
  return DISTANCES.some((distance) => oppositePoints(first, distance, random).some(isAnother));
}

/** mode ± L⁻ᵀ x, with x in a random direction and of length `distance`. */
function oppositePoints(
  { mode, inverseFactor }: NormalApproximation,
  distance: number,
  random: RandomStream,
): [Float64Array, Float64Array] {
  const dimension = mode.length;
  const x = Float64Array.from(mode, () => random.normal());
  const length = Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
  const step = mode.map((_, i) => {
    let sum = 0;
    for (let k = i; k < dimension; k++) {
      sum += (inverseFactor[k * dimension + i] * x[k] * distance) / length;
    }
    return sum;
  });
  return [mode.map((value, i) => value + step[i]), mode.map((value, i) => value - step[i])];
}

/** Square roots of the diagonal of L⁻ᵀ L⁻¹. */
function standardDeviations({ mode, inverseFactor }: NormalApproximation): Float64Array {
  const dimension = mode.length;
  return mode.map((_, i) => {
    let variance = 0;
    for (let k = i; k < dimension; k++) variance += inverseFactor[k * dimension + i] ** 2;
    return Math.sqrt(variance);
  });
}
