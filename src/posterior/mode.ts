/**
 * The mode of a marginal density, as bayestestR's `map_estimate`: where a kernel estimate of the
 * density is greatest. The kernel is the quadratic B-spline, the sum of three uniform variables, with
 * standard deviation
 *
 *     h = 0.9 · min(sd, IQR / 1.349) · n^(−1/7)
 *
 * The rate n^(−1/7) balances bias and variance of the mode (Parzen 1962, Annals of Mathematical
 * Statistics 33; Eddy 1980, Annals of Statistics 8); bayestestR's n^(−1/5) balances those of the
 * density, and its modes have about twice the error. Draws are mirrored at the least and the greatest
 * one, so that a density that does not vanish on a boundary keeps its mode there.
 *
 * Its Monte Carlo error follows from f̂′(mode) = 0, with K the kernel and n_eff the effective size of
 * its derivative at the draws (Romano 1988, Annals of Statistics 16):
 *
 *     sd(mode) = sd(K′(x − mode)) / √n_eff / |f″(mode)|
 */
import { areInKernel, drawsKernel } from '../../models/kernels/draws-kernel.js';
import { sampleMoments } from './convergence.js';
import { numberBuffer } from './fast/buffers.js';
import { centreChains, essOfChains, varianceOf } from './fast/effective-size.js';
import { countBelow, quantileOfSorted, sorted } from './quantiles.js';

export interface Mode {
  readonly mode: number;
  /** Monte Carlo standard error. */
  readonly mcse: number;
}

const NO_MODE: Mode = { mode: Number.NaN, mcse: Number.NaN };

/**
 * @param values draws, chain after chain
 * @returns NaN for both numbers if a draw is not finite; no error for constant draws
 */
export function mapEstimate(values: Float64Array, chains: number): Mode {
  const ascending = sorted(values);
  return mapOfSample({ values, chains, ascending, sd: Math.sqrt(sampleMoments(values).variance) });
}

/** Draws, chain after chain and in order, and their standard deviation. */
interface Sample {
  readonly values: Float64Array;
  readonly chains: number;
  readonly ascending: Float64Array;
  readonly sd: number;
}

export function mapOfSample(sample: Sample): Mode {
  const { ascending, sd } = sample;
  const n = ascending.length;
  const low = ascending[0];
  const high = ascending[n - 1];
  if (!(Number.isFinite(low) && Number.isFinite(high))) return NO_MODE;
  if (low === high) return { mode: low, mcse: Number.NaN };
  const first = quantileOfSorted(ascending, 0.25);
  const third = quantileOfSorted(ascending, 0.75);
  // Half of the draws are equal if the quartiles are.
  const spread = Math.min(sd, (third - first) / 1.349 || sd);
  const box = 2 * 0.9 * spread * n ** (-1 / 7);
  const far = FAR * (third - first || sd);
  const bounds = { low: Math.max(low, first - far), high: Math.min(high, third + far) };
  const mode = peakOf(ascending, box, bounds);
  return { mode, mcse: errorOfMode(sample, mode, box) };
}

/** Interquartile ranges beyond the quartiles within which the mode is sought. */
const FAR = 2;
/** Bins of a box; odd, so that a box has a middle one. */
const BINS = 9;
/** Three boxes reach so many bins to each side. */
const MARGIN = (3 * (BINS - 1)) / 2 + 1;

/** The peak of the counts after three running means over `box`. */
function peakOf(
  ascending: Float64Array,
  box: number,
  { low, high }: { readonly low: number; readonly high: number },
): number {
  const bin = box / BINS;
  const count = Math.max(Math.ceil((high - low) / bin), MARGIN);
  // The last bin ends at the greatest draw.
  const width = (high - low) / count;
  let counts: Float64Array = new Float64Array(count + 2 * MARGIN);
  // The last bin includes its upper end, for a greatest draw that is there.
  const beyond =
    high < ascending[ascending.length - 1] ? ascending.length - countBelow(ascending, high) : 0;
  let below = countBelow(ascending, low);
  for (let k = 1; k <= count; k++) {
    const next = k < count ? countBelow(ascending, low + k * width) : ascending.length - beyond;
    counts[MARGIN + k - 1] = next - below;
    below = next;
  }
  for (let k = 0; k < MARGIN; k++) {
    if (low === ascending[0]) counts[MARGIN - 1 - k] = counts[MARGIN + k];
    if (high === ascending[ascending.length - 1]) {
      counts[MARGIN + count + k] = counts[MARGIN + count - 1 - k];
    }
  }
  for (let pass = 0; pass < 3; pass++) counts = runningSums(counts);
  let top = MARGIN;
  for (let k = MARGIN; k < MARGIN + count; k++) if (counts[k] > counts[top]) top = k;
  // The vertex of the parabola through three bins.
  const [before, at, after] = [counts[top - 1], counts[top], counts[top + 1]];
  const bend = before - 2 * at + after;
  const offset = bend < 0 ? Math.max(-0.5, Math.min(0.5, (before - after) / (2 * bend))) : 0;
  return low + (top - MARGIN + 0.5 + offset) * width;
}

