/**
 * Monte Carlo standard errors of the ends of a highest-density interval.
 *
 * The narrowest window of the draws is a cube-root estimator (Grübel 1988, Annals of Statistics 16;
 * Kim & Pollard 1990, Annals of Statistics 18): the bootstrap is inconsistent for it, and the errors
 * of quantiles are too small. Its law, with Q the quantile function, f the density, and the window
 * from probability p to p + mass:
 *
 *     Q̂(p) = Q(p) + B(p) / (√n f(Q(p)))          B a Brownian bridge (quantile process)
 *     p̂ = argmin over p of Q̂(p + mass) − Q̂(p),   ends Q̂(p̂) and Q̂(p̂ + mass)
 *
 * Near the minimum p₀ the width is κ/2 (p − p₀)² plus σ times a Brownian motion, with
 * κ = (f′(low) − f′(high)) / f³ and σ² = 2 / (n f²), so that p̂ − p₀ is (2σ/κ)^⅔ times Chernoff's
 * variable. An end that lies on a boundary of the parameter space, where the density does not
 * vanish, has another law: the width then rises on one side with slope d = 1/f(high) − 1/f(low), and
 * the argmin is of order σ²/d². Both laws, and what lies between, are covered by computing the
 * argmin and the ends themselves on a fixed table of Brownian paths, with f a power of the tail
 * probability (`quantilesNear`).
 *
 * Autocorrelation: the paths start with the effective size of the tail beyond the end, and their steps
 * have that of the draws near the end. Draws close together in value are less correlated than tails.
 */
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import { drawsKernel, smallNumbers } from '../../models/kernels/draws-kernel.js';
import { unitToSquare } from '../linear-algebra/powers-of-two.js';
import { essOfMembers } from './fast/effective-size.js';
import { type Ordering, orderingOf } from './fast/ordering.js';
import { hdiOfSorted, type Interval } from './intervals.js';
import { countBelow, quantileOfSorted } from './quantiles.js';

const UNKNOWN: Interval = [Number.NaN, Number.NaN];

/**
 * Monte Carlo standard errors of the ends of `hdi`. Over repeated runs their mean is within 20% of
 * the standard deviation of the ends
 * (docs/performance.md). [NaN, NaN] without an interval, for constant
 * draws, and for fewer than 100.
 *
 * @param values draws, chain after chain
 * @param mass in (0, 1)
 */
export function mcseHdi(values: Float64Array, chains: number, mass = 0.95): Interval {
  const ordering = orderingOf(values);
  return mcseHdiOfOrdering(ordering, chains, hdiOfSorted(ordering.ascending, mass), mass);
}

/**
 * Monte Carlo standard errors of the ends of `eti`: half the distance between the quantiles one
 * standard error of the probability to either side (Woodruff 1952), with the effective size of the
 * tail. `mcseQuantile` takes these probabilities from a beta distribution, which is slow to load and
 * agrees from some hundred effective draws on.
 *
 * @param values draws, chain after chain
 * @param mass in (0, 1)
 */
export function mcseEti(values: Float64Array, chains: number, mass = 0.95): Interval {
  const ordering = orderingOf(values);
  const { ascending } = ordering;
  const n = values.length;
  const share = (1 - mass) / 2;
  if (!(ascending[0] < ascending[n - 1]) || n < LEAST_DRAWS) return UNKNOWN;
  const errorAt = (probability: number, first: number, last: number) => {
    const variance =
      (probability * (1 - probability) * inefficiencyOf(ordering, chains, first, last)) / n;
    const error = Math.sqrt(variance);
    const low = quantileOfSorted(ascending, Math.max(probability - error, 0));
    return (quantileOfSorted(ascending, Math.min(probability + error, 1)) - low) / 2;
  };
  return [errorAt(share, 0, share), errorAt(1 - share, 1 - share, 1)];
}

/** Draws per effective draw, for the share of draws whose ranks lie between these probabilities. */
function inefficiencyOf({ order }: Ordering, chains: number, first: number, last: number): number {
  const n = order.length;
  // The chains' halves, as in the ESS of tails.
  const parts = (n / chains) % 2 === 0 ? 2 * chains : chains;
  const begin = Math.max(0, Math.min(Math.floor(first * n), n - 1));
  const end = Math.min(n, Math.max(begin + 1, Math.ceil(last * n)));
  const ess = essOfMembers(order.subarray(begin, end), parts, n / parts);
  return ess > 0 ? n / ess : 1;
}

