/**
 * Outcomes of many draws at once, in place: what is predicted for a row. Uniforms and normals are made by
 * the block, and what depends on a parameter alone is computed once for all of them. (A single variate from
 * any stream: variates.ts.)
 *
 * Every function is exact up to the rounding of its uniforms, 2^−53. Numbers of which a parameter is NaN
 * stay NaN.
 */
import gammaln from '@stdlib/math-base-special-gammaln';
import type { RandomStream } from '../../src/random/stream.js';
import { writeExp } from '../kernels/elementary-kernel.js';

/** A buffer that grows to the longest length asked for. */
function growing(): (length: number) => Float64Array {
  let buffer = new Float64Array(0);
  return (length) => {
    if (buffer.length < length) buffer = new Float64Array(length);
    return buffer.length === length ? buffer : buffer.subarray(0, length);
  };
}

const noiseOf = growing();
const atZeroOf = growing();
const largeOf = growing();

/** Overwrites each mean by mean + σ z. */
export function writeNormals(
  means: Float64Array,
  sigmas: Float64Array,
  random: RandomStream,
): void {
  const noise = noiseOf(means.length);
  random.normals(noise);
  for (let s = 0; s < means.length; s++) means[s] += sigmas[s] * noise[s];
}

/** Overwrites each probability by 0 or 1. */
export function writeBernoullis(probabilities: Float64Array, random: RandomStream): void {
  const noise = noiseOf(probabilities.length);
  random.uniforms(noise);
  for (let s = 0; s < probabilities.length; s++) {
    const p = probabilities[s];
    // Without a branch, which would be mispredicted; p − p is 0, or NaN.
    probabilities[s] = Number(noise[s] < p) + (p - p);
  }
}

/** From this mean on, counts are drawn by rejection. */
const REJECTION = 10;
/** Beyond this, Poisson counts are drawn from a normal. */
const LARGE_COUNT = 1e12;
/** No count below that mean is as large: what rounding leaves of a uniform gets here, and counts as 0. */
const MOST_COUNT = 200;
/** 1/k */
const inverses = Float64Array.from({ length: MOST_COUNT + 1 }, (_, k) => 1 / k);

/**
 * Overwrites each mean by a Poisson count; NaN for a negative mean, infinite for an infinite one. Below
 * a mean of 10 by inversion: a uniform walks down the probabilities from 0 on.
 */
export function writePoissons(means: Float64Array, random: RandomStream): void {
  const noise = noiseOf(means.length);
  const atZero = atZeroOf(means.length);
  random.uniforms(noise);
  for (let s = 0; s < means.length; s++) atZero[s] = -means[s];
  writeExp(atZero);
  for (let s = 0; s < means.length; s++) {
    const mean = means[s];
    means[s] =
      mean >= 0 && mean < REJECTION
        ? smallPoisson(mean, atZero[s], noise[s])
        : largePoisson(mean, random);
  }
}

/** The first four counts are told apart without a branch, which would be mispredicted. */
function smallPoisson(mean: number, atZero: number, uniform: number): number {
  const ofOne = atZero * mean;
  const ofTwo = ofOne * mean * inverses[2];
  const ofThree = ofTwo * mean * inverses[3];
  const above0 = uniform - atZero;
  const above1 = above0 - ofOne;
  const above2 = above1 - ofTwo;
  let left = above2 - ofThree;
  if (left < 0) return Number(above0 >= 0) + Number(above1 >= 0) + Number(above2 >= 0);
  let count = 4;
  let probability = ofThree * mean * inverses[4];
  while (left >= probability && count < MOST_COUNT) {
    left -= probability;
    count++;
    probability *= mean * inverses[count];
  }
  return count < MOST_COUNT ? count : 0;
}

/** log k! of small k. */
const logFactorials = Float64Array.from({ length: 1024 }, (_, k) => gammaln(k + 1));

function logFactorial(k: number): number {
  return k < logFactorials.length ? logFactorials[k] : gammaln(k + 1);
}

/** A mean of 10 or more by transformed rejection (Hörmann 1993, Insurance Math. Econ. 12: PTRS). */
function largePoisson(mean: number, random: RandomStream): number {
  if (mean === Number.POSITIVE_INFINITY) return mean;
  if (!(mean >= 0)) return Number.NaN;
  if (mean > LARGE_COUNT) return Math.round(mean + Math.sqrt(mean) * random.normal());
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const accepted = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = random.uniform() - 0.5;
    const v = random.uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= accepted) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const ratio = (v * (1.1239 + 1.1328 / (b - 3.4))) / (a / (us * us) + b);
    if (Math.log(ratio) <= k * Math.log(mean) - mean - logFactorial(k)) return k;
  }
}

/**
 * Overwrites each probability by the successes among `trials`; NaN for a probability outside [0, 1]. By
 * inversion where fewer than 10 successes (or failures) are expected, otherwise by rejection.
 */
export function writeBinomials(
  probabilities: Float64Array,
  trials: number,
  random: RandomStream,
): void {
  if (trials === 1) {
    writeBernoullis(probabilities, random);
    return;
  }
  const noise = noiseOf(probabilities.length);
  random.uniforms(noise);
  setTrials(trials);
  for (let s = 0; s < probabilities.length; s++) {
    const p = probabilities[s];
    const rare = Math.min(p, 1 - p);
    if (!(rare >= 0)) {
      probabilities[s] = Number.NaN;
      continue;
    }
    const count =
      trials * rare < REJECTION
        ? fewSuccesses(trials, rare, noise[s])
        : manySuccesses(trials, rare, random);
    probabilities[s] = p > 0.5 ? trials - count : count;
  }
}