/** Sums over BINS bins around each; those that reach beyond the array are not needed. */
function runningSums(counts: Float64Array): Float64Array {
  const sums = new Float64Array(counts.length);
  let sum = 0;
  for (let k = 0; k < counts.length; k++) {
    sum += counts[k];
    if (k >= BINS) sum -= counts[k - BINS];
    if (k >= BINS - 1) sums[k - (BINS - 1) / 2] = sum;
  }
  return sums;
}

/** f″ needs a wider kernel than the mode, as it is noisier: by this factor its bias stays small. */
const WIDER = 1.2;

/** @param ascending the same draws in order; their least and greatest are mirrors */
function errorOfMode({ values, chains, ascending, sd }: Sample, mode: number, box: number): number {
  const n = ascending.length;
  const mirrors = [ascending[0], ascending[n - 1]].filter(
    (end) => Math.abs(end - mode) < REACH * box,
  );
  const { curvature, error } = curvatureAt(
    ascending,
    [mode, ...mirrors.map((end) => 2 * end - mode)],
    WIDER * box,
  );
  if (mirrors.includes(mode)) {
    // All mirrored slopes cancel. The peak leaves the boundary if the curvature there changes sign, with
    // probability Φ(−z) ≤ exp(−z²/2) / 2, and then lies about a kernel's standard deviation away.
    const z = Math.min(curvature / error, 0);
    const leaves = Math.exp((-z * z) / 2) / 2;
    return Math.hypot(spacingAt(ascending, mode), (box / 2) * Math.sqrt(leaves));
  }
  const variance = varianceOfSlopes(values, chains, [mode, ...mirrors], box);
  // K′ = splineSlope / box². A density that is flat here has a mode nowhere, or anywhere.
  const formula = Math.sqrt(variance) / (box * box * Math.max(-curvature, 0));
  return formula < sd ? formula : sd;
}

/** Draws of a chain that are enough for the autocorrelation of the slopes. */
const ENOUGH = 500;

/** Variance of the mean of the kernel's slopes at the draws, times box⁴. */
function varianceOfSlopes(
  values: Float64Array,
  chains: number,
  [mode, ...mirrors]: readonly number[],
  box: number,
): number {
  const length = values.length / chains;
  const some = Math.min(length, ENOUGH);
  const slopes = numberBuffer('slopes at draws', chains * some).fill(0);
  for (let chain = 0; chain < chains; chain++) {
    const ofChain = slopes.subarray(chain * some, (chain + 1) * some);
    const draws = values.subarray(chain * length, chain * length + some);
    addSlopes(draws, 1 / box, -mode / box, ofChain);
    for (const mirror of mirrors) addSlopes(draws, -1 / box, (2 * mirror - mode) / box, ofChain);
  }
  const centred = centreChains(slopes, chains);
  const ofAll = essOfChains(centred) * (length / some);
  return varianceOf(centred) / ofAll;
}

/** Adds the kernel's slope at factor · draw + shift for each draw. */
function addSlopes(draws: Float64Array, factor: number, shift: number, slopes: Float64Array): void {
  if (drawsKernel && draws.length % 2 === 0 && areInKernel(draws, slopes)) {
    drawsKernel.addSlopes(draws.byteOffset, draws.length, factor, shift, slopes.byteOffset);
    return;
  }
  for (let i = 0; i < draws.length; i++) slopes[i] += splineSlope(factor * draws[i] + shift);
}

/** Mean distance between neighbours among the outermost draws at this end. */
function spacingAt(ascending: Float64Array, end: number): number {
  const last = ascending.length - 1;
  const some = Math.min(10, last);
  const inner = end === ascending[0] ? ascending[some] : ascending[last - some];
  return Math.abs(inner - end) / some;
}

/** Boxes within which the spline is positive, to each side. */
const REACH = 1.5;

/**
 * Derivative of the quadratic B-spline of three boxes of width 1, the difference of two tents: −2u
 * within half a box. Without branches, which random draws would mispredict.
 */
function splineSlope(u: number): number {
  return Math.max(0, 1 - Math.abs(u + 0.5)) - Math.max(0, 1 - Math.abs(u - 0.5));
}

/**
 * f″ at the first centre, the others being its mirror images, and its standard error for independent
 * draws. The spline's second derivative is −2 / box³ within half a box and 1 / box³ from there to
 * one and a half.
 */
function curvatureAt(ascending: Float64Array, centres: readonly number[], box: number) {
  const within = (centre: number, boxes: number) =>
    countBelow(ascending, centre + boxes * box) - countBelow(ascending, centre - boxes * box);
  let sum = 0;
  let squares = 0;
  for (const centre of centres) {
    const inner = within(centre, 0.5);
    const outer = within(centre, REACH) - inner;
    sum += outer - 2 * inner;
    squares += outer + 4 * inner;
  }
  const scale = ascending.length * box ** 3;
  // Mirror images are the same draws again.
  return { curvature: sum / scale, error: Math.sqrt(centres.length * squares) / scale };
}
