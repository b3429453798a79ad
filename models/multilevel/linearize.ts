/**
 * The likelihood of a multilevel regression made normal around a position, for the maps of its effects
 * (group-map.ts): H and b of each level of each factor.
 */
import { cholesky, solveLower } from '../../src/linear-algebra/cholesky.js';
import type { MultilevelDensity } from './density.js';
import type { GroupFactor } from './factors.js';
import type { GroupMap } from './group-map.js';

/**
 * Of the curvature that probabilities are taken to have: it vanishes as effects grow, and a map that
 * believes in all of it is too narrow there. ESS a second by NUTS at shares of 1, 0.6 and 0.3, means of
 * three seeds: MASS::bacteria 900, 1160, 620; lme4::cbpp 8000, 7400, 6400; bacteria with slopes
 * `(1 + week | ID)` 20 with many divergences, 120, 100. Chosen on these three, among these three.
 */
const BOUNDED_SHARE = 0.6;

/**
 * 'damped': weights raised by |g_i|, which for links other than the identity keeps a step of η_i
 * within about 1: a count of 80 where 2 are expected asks for e^u = 40, and its curvature there for
 * u = 40. 'plain': the curvature. 'final': what the maps are sampled with.
 */
export type Weighting = 'damped' | 'plain' | 'final';

/** Sets H and b of all maps by the curvature of the likelihood at `position`; false where it has none. */
export function linearize(
  density: MultilevelDensity,
  position: Float64Array,
  weighting: Weighting,
): boolean {
  const { data, family, maps, parameters, weighted, lastPull, eta } = density;
  const { rows, factors } = data;
  const { aux, loadings } = parameters.values;
  density.logDensity(position, new Float64Array(position.length));
  const slopes = new Float64Array(rows);
  const weights = new Float64Array(rows);
  family.logLikelihood(eta, aux, slopes, new Float64Array(aux.length));
  const count = aux.length;
  family.curvature(
    eta,
    aux,
    weights,
    new Float64Array(count * rows),
    new Float64Array(count * count),
  );
  const share = weighting === 'final' && hasBoundedMean(density) ? BOUNDED_SHARE : 1;
  for (let i = 0; i < rows; i++) {
    // Outlying rows of a student have the curvature of a trough: they count for nothing.
    weights[i] =
      Math.max(0, -weights[i]) * share + (weighting === 'damped' ? Math.abs(slopes[i]) : 0);
    if (!Number.isFinite(weights[i]) || !Number.isFinite(slopes[i])) return false;
  }
  const others = factors.length - 1;
  const last = factors[others];
  writeInformation(last, weights, maps[others].information);
  lastPull.fill(0);
  for (let i = 0; i < rows; i++) {
    const pull = slopes[i] + weights[i] * eta[i];
    for (let c = 0; c < last.size; c++) {
      const value = last.values[i * last.size + c];
      weighted[i * last.size + c] = weights[i] * value;
      lastPull[last.levelOf[i] * last.size + c] += pull * value;
    }
  }
  for (let f = 0; f < others; f++) writeInformation(factors[f], weights, maps[f].information);
  // Later factors out of earlier ones; of those between, what the last one leaves of each row.
  const left = weights.map((weight, i) => {
    const lower = factorOfLevel(maps[others].information, last.levelOf[i], loadings[others]);
    return lower === null ? weight : weight / meanSquare(lower);
  });
  for (let f = others; f > 0; f--) {
    for (let e = 0; e < f; e++) {
      const own = f === others ? weights : left;
      takeOut(factors[e], maps[e], factors[f], maps[f], loadings[f], own);
    }
  }
  for (let f = 0; f < others; f++) writePull(factors[f], maps[f], slopes);
  return true;
}

function hasBoundedMean({ family }: MultilevelDensity): boolean {
  return family.family.family === 'bernoulli' || family.family.family === 'binomial';
}

/** H = Σ W_i z_i z_iᵀ of each level. */
function writeInformation(
  { size, levelOf, values }: GroupFactor,
  weights: Float64Array,
  information: Float64Array,
): void {
  information.fill(0);
  for (let i = 0; i < weights.length; i++) {
    for (let a = 0; a < size; a++) {
      for (let b = 0; b < size; b++) {
        information[(levelOf[i] * size + a) * size + b] +=
          weights[i] * values[i * size + a] * values[i * size + b];
      }
    }
  }
}