/** `mcseHdi` of ordered draws and their interval. */
export function mcseHdiOfOrdering(
  ordering: Ordering,
  chains: number,
  [low, high]: Interval,
  mass = 0.95,
): Interval {
  // Slopes of densities are cubes of the unit.
  const unit = unitToSquare(high - low);
  if (unit === 1) return errorsOfEnds(ordering, chains, [low, high], mass);
  const scaled = { ...ordering, ascending: ordering.ascending.map((value) => value / unit) };
  const errors = errorsOfEnds(scaled, chains, [low / unit, high / unit], mass);
  return [unit * errors[0], unit * errors[1]];
}

function errorsOfEnds(
  ordering: Ordering,
  chains: number,
  [low, high]: Interval,
  mass: number,
): Interval {
  const { ascending } = ordering;
  const n = ascending.length;
  // Negated: NaN ends have no error either.
  if (!(low < high) || n < LEAST_DRAWS) return UNKNOWN;
  const lowEnd = endOf(ascending, low, 1);
  const highEnd = endOf(ascending, high, -1);
  // Ties: most of the draws are equal to an end.
  if (!(lowEnd.density > 0 && highEnd.density > 0)) return UNKNOWN;
  const window = windowOf(lowEnd, highEnd, (countBelow(ascending, low) + 0.5) / n, mass, n);
  const { from, to, centre, reach } = window;
  const inefficiency = (first: number, last: number) =>
    inefficiencyOf(ordering, chains, first, last);
  const near = [Math.max(from, centre - reach), Math.min(to, centre + reach)] as const;
  const lowTail: Tail = {
    start: (from * (1 - from) * inefficiency(0, from)) / n,
    step: inefficiency(near[0], near[1]) / n,
    ...quantilesNear(lowEnd, window, (p) => p),
  };
  const highTail: Tail = {
    start: ((1 - mass - to) * (mass + to) * inefficiency(mass + to, 1)) / n,
    step: inefficiency(near[0] + mass, near[1] + mass) / n,
    ...quantilesNear(highEnd, window, (p) => 1 - mass - p),
  };
  const [lowError, highError] = spreadOfEnds(lowTail, highTail, (to - from) / (POINTS - 1));
  // The least of n draws lies 1/(n f) from a boundary, with a standard deviation as large.
  const onBoundary = ({ density }: End, is: boolean) => (is ? 1 / (n * density) : 0);
  return [
    Math.hypot(lowError, onBoundary(lowEnd, window.boundary === lowEnd)),
    Math.hypot(highError, onBoundary(highEnd, window.boundary === highEnd)),
  ];
}

/** Fewer draws leave only a few beyond an end. */
const LEAST_DRAWS = 100;

interface End {
  /** Density at the end; if it is on a boundary, there. */
  density: number;
  /** Slope of the density towards the interior, at least 0. */
  readonly slope: number;
  /** Density at the least or greatest draw, if the window of the fit reaches it; otherwise 0. */
  readonly outermost: number;
}

/** Half-width of a window: a share of the distance from the median, at most a share of the spread. */
const SHARE_OF_DISTANCE = 0.25;
const SHARE_OF_SPREAD = 0.5;
/** From the first to the third quartile of a normal, in standard deviations. */
const QUARTILES = 1.349;

/**
 * The density near an end, as a line: with n draws of which m lie in the window of width w around c,
 * f(c) = m / (n w) and f′ = 12 Σ (x − c) / (n w³), which reproduce the window's first two moments.
 *
 * @param inward 1 for the low end, -1 for the high end
 */
function endOf(ascending: Float64Array, end: number, inward: 1 | -1): End {
  const n = ascending.length;
  const quartile = (ascending[(3 * n) >> 2] - ascending[n >> 2]) / QUARTILES;
  let half = Math.min(
    SHARE_OF_DISTANCE * Math.abs(ascending[n >> 1] - end),
    SHARE_OF_SPREAD * quartile,
  );
  let line = lineNear(ascending, end, half, inward);
  // A density that rises steeply from near zero bends: there, a line over a wide window is too low.
  for (;;) {
    const finer = lineNear(ascending, end, half / 2, inward);
    if (finer.draws < LEAST_OF_LINE || line.density > LEAST_SHARE * finer.density) return line;
    half /= 2;
    line = finer;
  }
}

/** Draws that give a slope, and the share of the density of half the window below which that is taken. */
const LEAST_OF_LINE = 20;
const LEAST_SHARE = 0.7;
/** A line may be below zero at its end; the density is not. */
const LEAST_OF_LEVEL = 0.1;

