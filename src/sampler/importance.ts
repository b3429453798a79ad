/**
 * Importance weights of a whitened target against a Student-t around its mode. They reveal mass that
 * the normal approximation misses, without a Markov chain.
 *
 * The spread of the weights grows with the dimension, until they look hopeless for targets that HMC
 * samples with ease. Beyond twenty dimensions the weights are therefore for ten coordinates chosen at
 * random, with the others at the mode.
 */
import type { RandomStream } from '../random/stream.js';
import type { Model } from './model.js';

/** Enough for k̂: the shape of the tail is fitted to the largest 60 weights. */
const DRAWS = 400;
/**
 * Heavier tails than a normal, as posteriors with few data have. In the paper's weight regressions
 * k̂ is below 0.25 with it, and up to 0.74 with a normal (docs/performance.md).
 */
const DEGREES_OF_FREEDOM = 7;
const MOST_DIMENSIONS = 20;
/** The number of coordinates chosen in higher dimensions. */
const DIMENSIONS_DRAWN = 10;

/** Log weights of 400 draws, up to a constant. */
export function importanceLogWeights(target: Model, random: RandomStream): Float64Array {
  const { dimension } = target;
  const block = dimension <= MOST_DIMENSIONS ? dimension : DIMENSIONS_DRAWN;
  const chosen = drawWithout(dimension, block, random);
  const gradient = new Float64Array(dimension);
  const x = new Float64Array(dimension);
  const drawn = new Float64Array(block);
  const chi = new Float64Array(DEGREES_OF_FREEDOM);
  return Float64Array.from({ length: DRAWS }, () => {
    // A Student-t is a normal over the root of a mean of ν squared normals.
    random.normals(drawn);
    random.normals(chi);
    const scale = Math.sqrt(DEGREES_OF_FREEDOM / squaresOf(chi));
    for (let i = 0; i < block; i++) {
      drawn[i] *= scale;
      x[chosen[i]] = drawn[i];
    }
    // A point outside the support has weight zero; its log must be finite for the fit of the tail.
    const logDensity = target.logDensity(x, gradient);
    const finite = logDensity > -Number.MAX_VALUE ? logDensity : -Number.MAX_VALUE;
    return finite - studentLogDensity(drawn);
  });
}

/** `count` different integers below `below`, in random order (Fisher-Yates). */
function drawWithout(below: number, count: number, random: RandomStream): number[] {
  const numbers = Array.from({ length: below }, (_, i) => i);
  for (let i = 0; i < Math.min(count, below - 1); i++) {
    const j = i + Math.floor(random.uniform() * (below - i));
    [numbers[i], numbers[j]] = [numbers[j], numbers[i]];
  }
  return numbers.slice(0, count);
}

/** Log density of a multivariate Student-t of unit scale, up to a constant. */
function studentLogDensity(x: Float64Array): number {
  const power = 0.5 * (DEGREES_OF_FREEDOM + x.length);
  return -power * Math.log1p(squaresOf(x) / DEGREES_OF_FREEDOM);
}

function squaresOf(vector: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += vector[i] * vector[i];
  return sum;
}
