/**
 * Mean outcomes of new levels: of a row with group effects u ~ normal(0, Σ),
 *
 *     E(y) = ∫ mean(η + z·u) normal(u | 0, Σ) du = ∫ mean(η + √(zᵀΣz) x) normal(x | 0, 1) dx,
 *
 * one dimension whatever the number of effects, by Gauss-Hermite quadrature, at each draw of η and Σ
 * (Hedeker et al. 2018, Biometrics 74).
 */
import { responseDistribution } from '../../../models/families/index.js';
import { predictorsPerRow } from '../../formula/stacked.js';
import { gaussHermite } from '../../linear-algebra/gauss-hermite.js';
import { effectVariance } from './effect-variance.js';
import { layoutOf } from './layout.js';
import { meansOfRows, type PreparedRows, type RowWriter } from './predictions.js';
import { refuseEffectsOfParameters } from './refusals.js';

/** Nodes: enough for probabilities at a standard deviation of 3. */
const NODES = 31;

/** @param groups indices of the group terms that are integrated out; those that are kept are in the predictor */
export function integratedMeans(
  { fit, encoded, predictor, trials, bounds }: PreparedRows,
  groups: readonly number[],
): RowWriter {
  refuseEffectsOfParameters(fit, groups, 'integrated out of mean outcomes');
  const { writeInverse } = responseDistribution(fit.specification.family);
  const writeMeans = meansOfRows({ fit, predictor, bounds });
  const counts = trials();
  const { points, weights } = gaussHermite(NODES);
  const layout = layoutOf(fit);
  const terms = groups.map((term) => ({
    design: encoded.groups[term],
    addVariance: effectVariance(fit, layout.groups[term], predictor.drawsUsed),
  }));
  const draws = predictor.drawsUsed.length;
  const height = predictorsPerRow(encoded);
  const eta = new Float64Array(draws);
  const spread = new Float64Array(draws);
  const node = new Float64Array(draws);
  return (row, target) => {
    predictor.eta(row, eta);
    spread.fill(0);
    for (const { design, addVariance } of terms) {
      const size = design.matrix.names.length;
      // Effects are in the linear predictor of the mean, the first of each row.
      const first = height * row * size;
      for (const { values } of [design.matrix, ...(design.further ?? [])]) {
        addVariance(values.subarray(first, first + size), spread);
      }
    }
    for (let s = 0; s < draws; s++) spread[s] = Math.sqrt(spread[s]);
    target.fill(0);
    for (let k = 0; k < NODES; k++) {
      for (let s = 0; s < draws; s++) node[s] = eta[s] + spread[s] * points[k];
      writeInverse(node);
      writeMeans(row, node, counts[row]);
      for (let s = 0; s < draws; s++) target[s] += weights[k] * node[s];
    }
  };
}