/** The line over a window of this half-width. */
function lineNear(
  ascending: Float64Array,
  end: number,
  half: number,
  inward: 1 | -1,
): End & { readonly draws: number } {
  const n = ascending.length;
  const from = Math.max(end - half, ascending[0]);
  const to = Math.min(end + half, ascending[n - 1]);
  const first = countBelow(ascending, from);
  const last = countBelow(ascending, to);
  const width = to - from;
  const centre = from + width / 2;
  let sum = 0;
  for (let i = first; i < last; i++) sum += ascending[i] - centre;
  const level = (last - first) / (n * width);
  const slope = (12 * sum) / (n * width * width * width);
  const outer = inward === 1 ? from : to;
  const cut = inward === 1 ? from > end - half : to < end + half;
  return {
    draws: last - first,
    density: Math.max(level + slope * (end - centre), LEAST_OF_LEVEL * level),
    slope: Math.max(inward * slope, 0),
    outermost: cut ? level + slope * (outer - centre) : 0,
  };
}

/** Probabilities of the low end that are looked at. */
interface Window {
  readonly from: number;
  readonly to: number;
  readonly centre: number;
  /** Distance from the centre within which most minima lie. */
  readonly reach: number;
  /** The end that lies on a boundary of the parameter space. */
  readonly boundary: End | null;
}

/** Multiples of the scales (2σ/κ)^⅔ and σ²/d² beyond which a minimum is improbable (below 0.001). */
const CHERNOFF_REACH = 2;
const BOUNDARY_REACH = 6;

/** Sets the densities of the ends to what the kind of the window implies. */
function windowOf(low: End, high: End, p: number, mass: number, n: number): Window {
  const room = 1 - mass;
  let boundary: End | null = null;
  if (low.outermost > high.density) {
    boundary = low;
    low.density = low.outermost;
  } else if (high.outermost > low.density) {
    boundary = high;
    high.density = high.outermost;
  } else {
    // At the minimum of the width the densities are equal.
    low.density = (low.density + high.density) / 2;
    high.density = low.density;
  }
  const variance = (low.density ** -2 + high.density ** -2) / n;
  const curvature = low.slope / low.density ** 3 + high.slope / high.density ** 3;
  const scale = ((2 * Math.sqrt(variance)) / curvature) ** (2 / 3);
  const rise = 1 / low.density - 1 / high.density;
  const ofBoundary = boundary ? (BOUNDARY_REACH * variance) / rise ** 2 : Number.POSITIVE_INFINITY;
  const width = Math.min(room, Math.max(4 / n, Math.min(CHERNOFF_REACH * scale, ofBoundary)));
  const centre = boundary === low ? 0 : boundary === high ? room : p;
  return {
    from: Math.max(0, centre - width),
    to: Math.min(room, centre + width),
    centre,
    reach: boundary ? width : 0.4 * width,
    boundary,
  };
}

/** Points of a path. */
const POINTS = 32;
const PATHS = 64;

interface Tail {
  /** Variance of the quantile process where its path starts, and of each unit of probability. */
  readonly start: number;
  readonly step: number;
  /** At each point: the quantile, from that of the centre, and 1/f there. */
  readonly quantiles: Float64Array;
  readonly inverseDensities: Float64Array;
}

/**
 * The density at the points of a path, by probability. Inside the parameter space it is a power of
 * the tail probability q beyond the point, f (q/q₀)^r with r = q₀ f′ / f² from the slope at the end:
 * r = 1 for an exponential tail, 1/2 for a density that rises linearly from a boundary, 1 + 1/α for a
 * Pareto tail. On a boundary it is linear in x, so that df²/dp = 2 f′.
 */
function quantilesNear(end: End, window: Window, tail: (p: number) => number) {
  const { density, slope } = end;
  const { from, to, centre, boundary } = window;
  const quantiles = new Float64Array(POINTS);
  const inverseDensities = new Float64Array(POINTS);
  const step = (to - from) / (POINTS - 1);
  const atCentre = tail(centre);
  const power = (atCentre * slope) / (density * density);
  for (let k = 0; k < POINTS; k++) {
    // A tail of probability 0 has no density; half a step is within its cell.
    const beyond = Math.max(tail(from + k * step), step / 2);
    inverseDensities[k] =
      end === boundary
        ? 1 / Math.sqrt(density * density + 2 * slope * beyond)
        : (beyond / atCentre) ** -power / density;
    // The integral of 1/f, by the trapezoidal rule.
    if (k > 0) {
      quantiles[k] =
        quantiles[k - 1] + (step * (inverseDensities[k - 1] + inverseDensities[k])) / 2;
    }
  }
  return { quantiles, inverseDensities };
}

const highEnds = new Float64Array(POINTS);

/** Standard deviations, over the paths, of the ends of the narrowest window. */
function spreadOfEnds(low: Tail, high: Tail, step: number): Interval {
  const sums = (drawsKernel && endsInKernel(drawsKernel, low, high, step)) ?? ends(low, high, step);
  return [standardDeviation(sums[0], sums[1]), standardDeviation(sums[2], sums[3])];
}

