/**
 * Log densities of priors, up to constants. Each `add…` adds the derivative to one element of the
 * gradient and returns the log density there.
 */
export interface NormalPrior {
  readonly mean: number;
  readonly sd: number;
}

export interface StudentTPrior {
  readonly degreesOfFreedom: number;
  readonly location: number;
  readonly scale: number;
}

/** −½ ((x − mean) / sd)². */
export function addNormal(
  { mean, sd }: NormalPrior,
  position: Float64Array,
  gradient: Float64Array,
  index: number,
): number {
  const z = (position[index] - mean) / sd;
  gradient[index] -= z / sd;
  return -0.5 * z * z;
}

/** −(ν + 1)/2 · log(1 + ((x − location) / scale)² / ν). */
export function addStudentT(
  prior: StudentTPrior,
  position: Float64Array,
  gradient: Float64Array,
  index: number,
): number {
  gradient[index] += studentTDerivative(prior, position[index]);
  return studentTLogDensity(prior, position[index]);
}

export function studentTLogDensity(
  { degreesOfFreedom: nu, location, scale }: StudentTPrior,
  x: number,
): number {
  const z = (x - location) / scale;
  return -0.5 * (nu + 1) * Math.log1p((z * z) / nu);
}

/** d/dx of `studentTLogDensity`. */
export function studentTDerivative(
  { degreesOfFreedom: nu, location, scale }: StudentTPrior,
  x: number,
): number {
  const z = (x - location) / scale;
  return (-(nu + 1) * z) / (scale * (nu + z * z));
}

/** d²/dx² of `studentTLogDensity`: positive in the tails, where the density is not log-concave. */
export function studentTSecondDerivative(
  { degreesOfFreedom: nu, location, scale }: StudentTPrior,
  x: number,
): number {
  const z = (x - location) / scale;
  const spread = nu + z * z;
  return (-(nu + 1) * (nu - z * z)) / (scale * scale * spread * spread);
}
