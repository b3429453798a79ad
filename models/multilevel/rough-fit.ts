/**
 * A rough fit of a multilevel regression, made before sampling, which sets the maps of its effects
 * (group-map.ts) and the scales of its parameters. Draws are correct for any rough fit; it affects
 * only speed.
 *
 * At z = 0 the density in (θ, z) holds the Jacobian of the map, and is Laplace's approximation of
 * the density of θ with the effects integrated out (Tierney & Kadane 1986, JASA 81), provided that
 * the map uses the curvature there. Each round has two steps: the likelihood is made normal
 * around the fit so far, W_i = −d²/dη_i² log p(y_i | η_i), which sets the map; then θ goes to the peak
 * of the density at z = 0. The first round starts from the regression without group effects. At last the
 * mode is refined to the mean (`refine`).
 */
import { meanAndSquares } from '../../src/linear-algebra/sums.js';
import type { LogDensity } from '../../src/sampler/model.js';
import { type AuxiliaryName, auxiliaryTraits, traitsOf } from '../families/family.js';
import { startingGaps } from '../families/ordinal.js';
import { thresholdsOf } from '../families/thresholds.js';
import { startParts } from '../generalized-linear/guess.js';
import { membersOf, outcomesOf, type RegressionData } from '../regression-data.js';
import type { MultilevelDensity } from './density.js';
import { factorOfLevel, jointInformation } from './joint-information.js';
import { resolution } from './parameters.js';
import { addColumnSums, type GroupFactor, writeSums } from './rows.js';
import { climb } from './whitening.js';

const MOST_ROUNDS = 12;
const DAMPED_ROUNDS = 3;
const MOST_REFINEMENTS = 3;
/** Each climb ends within a thirtieth of a standard deviation of its peak, which the next round moves anyway. */
const NEAR_PEAK = 1e-3;
/** Convergence: no linear predictor moves by more than this share of its own uncertainty. */
const CLOSE = 0.03;

/** θ̂ in the coordinates of the density, with z = 0; null if none was found. Sets the maps. */
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
  if (!climb(density.logDensity, position, withoutGroups, scales, NEAR_PEAK)) return null;
  const { link, predicted } = density.family.family;
  const early = link === 'identity' && !predicted ? 'plain' : 'damped';
  if (!linearize(density, position, early)) return null;
  const sds = startingSds(density, position, unitOf(regression, density));
  parameters.setResolutions(
    data.factors.map(({ levels, size }, f) => resolutionsOf(maps[f].information, levels, size)),
    position,
  );
  position.set(withSds(density, sds));
  let before = density.eta();
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if (!climb(density.logDensity, position, all, scales, NEAR_PEAK)) return null;
    const weighting = round < DAMPED_ROUNDS ? early : 'plain';
    if (!linearize(density, position, weighting)) return null;
    if (weighting === 'plain' && largestMove(density, before) < CLOSE) break;
    before = density.eta();
  }
  const mode = position.slice();
  if (refine(density, position, all, scales)) return position;
  position.set(mode);
  return linearize(density, position, 'plain') ? position : null;
}

/**
 * From the mode to the mean: the maps by expected slopes and curvatures, θ to the peak of the expected
 * log density. These are the stationary points of a normal variational approximation (Opper &
 * Archambeau 2009, Neural Computation 21). With few rows a level the two differ by much: in 1,400 levels of
 * seven binary outcomes, the peak of log sd by six of its standard deviations.
 */
function refine(
  density: MultilevelDensity,
  position: Float64Array,
  free: readonly number[],
  scales: Float64Array,
): boolean {
  const expected = expectedLogDensity(density);
  for (let round = 0; round < MOST_REFINEMENTS; round++) {
    if (!linearize(density, position, 'expected')) return false;
    if (!climb(expected, position, free, scales, NEAR_PEAK)) return false;
  }
  return linearize(density, position, 'expected');
}

