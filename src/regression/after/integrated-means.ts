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
import { parameterDraws } from '../../posterior/draws.js';
import type { FittedRegression } from '../fitted-regression.js';
import { type GroupLayout, layoutOf } from './layout.js';
import { meansOfRows, type PreparedRows, type RowWriter } from './predictions.js';
import { refuseParts } from './refusals.js';

/** Nodes: enough for probabilities at a standard deviation of 3. */
const NODES = 31;

/** @param groups indices of the group terms that are integrated out; those that are kept are in the predictor */
export function integratedMeans(
  { fit, encoded, predictor, trials, bounds }: PreparedRows,
  groups: readonly number[],
): RowWriter {
  refuseParts(fit, 'fitted with group effects integrated out');
  const { writeInverse } = responseDistribution(fit.specification.family);
  const writeMeans = meansOfRows({ fit, predictor, bounds });
  const counts = trials();
  const { points, weights } = gaussHermite(NODES);
  const layout = layoutOf(fit);
  const terms = groups.map((term) => ({
    design: encoded.groups[term],
    covariance: covarianceDraws(fit, layout.groups[term], predictor.drawsUsed),
  }));
  const draws = predictor.drawsUsed.length;
  const height = predictorsPerRow(encoded);
  const eta = new Float64Array(draws);
  const spread = new Float64Array(draws);
  const node = new Float64Array(draws);
  return (row, target) => {
    predictor.eta(row, eta);
    spread.fill(0);
    for (const { design, covariance } of terms) {
      const size = design.matrix.names.length;
      for (const { values } of [design.matrix, ...(design.further ?? [])]) {
        // Effects are in the linear predictor of the mean, the first of each row.
        const at = height * row * size;
        addVariance(values.subarray(at, at + size), covariance, spread);
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

/** Σ at each used draw: of coefficients a and b at [a][b], b ≤ a. */
type CovarianceDraws = readonly (readonly Float64Array[])[];

function covarianceDraws(
  { draws }: Pick<FittedRegression, 'draws'>,
  { coefficients, sds, correlations, correlationCount }: GroupLayout,
  drawsUsed: Uint32Array,
): CovarianceDraws {
  const used = (place: number) => {
    const all = parameterDraws(draws, place);
    return Float64Array.from(drawsUsed, (draw) => all[draw]);
  };
  const scales = coefficients.map((_, c) => used(sds + c));
  let pair = correlations;
  return coefficients.map((_, a) =>
    coefficients.slice(0, a + 1).map((_, b) => {
      if (a === b) return scales[a].map((sd) => sd * sd);
      if (correlationCount === 0) return new Float64Array(drawsUsed.length);
      return used(pair++).map((cor, s) => cor * scales[a][s] * scales[b][s]);
    }),
  );
}

/** variance_s += zᵀ Σ_s z. */
function addVariance(z: Float64Array, covariance: CovarianceDraws, variance: Float64Array): void {
  for (let a = 0; a < z.length; a++) {
    for (let b = 0; b <= a; b++) {
      const factor = (a === b ? 1 : 2) * z[a] * z[b];
      if (factor === 0) continue;
      const entry = covariance[a][b];
      for (let s = 0; s < variance.length; s++) variance[s] += factor * entry[s];
    }
  }
}