/** Where the kernel's short vectors have the two tails, and the table of normals. */
const OF_TAILS = 4;
const OF_NORMALS = OF_TAILS + 4 * POINTS;
let tableInKernel: Float64Array | null = null;

/** Sum and squares of the low ends, and of the high ends, over the paths. */
function endsInKernel(
  kernel: NonNullable<typeof drawsKernel>,
  low: Tail,
  high: Tail,
  step: number,
): Float64Array | null {
  const sums = smallNumbers(0, 4);
  const tails = smallNumbers(OF_TAILS, 4 * POINTS);
  tableInKernel ??= pairedPaths(smallNumbers(OF_NORMALS, PATHS * NUMBERS));
  if (!sums || !tails || !tableInKernel) return null;
  tails.set(low.quantiles);
  tails.set(low.inverseDensities, POINTS);
  tails.set(high.quantiles, 2 * POINTS);
  tails.set(high.inverseDensities, 3 * POINTS);
  kernel.addEnds(
    ...([tails.byteOffset, tails.subarray(2 * POINTS).byteOffset, POINTS, PATHS] as const),
    ...([Math.sqrt(low.start), Math.sqrt(low.step * step)] as const),
    ...([Math.sqrt(high.start), Math.sqrt(high.step * step)] as const),
    ...([tableInKernel.byteOffset, sums.byteOffset] as const),
  );
  return sums;
}

/** The table with the numbers of two paths side by side. */
function pairedPaths(pairs: Float64Array | null): Float64Array | null {
  const numbers = normalTable();
  for (let at = 0; pairs && at < numbers.length; at++) {
    const path = Math.floor(at / NUMBERS);
    const even = path - (path % 2);
    pairs[even * NUMBERS + 2 * (at % NUMBERS) + (path % 2)] = numbers[at];
  }
  return pairs;
}

/** The same without the kernel. */
function ends(low: Tail, high: Tail, step: number): readonly number[] {
  const normals = normalTable();
  const lowStart = Math.sqrt(low.start);
  const lowStep = Math.sqrt(low.step * step);
  const highStart = Math.sqrt(high.start);
  const highStep = Math.sqrt(high.step * step);
  let lowSum = 0;
  let lowSquares = 0;
  let highSum = 0;
  let highSquares = 0;
  let at = 0;
  for (let path = 0; path < PATHS; path++) {
    // Each process is pinned at its end of the unit interval: the high one runs downwards.
    let process = highStart * normals[at++];
    for (let k = POINTS - 1; k >= 0; k--) {
      highEnds[k] = high.quantiles[k] + process * high.inverseDensities[k];
      process += highStep * normals[at++];
    }
    process = lowStart * normals[at++];
    let least = Number.POSITIVE_INFINITY;
    let lowest = 0;
    let highest = 0;
    for (let k = 0; k < POINTS; k++) {
      const end = low.quantiles[k] + process * low.inverseDensities[k];
      process += lowStep * normals[at++];
      const width = highEnds[k] - end;
      if (width < least) {
        least = width;
        lowest = end;
        highest = highEnds[k];
      }
    }
    lowSum += lowest;
    lowSquares += lowest * lowest;
    highSum += highest;
    highSquares += highest * highest;
  }
  return [lowSum, lowSquares, highSum, highSquares];
}

function standardDeviation(sum: number, squares: number): number {
  return Math.sqrt(Math.max(squares / PATHS - (sum / PATHS) ** 2, 0));
}

/** Numbers of a path: a start and steps for both tails. */
const NUMBERS = 2 * (POINTS + 1);

let table: Float64Array | null = null;

/**
 * Standard normal numbers, a row per path. The second half of the paths mirrors the first, and each
 * column has variance 1. SEED is such that the errors of the ends of a normal, a gamma with shape 2 and
 * a half-normal, with 4,000 draws, are within 1.5% of those from 20,000 paths; the errors from 64 paths
 * of another seed are up to 18% off in the median.
 */
function normalTable(): Float64Array {
  if (table) return table;
  const numbers = new Float64Array(PATHS * NUMBERS);
  const half = numbers.length / 2;
  let state = SEED;
  for (let i = 0; i < half; i++) {
    // Lewis, Goodman & Miller 1969.
    state = (16807 * state) % 2147483647;
    numbers[i] = normalQuantile(state / 2147483647, 0, 1);
    numbers[half + i] = -numbers[i];
  }
  for (let column = 0; column < NUMBERS; column++) {
    let squares = 0;
    for (let i = column; i < numbers.length; i += NUMBERS) squares += numbers[i] ** 2;
    const scale = Math.sqrt(PATHS / squares);
    for (let i = column; i < numbers.length; i += NUMBERS) numbers[i] *= scale;
  }
  table = numbers;
  return numbers;
}

const SEED = 1241;
