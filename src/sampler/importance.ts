/**
 * Importance weights of a whitened target against a Student-t around its mode: what tells of mass
 * that the normal approximation misses, without a Markov chain.
 *
 * Weights of the whole target say less with every dimension: each direction that is a little off
 * adds to their spread, until they look hopeless for targets that HMC samples with ease. Beyond
 * twenty dimensions the weights are therefore those of a part: of ten coordinates drawn by lot,
 * with the others at the mode.
 */
import type { RandomStream } from '../random/stream.js';
import type { Model } from './model.js';

/** Their tail of 60 is enough to tell its shape. */
const DRAWS = 400;
/**
 * Heavier in the tails than a normal, as posteriors of few data are: k̂ of the paper's weight
 * regressions is then below 0.25, of the normal up to 0.74 (docs/performance.md).
 */
const DEGREES_OF_FREEDOM = 7;
const MOST_DIMENSIONS = 20;
/** Of more dimensions, so many are looked at. */
const DIMENSIONS_DRAWN = 10;

/** Log weights of 400 draws, up to a constant. */
export function importanceLogWeights(target: Model, random: RandomStream): Float64Array {
  const { dimension } = target;
  const block = dimension <= MOST_DIMENSIONS ? dimension : DIMENSIONS_DRAWN;
  const drawnByLot = drawWithout(dimension, block, random);
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
      x[drawnByLot[i]] = drawn[i];
    }
    // Where there is no density there is no weight: a finite one, so that the others can be told.
    const logDensity = target.logDensity(x, gradient);
    const finite = logDensity > -Number.MAX_VALUE ? logDensity : -Number.MAX_VALUE;
    return finite - studentLogDensity(drawn);
  });
}

/** `count` of the whole numbers below `below`, in any order (Fisher and Yates). */
function drawWithout(below: number, count: number, random: RandomStream): number[] {
  const numbers = Array.from({ length: below }, (_, i) => i);
  for (let i = 0; i < Math.min(count, below - 1); i++) {
    const j = i + Math.floor(random.uniform() * (below - i));
    [numbers[i], numbers[j]] = [numbers[j], numbers[i]];
  }
  return numbers.slice(0, count);
}

/** Of unit scale, up to a constant. */
function studentLogDensity(x: Float64Array): number {
  const power = 0.5 * (DEGREES_OF_FREEDOM + x.length);
  return -power * Math.log1p(squaresOf(x) / DEGREES_OF_FREEDOM);
}

function squaresOf(vector: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += vector[i] * vector[i];
  return sum;
}
