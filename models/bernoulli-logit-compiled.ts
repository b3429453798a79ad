/**
 * The posterior of the logistic regression (bernoulli-logit.ts) in other coordinates,
 * q = origin + basis · x, through the compiled kernel. The margins of the rows are linear in x, normal
 * priors are a quadratic form in x, and the prior of the intercept is a Student-t of a linear function
 * of x. The coefficients of all three are computed once.
 */
import type { Coordinates, QuickDensity } from '../src/sampler/model.js';
import { compiledLogit, kernelRuns } from './kernels/logit-kernel.js';
import type { NormalPrior, StudentTPrior } from './priors.js';

export interface SignedOutcomes {
  readonly rows: number;
  /** Intercept and slopes. */
  readonly dimension: number;
  /** Column-major z_i = s_i · (1, x_i − x̄). */
  readonly columns: Float64Array;
  /** Σ r_i z_i, or null if all outcomes are 0 or 1. */
  readonly remainders: Float64Array | null;
}

/** Null if the kernel does not run. */
export function compiledPosterior(
  data: SignedOutcomes,
  slopePrior: NormalPrior | undefined,
  interceptPrior: StudentTPrior,
): ((coordinates: Coordinates) => Required<QuickDensity>) | null {
  if (!kernelRuns) return null;
  return (coordinates) => {
    const { dimension } = data;
    const { origin, basis } = coordinates;
    const { degreesOfFreedom, location, scale } = interceptPrior;
    return compiledLogit({
      rows: data.rows,
      dimension,
      ...rowsIn(data, coordinates),
      ...quadraticForm(data, slopePrior, coordinates),
      student: {
        degreesOfFreedom,
        offset: (origin[0] - location) / scale,
        direction: basis.slice(0, dimension).map((value) => value / scale),
      },
    });
  };
}

/** z_i·q = z_i·origin + (basisᵀ z_i)·x. */
function rowsIn(
  { rows, dimension, columns }: SignedOutcomes,
  { origin, basis }: Coordinates,
): { signedRows: Float64Array; offsets: Float64Array } {
  const signedRows = new Float64Array(rows * dimension);
  const offsets = new Float64Array(rows);
  for (let k = 0; k < dimension; k++) {
    for (let i = 0; i < rows; i++) {
      const value = columns[k * rows + i];
      offsets[i] += value * origin[k];
      for (let j = 0; j < dimension; j++) {
        signedRows[i * dimension + j] += value * basis[k * dimension + j];
      }
    }
  }
  return { signedRows, offsets };
}

/** constant + b·x − ½ x·P x: the priors of the slopes and the remainders of fractional outcomes. */
function quadraticForm(
  { dimension, remainders }: SignedOutcomes,
  slopePrior: NormalPrior | undefined,
  { origin, basis }: Coordinates,
): { constant: number; linear: Float64Array; quadratic: Float64Array } {
  const linear = new Float64Array(dimension);
  const quadratic = new Float64Array(dimension * dimension);
  let constant = 0;
  for (let k = 0; k < dimension; k++) {
    const row = basis.subarray(k * dimension, (k + 1) * dimension);
    const remainder = remainders ? remainders[k] : 0;
    const precision = slopePrior && k > 0 ? 1 / (slopePrior.sd * slopePrior.sd) : 0;
    const distance = slopePrior ? origin[k] - slopePrior.mean : 0;
    constant -= remainder * origin[k] + 0.5 * precision * distance * distance;
    for (let a = 0; a < dimension; a++) {
      linear[a] -= (remainder + precision * distance) * row[a];
      for (let b = 0; b < dimension; b++) {
        quadratic[a * dimension + b] += precision * row[a] * row[b];
      }
    }
  }
  return { constant, linear, quadratic };
}