/** b = Σ g_i z_i + H û of each level. */
function writePull(
  { size, levelOf, values }: GroupFactor,
  { information, pull, effects }: GroupMap,
  slopes: Float64Array,
): void {
  for (let at = 0; at < pull.length; at++) {
    const level = Math.floor(at / size);
    pull[at] = 0;
    for (let c = 0; c < size; c++)
      pull[at] += information[at * size + c] * effects[level * size + c];
  }
  for (let i = 0; i < slopes.length; i++) {
    for (let c = 0; c < size; c++) {
      pull[levelOf[i] * size + c] += slopes[i] * values[i * size + c];
    }
  }
}

/**
 * What a later factor's effects leave of another's information when they are integrated out:
 * H_l −= Σ_j G_jlᵀ (H_j + (Λ Λᵀ)⁻¹)⁻¹ G_jl with G_jl = Σ W_i z_i,last z_iᵀ over the rows of levels j and
 * l. With S = I + Λᵀ H_j Λ = C Cᵀ the inverse is Λ S⁻¹ Λᵀ, so it falls by the squares of C⁻¹ Λᵀ G.
 */
function takeOut(
  factor: GroupFactor,
  { information }: GroupMap,
  last: GroupFactor,
  lastMap: GroupMap,
  loadings: Float64Array,
  weights: Float64Array,
): void {
  const { size } = factor;
  const meetings = new Map<number, Float64Array>();
  for (let i = 0; i < weights.length; i++) {
    const key = last.levelOf[i] * factor.levels + factor.levelOf[i];
    const cross = meetings.get(key) ?? new Float64Array(last.size * size);
    meetings.set(key, cross);
    for (let a = 0; a < last.size; a++) {
      for (let b = 0; b < size; b++) {
        cross[a * size + b] +=
          weights[i] * last.values[i * last.size + a] * factor.values[i * size + b];
      }
    }
  }
  for (const [key, cross] of meetings) {
    const lower = factorOfLevel(lastMap.information, Math.floor(key / factor.levels), loadings);
    if (lower === null) continue;
    const level = key % factor.levels;
    const columns = Array.from({ length: size }, (_, b) =>
      Float64Array.from({ length: last.size }, (_, r) => {
        let sum = 0;
        for (let m = r; m < last.size; m++) {
          sum += loadings[m * last.size + r] * cross[m * size + b];
        }
        return sum;
      }),
    );
    for (const column of columns) solveLower(lower, column);
    columns.forEach((first, a) => {
      columns.forEach((second, b) => {
        const product = first.reduce((sum, value, m) => sum + value * second[m], 0);
        information[(level * size + a) * size + b] -= product;
      });
    });
  }
}

/** C of I + Λᵀ H Λ = C Cᵀ of one level; null where rounding has left it none. */
function factorOfLevel(
  information: Float64Array,
  level: number,
  loadings: Float64Array,
): Float64Array | null {
  const size = Math.sqrt(loadings.length);
  const matrix = new Float64Array(size * size);
  for (let r = 0; r < size; r++) {
    for (let c = 0; c < size; c++) {
      let sum = r === c ? 1 : 0;
      for (let a = r; a < size; a++) {
        for (let b = c; b < size; b++) {
          const h = information[(level * size + a) * size + b];
          sum += loadings[a * size + r] * h * loadings[b * size + c];
        }
      }
      matrix[r * size + c] = sum;
    }
  }
  return cholesky(matrix, size);
}

/** The mean of the diagonal of C Cᵀ. */
function meanSquare(lower: Float64Array): number {
  const size = Math.sqrt(lower.length);
  return lower.reduce((sum, value) => sum + value * value, 0) / size;
}

/** H = 0 and b = 0 make the maps those of a plain non-centring. */
export function forgetMaps({ maps, weighted, lastPull }: MultilevelDensity): void {
  for (const { information, pull } of maps) {
    information.fill(0);
    pull.fill(0);
  }
  weighted.fill(0);
  lastPull.fill(0);
}
