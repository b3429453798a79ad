/**
 * Gaussian kernel density of draws. The grid and the edges are ArviZ's: from the smallest draw to the
 * largest, with the mass beyond them reflected back, so that the density of a scale does not drop near
 * zero. The bandwidth is Silverman's (1986, eq. 3.31), at least one grid step; ArviZ takes the mean of
 * Silverman's and the improved Sheather-Jones one. Draws are first binned linearly, so that the cost
 * depends on the grid and not on the number of draws.
 */
import { sampleMoments } from '../posterior/convergence.js';
import { quantileOfSorted, sorted } from '../posterior/quantiles.js';

export interface Density {
  readonly x: Float64Array;
  readonly density: Float64Array;
  readonly bandwidth: number;
}

const GRID_POINTS = 256;
/** The kernel is cut after this many bandwidths. */
const REACH = 5;

/** 0.9 · min(sd, IQR / 1.34) · n^(−1/5); the sd alone if the IQR is zero. */
export function silvermanBandwidth(values: Float64Array): number {
  const sd = Math.sqrt(sampleMoments(values).variance);
  const ascending = sorted(values);
  const quartiles = quantileOfSorted(ascending, 0.75) - quantileOfSorted(ascending, 0.25);
  const spread = quartiles > 0 ? Math.min(sd, quartiles / 1.34) : sd;
  return 0.9 * spread * values.length ** -0.2;
}

/** @returns null if all draws are equal */
export function kde(values: Float64Array, gridPoints = GRID_POINTS): Density | null {
  const { low, high } = extent(values);
  if (!(high > low)) return null;
  const step = (high - low) / (gridPoints - 1);
  const x = Float64Array.from({ length: gridPoints }, (_, i) => low + i * step);
  const bandwidth = Math.max(silvermanBandwidth(values), step);
  const density = smooth(binned(values, low, step, gridPoints), bandwidth / step);
  return { x, density: normalize(density, step), bandwidth };
}

/** A point of a curve; curves are numbered in the order of their draws. */
export interface CurvePoint {
  readonly group: number;
  readonly x: number;
  readonly y: number;
}

interface DensityCurves {
  /** Curve after curve. */
  readonly points: readonly CurvePoint[];
  /** Groups of equal draws, which have no density, and their value. */
  readonly constants: readonly { readonly group: number; readonly x: number }[];
}

interface CurveOptions {
  /** Points a curve. @default 256 */
  readonly gridPoints?: number;
  /** Divides each curve by its peak. @default false */
  readonly peakIsOne?: boolean;
}

/** The densities of several groups of draws as points to be joined by lines. */
export function densityCurves(
  groups: readonly Float64Array[],
  { gridPoints = GRID_POINTS, peakIsOne = false }: CurveOptions = {},
): DensityCurves {
  const points: CurvePoint[] = [];
  const constants: { group: number; x: number }[] = [];
  groups.forEach((values, group) => {
    const curve = kde(values, gridPoints);
    if (curve === null) {
      if (values.length > 0) constants.push({ group, x: values[0] ?? Number.NaN });
      return;
    }
    const peak = peakIsOne ? extent(curve.density).high : 1;
    curve.x.forEach((x, i) => {
      points.push({ group, x, y: (curve.density[i] ?? 0) / peak });
    });
  });
  return { points, constants };
}

export function extent(values: ArrayLike<number>): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}

/** Linear binning: each draw counts for the two grid points next to it. */
function binned(values: Float64Array, low: number, step: number, points: number): Float64Array {
  const weights = new Float64Array(points);
  for (const value of values) {
    const at = Math.min((value - low) / step, points - 1);
    const left = Math.min(Math.floor(at), points - 2);
    const share = at - left;
    weights[left] = (weights[left] ?? 0) + 1 - share;
    weights[left + 1] = (weights[left + 1] ?? 0) + share;
  }
  return weights;
}

/** Convolution with the kernel, its standard deviation in grid steps, reflected at both edges. */
function smooth(weights: Float64Array, deviation: number): Float64Array {
  const points = weights.length;
  const smoothed = new Float64Array(points);
  const reach = Math.min(Math.ceil(REACH * deviation), points - 1);
  for (let offset = -reach; offset <= reach; offset++) {
    const kernel = Math.exp(-0.5 * (offset / deviation) ** 2);
    for (let i = 0; i < points; i++) {
      const from = reflected(i + offset, points);
      smoothed[i] = (smoothed[i] ?? 0) + kernel * (weights[from] ?? 0);
    }
  }
  return smoothed;
}

/** The mirror is half a step outside the outermost points, so that no weight counts twice. */
function reflected(index: number, points: number): number {
  if (index < 0) return -1 - index;
  return index >= points ? 2 * points - 1 - index : index;
}

/** Makes the trapezoids under the curve add up to 1. */
function normalize(density: Float64Array, step: number): Float64Array {
  let area = 0;
  for (const value of density) area += value * step;
  area -= ((density[0] ?? 0) + (density.at(-1) ?? 0)) * (step / 2);
  return density.map((value) => value / area);
}
