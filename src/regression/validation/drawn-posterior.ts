/** The posterior of a regression as moment matching takes it: draws, and densities where they are moved to. */
import type { DensitiesAt, DrawnPosterior } from '../../posterior/moment-match.js';
import { posteriorKernel } from '../after/posterior-kernel.js';
import type { FittedRegression } from '../fitted-regression.js';
import { eachDraw } from './criteria.js';

/**
 * @param rowsOf rows of each observation
 * @throws WeighbridgeError `bad-argument` for priors or thresholds whose density is not known
 */
export function drawnPosterior(
  { specification, draws }: FittedRegression,
  rowsOf: readonly (readonly number[])[],
): DrawnPosterior {
  const kernel = posteriorKernel(specification, 'momentMatch');
  const { dimension } = kernel;
  const { chains } = draws;
  const positions = new Float64Array(chains * draws.drawsPerChain * dimension);
  eachDraw(draws, (reported, draw) => {
    kernel.writePosition(reported, positions.subarray(draw * dimension, (draw + 1) * dimension));
  });
  const rows = new Float64Array(specification.data.rows);
  const evaluate = (at: Float64Array, observation: number): DensitiesAt => {
    const count = at.length / dimension;
    const logDensity = new Float64Array(count);
    const logLikelihood = new Float64Array(count);
    for (let s = 0; s < count; s++) {
      const position = at.subarray(s * dimension, (s + 1) * dimension);
      logDensity[s] = kernel.logDensity(position, rows);
      for (const row of rowsOf[observation]) logLikelihood[s] += rows[row];
    }
    return { logDensity, logLikelihood };
  };
  const { logDensity } = evaluate(positions, 0);
  return { dimension, chains, positions, logDensity, evaluate };
}