/** (n − k + 1)/k of the trials that `known` says. */
const ratios = new Float64Array(MOST_COUNT + 1);
let known = Number.NaN;

function setTrials(trials: number): void {
  if (trials === known) return;
  known = trials;
  for (let k = 1; k <= MOST_COUNT; k++) ratios[k] = Math.max(0, trials - k + 1) / k;
}

/** Inversion: a uniform walks down the probabilities from 0 successes on. */
function fewSuccesses(trials: number, p: number, uniform: number): number {
  const odds = p / (1 - p);
  let left = uniform;
  let probability = power(1 - p, p, trials);
  let count = 0;
  while (left >= probability && count < MOST_COUNT) {
    left -= probability;
    count++;
    probability *= odds * ratios[count];
  }
  return count < MOST_COUNT ? count : 0;
}

/** Up to this exponent, products keep twelve digits. */
const MOST_FACTORS = 1024;

/** q^n for q = 1 − p. */
function power(q: number, p: number, n: number): number {
  if (n > MOST_FACTORS) return Math.exp(n * Math.log1p(-p));
  let result = 1;
  let square = q;
  for (let bits = n; bits > 0; bits >>= 1) {
    if ((bits & 1) === 1) result *= square;
    square *= square;
  }
  return result;
}

/** Transformed rejection (Hörmann 1993, J. Stat. Comput. Simul. 46: BTRS); p ≤ 1/2, n p ≥ 10. */
function manySuccesses(trials: number, p: number, random: RandomStream): number {
  const odds = p / (1 - p);
  const sd = Math.sqrt(trials * p * (1 - p));
  const b = 1.15 + 2.53 * sd;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const centre = trials * p + 0.5;
  const accepted = 0.92 - 4.2 / b;
  const mode = Math.floor((trials + 1) * p);
  for (;;) {
    const u = random.uniform() - 0.5;
    const v = random.uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + centre);
    if (us >= 0.07 && v <= accepted) return k;
    if (!(k >= 0 && k <= trials)) continue;
    const ratio = (v * (2.83 + 5.1 / b) * sd) / (a / (us * us) + b);
    const above = logFactorial(mode) + logFactorial(trials - mode);
    const below = logFactorial(k) + logFactorial(trials - k);
    if (Math.log(ratio) <= above - below + (k - mode) * Math.log(odds)) return k;
  }
}

/** Writes gamma variates of rate 1, the same shapes each time. */
type GammaWriter = (target: Float64Array, random: RandomStream) => void;

/**
 * By Marsaglia & Tsang (2000, ACM TOMS 26): d (1 + c z)³, accepted by a uniform. Shapes below 1 by a power
 * of a uniform (§6), which keeps the digits of small variates.
 *
 * @param shapes above 0
 */
function gammaWriter(shapes: Float64Array): GammaWriter {
  const d = shapes.map((shape) => (shape < 1 ? shape + 1 : shape) - 1 / 3);
  const c = d.map((value) => 1 / Math.sqrt(9 * value));
  return (target, random) => {
    const noise = noiseOf(target.length);
    random.normals(target);
    random.uniforms(noise);
    for (let s = 0; s < target.length; s++) {
      target[s] = gammaVariate(d[s], c[s], target[s], noise[s], random);
      if (shapes[s] < 1) target[s] *= (1 - random.uniform()) ** (1 / shapes[s]);
    }
  };
}

/** @param normal and `uniform`: the first pair that is tried */
function gammaVariate(
  d: number,
  c: number,
  normal: number,
  uniform: number,
  random: RandomStream,
): number {
  let z = normal;
  let u = uniform;
  // Shapes that are no numbers, or are infinite, have no end.
  while (d < Number.POSITIVE_INFINITY) {
    const root = 1 + c * z;
    const cube = root * root * root;
    const square = z * z;
    if (root > 0) {
      if (u < 1 - 0.0331 * square * square) return d * cube;
      if (Math.log(u) < 0.5 * square + d * (1 - cube + Math.log(cube))) return d * cube;
    }
    z = random.normal();
    u = random.uniform();
  }
  return d;
}

/** Overwrites each mean by mean + σ t: a normal over the root of a gamma with mean 1. */
export function studentWriter(
  sigmas: Float64Array,
  nus: Float64Array,
): (means: Float64Array, random: RandomStream) => void {
  const shapes = nus.map((nu) => 0.5 * nu);
  const writeGammas = gammaWriter(shapes);
  return (means, random) => {
    const gammas = largeOf(means.length);
    writeGammas(gammas, random);
    const noise = noiseOf(means.length);
    random.normals(noise);
    for (let s = 0; s < means.length; s++) {
      means[s] += sigmas[s] * noise[s] * Math.sqrt(shapes[s] / gammas[s]);
    }
  };
}

/** Overwrites each mean by a count: Poisson about the mean times a gamma with mean 1. */
export function negbinomialWriter(
  shapes: Float64Array,
): (means: Float64Array, random: RandomStream) => void {
  const writeGammas = gammaWriter(shapes);
  return (means, random) => {
    const gammas = largeOf(means.length);
    writeGammas(gammas, random);
    for (let s = 0; s < means.length; s++) means[s] *= gammas[s] / shapes[s];
    writePoissons(means, random);
  };
}