/** The largest move of η, in units of its uncertainty given its own row. */
function largestMove(density: MultilevelDensity, before: Float64Array) {
  const { data, family, parameters } = density;
  const eta = density.eta();
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

/** Initial θ: the intercept at the mean outcome, by the link; standard deviations of 1. */
function startOf(data: RegressionData, density: MultilevelDensity): Float64Array {
  const { outcomes, intercept } = data;
  const { family, parameters } = density;
  const sds = density.data.factors.map(({ size }) => new Float64Array(size).fill(1));
  if (thresholdsOf(family.family) > 0) {
    const { intercept: start, gaps } = startingGaps(family.family, outcomesOf(data));
    const coefficients = new Float64Array(parameters.values.coefficients.length);
    if (intercept) coefficients[0] = start;
    return parameters.thetaOf(coefficients, sds, gaps);
  }
  const { mean } = meanAndSquares(outcomes);
  const sigma = spreadOf(outcomes);
  const { hasScale } = traitsOf(family.family);
  const coefficients = new Float64Array(parameters.values.coefficients.length);
  if (intercept) coefficients[0] = linkOf(family.family.link, mean);
  const guessOf = (name: AuxiliaryName) =>
    name === 'sigma' && hasScale ? sigma : auxiliaryTraits(family.family, name).start;
  startParts(data, family.family, guessOf, coefficients);
  const aux = Float64Array.from(family.auxiliary, (name) => (name === 'gap' ? 1 : guessOf(name)));
  return parameters.thetaOf(coefficients, sds, aux);
}

/** Unit of η: the spread of the outcomes if η is in their units. */
function unitOf({ outcomes }: RegressionData, { family }: MultilevelDensity): number {
  return family.family.link === 'identity' ? spreadOf(outcomes) : 1;
}

function spreadOf(outcomes: Float64Array): number {
  const { mean, squares } = meanAndSquares(outcomes);
  return Math.sqrt(squares / outcomes.length) || Math.abs(mean) || 1;
}

/** η of a mean if the link is defined there; links of probabilities start from η = 0. */
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

/** The θ last read, with these standard deviations and without correlations. */
function withSds({ parameters }: MultilevelDensity, sds: readonly Float64Array[]): Float64Array {
  const { coefficients, aux } = parameters.values;
  return parameters.thetaOf(coefficients, sds, aux);
}

/**
 * Initial standard deviations by moments: the effects estimated from a level's rows alone,
 * b / H, have mean square sd² + 1 / H. None moves η by more than `unit` in the mean.
 */
function startingSds(
  { data, maps, logDensity }: MultilevelDensity,
  position: Float64Array,
  unit: number,
): Float64Array[] {
  logDensity(position, new Float64Array(position.length));
  return data.factors.map((factor, f) => {
    const { size, levels } = factor;
    const { information, pull } = maps[f];
    return Float64Array.from({ length: size }, (_, c) => {
      let squares = 0;
      let known = 0;
      for (let j = 0; j < levels; j++) {
        squares += pull[j * size + c] * pull[j * size + c];
        known += information[(j * size + c) * size + c];
      }
      let lengths = 0;
      for (const { values } of membersOf(factor)) {
        for (let at = c; at < values.length; at += size) lengths += values[at] * values[at];
      }
      const largest = unit / Math.sqrt((lengths * size) / factor.values.length);
      const least = 0.1 / Math.sqrt(known / levels);
      const asked = Math.sqrt(squares / levels) / (known / levels);
      const sd = Math.min(largest, Math.max(least, asked));
      return Number.isFinite(sd) && sd > 0 ? sd : 1;
    });
  });
}

/** Resolutions from the diagonals of each level's information. */
export function resolutionsOf(information: Float64Array, levels: number, size: number): number[] {
  return Array.from({ length: size }, (_, c) =>
    resolution(Array.from({ length: levels }, (_, j) => information[(j * size + c) * size + c])),
  );
}

/**
 * The likelihood of a multilevel regression made normal around a position, for the maps of its effects
 * (group-map.ts): H and b of each level of each factor.
 */

/**
 * 'damped': weights raised by |g_i|, which for links other than the identity keeps a step of η_i
 * within about 1: a count of 80 with an expected 2 needs e^u = 40, but the curvature there suggests
 * u = 40. 'plain': the curvature. 'expected': the curvature expected under the normal approximation
 * of the effects so far.
 */
type Weighting = 'damped' | 'plain' | 'expected';

/** Sets H and b of all maps by the curvature of the likelihood at `position`; false if it is not finite. */
function linearize(
  density: MultilevelDensity,
  position: Float64Array,
  weighting: Weighting,
): boolean {
  const { data, maps, lastPull } = density;
  const { rows, factors } = data;
  const { eta, slopes, weights } = derivativesAt(
    density,
    position,
    weighting === 'expected' ? nodesOf(density) : [{ weight: 1, z: position.subarray(0, 0) }],
  );
  for (let i = 0; i < rows; i++) {
    // Outlying rows of a Student-t have positive curvature: their weight is zero.
    weights[i] = Math.max(0, weights[i]) + (weighting === 'damped' ? Math.abs(slopes[i]) : 0);
    if (!Number.isFinite(weights[i]) || !Number.isFinite(slopes[i])) return false;
  }
  const others = factors.length - 1;
  const last = factors[others];
  writeInformation(last, weights, maps[others].information);
  lastPull.fill(0);
  const weighted = new Float64Array(rows * last.size);
  for (let i = 0; i < rows; i++) {
    const pull = slopes[i] + weights[i] * eta[i];
    for (let c = 0; c < last.size; c++) {
      const value = last.values[i * last.size + c];
      weighted[i * last.size + c] = weights[i] * value;
      lastPull[last.levelOf[i] * last.size + c] += pull * value;
    }
  }
  density.linearize(weighted);
  linearizeOthers(density, position, slopes, weights);
  return true;
}

/** H and b of the other factors, and the shifts of the coefficients by their effects. */
function linearizeOthers(
  density: MultilevelDensity,
  position: Float64Array,
  slopes: Float64Array,
  weights: Float64Array,
): void {
  const { data, maps, parameters } = density;
  const { factors } = data;
  const others = factors.length - 1;
  if (others === 0) return;
  const { loadings, coefficients } = parameters.values;
  const last = { information: maps[others].information, loadings: loadings[others] };
  const priorPrecisions = parameters.coefficientPrecisions();
  for (let j = 0; j < coefficients.length; j++) {
    // What the shifts so far have added; bounded coefficients have none.
    if (priorPrecisions[j] < Number.POSITIVE_INFINITY) position[j] = coefficients[j];
  }
  const joint = jointInformation(data, weights, last, priorPrecisions, loadings);
  const scores = new Float64Array(coefficients.length);
  addColumnSums(data, slopes, scores);
  parameters.addCoefficientSlopes(scores);
  density.setShifts(joint?.shifts ?? []);
  const left = joint ? weights : leftOver(factors[others], last, weights);
  for (let f = 0; f < others; f++) {
    const score = new Float64Array(maps[f].length);
    writeSums(factors[f], slopes, score);
    if (joint) {
      subtractProducts(joint.shifts[f], scores, score);
      maps[f].linearize(joint.remaining[f], score);
    } else {
      writeInformation(factors[f], left, maps[f].information);
      maps[f].pullFrom(score);
    }
  }
}

/** target −= Aᵀ numbers. */
function subtractProducts(shift: Float64Array, numbers: Float64Array, target: Float64Array): void {
  for (let j = 0, at = 0; j < numbers.length; j++) {
    for (let k = 0; k < target.length; k++) target[k] -= shift[at++] * numbers[j];
  }
}

/** Weights less what the effects of the last factor absorb, row by row. */
function leftOver(
  { levelOf, size }: GroupFactor,
  { information, loadings }: { information: Float64Array; loadings: Float64Array },
  weights: Float64Array,
): Float64Array {
  if (size === 0) return weights;
  return weights.map((weight, i) => {
    const lower = factorOfLevel(information, levelOf[i], loadings);
    return lower === null ? weight : weight / meanSquare(lower);
  });
}

/** η of each row, d/dη log p and −d²/dη² log p: weighted means over the nodes. */
function derivativesAt(
  density: MultilevelDensity,
  position: Float64Array,
  nodes: readonly Node[],
): { eta: Float64Array; slopes: Float64Array; weights: Float64Array } {
  const { data, family, parameters, dimension } = density;
  const { rows } = data;
  const { aux } = parameters.values;
  const count = aux.length;
  const means = {
    eta: new Float64Array(rows),
    slopes: new Float64Array(rows),
    weights: new Float64Array(rows),
  };
  const slopes = new Float64Array(rows);
  const curvatures = new Float64Array(rows);
  const cross = new Float64Array(count * rows);
  const square = new Float64Array(count * count);
  const gradient = new Float64Array(dimension);
  for (const { weight, z } of nodes) {
    density.logDensity(movedBy(position, z), gradient);
    const eta = density.eta();
    family.logLikelihood(eta, aux, slopes, new Float64Array(count));
    family.curvature(eta, aux, curvatures, cross, square);
    for (let i = 0; i < rows; i++) {
      means.eta[i] += weight * eta[i];
      means.slopes[i] += weight * slopes[i];
      means.weights[i] -= weight * curvatures[i];
    }
  }
  // The maps then have the effects at z = 0.
  density.logDensity(position, gradient);
  return means;
}

/** A point of a cubature over z, and its weight. */
interface Node {
  readonly weight: number;
  /** The last coordinates of a position. */
  readonly z: Float64Array;
}

/**
 * A cubature over z ~ normal(0, I) that is exact for cubic polynomials of the effects of one level of each
 * factor: z = ±√c along one coefficient of a factor at a time, for all of its levels at once, and z = 0
 * (Julier & Uhlmann 1997). Signs that differ between levels keep the sum over levels near zero.
 */
function nodesOf({ data, dimension, parameters, starts }: MultilevelDensity): Node[] {
  const coefficients = data.factors.reduce((sum, { size }) => sum + size, 0);
  const squared = Math.max(3, coefficients);
  const length = dimension - parameters.dimension;
  const nodes: Node[] = [{ weight: 1 - coefficients / squared, z: new Float64Array(length) }];
  data.factors.forEach(({ levels, size }, f) => {
    const start = starts[f] - parameters.dimension;
    for (let c = 0; c < size; c++) {
      const z = new Float64Array(length);
      for (let level = 0; level < levels; level++) {
        const sign = signOf(level, c);
        z[start + level * size + c] = sign * Math.sqrt(squared);
      }
      nodes.push(
        { weight: 0.5 / squared, z },
        { weight: 0.5 / squared, z: z.map((value) => -value) },
      );
    }
  });
  return nodes.filter(({ weight }) => weight > 0);
}

/** +1 or −1, balanced over any run of levels (the Thue-Morse sequence). */
function signOf(level: number, coefficient: number): 1 | -1 {
  let bits = level ^ (coefficient << 1);
  let parity = 0;
  for (; bits > 0; bits >>= 1) parity ^= bits & 1;
  return parity === 0 ? 1 : -1;
}

/** A position whose last coordinates, those after θ, are moved by z. */
function movedBy(position: Float64Array, z: Float64Array): Float64Array {
  const moved = position.slice();
  const start = position.length - z.length;
  for (let i = 0; i < z.length; i++) moved[start + i] += z[i];
  return moved;
}

/**
 * The expectation of the log density over z ~ normal(0, I), by the cubature: what remains of a position's
 * dependence on θ once the effects are integrated out, if the maps are right.
 */
export function expectedLogDensity(density: MultilevelDensity): LogDensity {
  const nodes = nodesOf(density);
  const own = new Float64Array(density.dimension);
  return (position, gradient) => {
    let value = 0;
    gradient.fill(0);
    for (const { weight, z } of nodes) {
      value += weight * density.logDensity(movedBy(position, z), own);
      for (let i = 0; i < gradient.length; i++) gradient[i] += weight * own[i];
    }
    return value;
  };
}

/** H = Σ W_i z_i z_iᵀ of each level, as if other members of a row were known. */
function writeInformation(
  factor: GroupFactor,
  weights: Float64Array,
  information: Float64Array,
): void {
  const { size } = factor;
  information.fill(0);
  for (const { levelOf, values } of membersOf(factor)) {
    for (let i = 0; i < weights.length; i++) {
      for (let a = 0; a < size; a++) {
        for (let b = 0; b < size; b++) {
          information[(levelOf[i] * size + a) * size + b] +=
            weights[i] * values[i * size + a] * values[i * size + b];
        }
      }
    }
  }
}

/** The mean of the diagonal of C Cᵀ. */
function meanSquare(lower: Float64Array): number {
  const size = Math.sqrt(lower.length);
  return lower.reduce((sum, value) => sum + value * value, 0) / size;
}

/** Sets H = 0 and b = 0, which makes the maps plain non-centrings. */
export function forgetMaps({
  maps,
  data,
  lastPull,
  linearize,
  setShifts,
}: MultilevelDensity): void {
  for (const map of maps) map.forget();
  setShifts([]);
  const { size } = data.factors[data.factors.length - 1];
  linearize(new Float64Array(data.rows * size));
  lastPull.fill(0);
}
