/**
 * Parameters of one group term from their prior: standard deviations s, correlations R = L Lᵀ from
 * an LKJ distribution, and for each level effects r = diag(s) L z of standard normal z.
 */
import {
  writeCorrelatedEffects,
  writeCorrelations,
} from '../../../models/multilevel/correlation-cholesky.js';
import { drawLkjFactor, drawPrior, type Prior } from '../../../models/prior-distributions.js';
import type { GroupEffects } from '../../../models/regression-data.js';
import type { RandomStream } from '../../random/stream.js';

/** Where the term's parameters start among the reported ones; effects are (coefficient, level). */
export interface TermPlaces {
  readonly sds: number;
  readonly correlations: number;
  readonly effects: number;
}

/** @param eta of the LKJ prior; null where there are no correlations */
export function drawGroupTerm(
  { coefficients, levels }: GroupEffects,
  priors: readonly Prior[],
  eta: number | null,
  places: TermPlaces,
  parameters: Float64Array,
  random: RandomStream,
): void {
  const size = coefficients.length;
  priors.forEach((prior, c) => {
    parameters[places.sds + c] = drawPrior(prior, random);
  });
  const factor = eta === null ? identity(size) : drawLkjFactor(eta, size, random);
  if (eta !== null) writeCorrelations(factor, size, parameters, places.correlations);
  const sds = parameters.subarray(places.sds, places.sds + size);
  const z = new Float64Array(size);
  const effects = new Float64Array(size);
  for (let level = 0; level < levels.length; level++) {
    random.normals(z);
    writeCorrelatedEffects(sds, factor, z, effects);
    for (let c = 0; c < size; c++) {
      parameters[places.effects + c * levels.length + level] = effects[c];
    }
  }
}

function identity(size: number): Float64Array {
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) matrix[i * size + i] = 1;
  return matrix;
}
