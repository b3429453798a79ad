/**
 * A rough fit of a multilevel regression, before its sampling, from which the maps of its effects
 * (group-map.ts) and the scales of its parameters are taken. Draws are right whatever comes out
 * here; only their speed depends on it.
 *
 * At z = 0 the density in (θ, z) holds the Jacobian of the map, and is Laplace's approximation of
 * the density of θ with the effects integrated out (Tierney & Kadane 1986, JASA 81), provided that
 * the map is made of the curvature there. So rounds of two steps: the likelihood is made normal
 * around the fit so far, W_i = −d²/dη_i² log p(y_i | η_i), which sets the map; then θ goes to the peak
 * of the density at z = 0. The first round starts from the regression without group effects.
 */
import { cholesky, solveLower } from '../src/linear-algebra/cholesky.js';
import type { GroupFactor } from './group-factors.js';
import type { GroupMap } from './group-map.js';
import { resolution } from './group-sd-map.js';
import { climb } from './multilevel-climb.js';
import type { MultilevelDensity } from './multilevel-density.js';
import type { RegressionData } from './regression-data.js';

const MOST_ROUNDS = 12;
/** Rounds end where no linear predictor moves by more than this part of its own uncertainty. */
const CLOSE = 0.01;

/** θ̂ in the coordinates of the density, z = 0; null where none was found. Sets the maps. */
export function roughFit(
  regression: RegressionData,
  density: MultilevelDensity,
  scales: Float64Array,
): Float64Array | null {
  const { parameters, dimension, data, maps } = density;
  const position = new Float64Array(dimension);
  position.set(startOf(regression, density));
  const all = Array.from({ length: parameters.dimension }, (_, j) => j);
  const withoutGroups = all.filter((j) => !parameters.groupPlaces.includes(j));
  if (!climb(density.logDensity, position, withoutGroups, scales)) return null;
  if (!linearize(density, position)) return null;
  const sds = startingSds(density, position);
  parameters.setResolutions(
    data.factors.map(({ levels, size }, f) => resolutionsOf(maps[f].information, levels, size)),
    position,
  );
  position.set(withSds(density, sds));
  let before = density.eta.slice();
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if (!climb(density.logDensity, position, all, scales)) return null;
    if (!linearize(density, position)) return null;
    if (largestMove(density, before) < CLOSE) break;
    before = density.eta.slice();
  }
  return position;
}

/** Sets H and b of all maps by the curvature of the likelihood at `position`; false where it has none. */
export function linearize(density: MultilevelDensity, position: Float64Array): boolean {
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
  for (let i = 0; i < rows; i++) {
    // Outlying rows of a student have the curvature of a trough: they count for nothing.
    weights[i] = Math.max(0, -weights[i]) * ((globalThis as any).KAPPA ?? 1);
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
  for (let f = 0; f < others; f++) {
    writeInformation(factors[f], weights, maps[f].information);
    takeLastOut(factors[f], maps[f], last, maps[others], loadings[others], weights);
    writePull(factors[f], maps[f], slopes);
  }
  return true;
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
 * What the last factor's effects leave of another's information when they are integrated out:
 * H_l −= Σ_j G_jlᵀ (H_j + (Λ Λᵀ)⁻¹)⁻¹ G_jl with G_jl = Σ W_i z_i,last z_iᵀ over the rows of levels j and
 * l. With S = I + Λᵀ H_j Λ = C Cᵀ the inverse is Λ S⁻¹ Λᵀ, so it falls by the squares of C⁻¹ Λᵀ G.
 */
function takeLastOut(
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

/** How far η moved, in units of what a row knows of it, at most. */
function largestMove({ eta, data, family, parameters }: MultilevelDensity, before: Float64Array) {
  const curvature = new Float64Array(data.rows);
  const { aux } = parameters.values;
  const count = aux.length;
  family.curvature(
    eta,
    aux,
    curvature,
    new Float64Array(count * data.rows),
    new Float64Array(count * count),
  );
  let largest = 0;
  for (let i = 0; i < data.rows; i++) {
    const known = Math.sqrt(Math.max(0, -curvature[i]));
    largest = Math.max(largest, Math.abs(eta[i] - before[i]) * known);
  }
  return largest;
}

/** θ to start from: the intercept at the mean outcome, by the link; standard deviations of 1. */
function startOf(
  { outcomes, intercept }: RegressionData,
  density: MultilevelDensity,
): Float64Array {
  const { family, parameters } = density;
  const mean = outcomes.reduce((sum, y) => sum + y / outcomes.length, 0);
  const coefficients = new Float64Array(parameters.values.coefficients.length);
  if (intercept) coefficients[0] = linkOf(family.family.link, mean);
  const square = outcomes.reduce((sum, y) => sum + (y - mean) ** 2 / outcomes.length, 0);
  const aux = Float64Array.from(family.auxiliary, (name) =>
    name === 'sigma' ? Math.sqrt(square) || 1 : name === 'nu' ? 10 : 1,
  );
  const sds = density.data.factors.map(({ size }) => new Float64Array(size).fill(1));
  return parameters.thetaOf(coefficients, sds, aux);
}

/** Of a mean where that is within the link's reach; links of probabilities start from η = 0. */
function linkOf(link: string, mean: number): number {
  switch (link) {
    case 'identity':
      return mean;
    case 'log':
      return mean > 0 ? Math.log(mean) : 0;
    case 'sqrt':
      return Math.sqrt(Math.max(0, mean));
    case 'inverse':
      return mean === 0 ? 1 : 1 / mean;
    default:
      return 0;
  }
}

/** θ last read, but for these standard deviations and no correlations. */
function withSds({ parameters }: MultilevelDensity, sds: readonly Float64Array[]): Float64Array {
  const { coefficients, aux } = parameters.values;
  return parameters.thetaOf(coefficients, sds, aux);
}

/**
 * Standard deviations to start from, by moments: the effects that the rows of a level ask for,
 * b / H, have the mean square sd² + 1 / H.
 */
function startingSds(density: MultilevelDensity, position: Float64Array): Float64Array[] {
  const { data, maps } = density;
  density.logDensity(position, new Float64Array(position.length));
  return data.factors.map(({ size, levels }, f) => {
    const { information, pull } = maps[f];
    return Float64Array.from({ length: size }, (_, c) => {
      let squares = 0;
      let known = 0;
      for (let j = 0; j < levels; j++) {
        const h = information[(j * size + c) * size + c];
        squares += pull[j * size + c] * pull[j * size + c];
        known += h;
      }
      const least = 0.1 / Math.sqrt(known / levels);
      const asked = Math.sqrt(squares / levels) / (known / levels);
      const sd = Math.max(least, asked);
      return Number.isFinite(sd) && sd > 0 ? sd : 1;
    });
  });
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

/** By the diagonals of each level's information. */
export function resolutionsOf(information: Float64Array, levels: number, size: number): number[] {
  return Array.from({ length: size }, (_, c) =>
    resolution(Array.from({ length: levels }, (_, j) => information[(j * size + c) * size + c])),
  );
}
