/**
 * Ordered categories 1, …, K, as brms has them (Bürkner & Vuorre 2019, Advances in Methods and Practices
 * in Psychological Science 2), with thresholds τ_1, …, τ_{K−1} and the distribution function F of the link:
 *
 *     cumulative  P(y ≤ k) = F(τ_k − η),  τ ascending
 *     sratio      P(y = k | y ≥ k) = F(τ_k − η)                 (stopping ratio)
 *     cratio      P(y > k | y ≥ k) = F(η − τ_k)                 (continuation ratio)
 *     acat        P(y > k | y ∈ {k, k + 1}) = F(η − τ_k)        (adjacent categories)
 *
 *     links: logit, probit, cloglog, cauchit
 *
 * The discrimination is 1, or has a linear predictor of its own (discrimination.ts); effects may differ by threshold
 * (category-specific.ts), and thresholds by group of rows. Rows that share a linear predictor enter by their numbers
 * of each category. The likelihood has the gaps of the thresholds as its auxiliary parameters (thresholds.ts), and the
 * distribution, which needs no outcomes, the thresholds themselves.
 */
import { distinctRows } from '../../src/linear-algebra/distinct-rows.js';
import {
  cellOf,
  type Family,
  isThresholdPredictor,
  numberOfCells,
  type Outcomes,
  type OwnDistribution,
  type ResponseFamily,
  weightOf,
} from './family.js';
import {
  type IntervalTerms,
  type LinkInterval,
  linkInterval,
  newIntervalTerms,
} from './link-intervals.js';
import { type LogTerms, newLogTerms, probabilityLink } from './links.js';
import {
  equalGaps,
  type GapCoordinates,
  gapCoordinates,
  gapsOf,
  gapsOfGroups,
  hasPlace,
  isInOrder,
  mostThresholds,
  thresholdSpans,
  thresholdsOf,
} from './thresholds.js';

/**
 * The likelihood of one linear predictor, of which `counts[at + c]` outcomes are of category c (from 0).
 * `thresholds` are on η's scale.
 */
export interface CategoryLikelihood {
  /** Returns Σ n_c log p_c; adds its derivatives by the thresholds to `slopes` and returns that by η in `shift`. */
  add(
    counts: Float64Array,
    at: number,
    eta: number,
    thresholds: Float64Array,
    slopes: Float64Array,
    result: CellTerms,
  ): void;
  /** The same for second derivatives; `cross` overwritten by those by η and each threshold. */
  addCurvature(
    counts: Float64Array,
    at: number,
    eta: number,
    thresholds: Float64Array,
    curvature: Float64Array,
    cross: Float64Array,
  ): number;
  /** log p_c. */
  logProbability(category: number, eta: number, thresholds: Float64Array): number;
  /** Writes log p_c of each category. */
  writeLogProbabilities(eta: number, thresholds: Float64Array, target: Float64Array): void;
}

/** Log likelihood of a cell and its derivative by η. */
interface CellTerms {
  value: number;
  slope: number;
}

export function categoryLikelihood(family: Family): CategoryLikelihood {
  switch (family.family) {
    case 'cumulative':
      return new Cumulative(family);
    case 'acat':
      return new Adjacent(family);
    default:
      return new Sequential(family);
  }
}

/** a b, but 0 where a is 0 and b infinite. */
function times(a: number, b: number): number {
  return a === 0 ? 0 : a * b;
}

class Cumulative implements CategoryLikelihood {
  readonly #link: ReturnType<typeof probabilityLink>;
  readonly #interval: LinkInterval;
  readonly #terms = newIntervalTerms();
  readonly #end = newLogTerms();

  constructor({ link }: Family) {
    this.#link = probabilityLink(link);
    this.#interval = linkInterval(link);
  }

  add(
    counts: Float64Array,
    at: number,
    eta: number,
    thresholds: Float64Array,
    slopes: Float64Array,
    result: CellTerms,
  ): void {
    const last = thresholds.length;
    for (let c = 0; c <= last; c++) {
      const n = counts[at + c];
      if (n === 0) continue;
      if (c > 0 && c < last) {
        const terms = this.#between(c, eta, thresholds);
        result.value += n * terms.value;
        result.slope -= n * terms.shift;
        slopes[c] += n * terms.upper;
        slopes[c - 1] += n * terms.lower;
      } else {
        const end = this.#beyond(c, eta, thresholds);
        result.value += n * end.value;
        result.slope -= n * end.slope;
        slopes[c === 0 ? 0 : last - 1] += n * end.slope;
      }
    }
  }

  addCurvature(
    counts: Float64Array,
    at: number,
    eta: number,
    thresholds: Float64Array,
    curvature: Float64Array,
    cross: Float64Array,
  ): number {
    const last = thresholds.length;
    cross.fill(0);
    let sum = 0;
    for (let c = 0; c <= last; c++) {
      const n = counts[at + c];
      if (n === 0) continue;
      if (c > 0 && c < last) {
        const { upper, lower, shift } = this.#between(c, eta, thresholds);
        const above = this.#interval.score(thresholds[c] - eta);
        const below = this.#interval.score(thresholds[c - 1] - eta);
        curvature[c * (last + 1)] += n * times(upper, above - upper);
        curvature[(c - 1) * (last + 1)] += n * times(lower, below - lower);
        curvature[c * last + c - 1] -= n * upper * lower;
        curvature[(c - 1) * last + c] -= n * upper * lower;
        cross[c] -= n * times(upper, above - shift);
        cross[c - 1] -= n * times(lower, below - shift);
        sum += n * (times(upper, above) + times(lower, below) - shift * shift);
      } else {
        const k = c === 0 ? 0 : last - 1;
        const end = this.#beyond(c, eta, thresholds);
        curvature[k * (last + 1)] += n * end.curvature;
        cross[k] -= n * end.curvature;
        sum += n * end.curvature;
      }
    }
    return sum;
  }

  logProbability(category: number, eta: number, thresholds: Float64Array): number {
    const isBetween = category > 0 && category < thresholds.length;
    return isBetween
      ? this.#between(category, eta, thresholds).value
      : this.#beyond(category, eta, thresholds).value;
  }

  writeLogProbabilities(eta: number, thresholds: Float64Array, target: Float64Array): void {
    for (let c = 0; c < target.length; c++) target[c] = this.logProbability(c, eta, thresholds);
  }

  /** The terms of a category between two thresholds. */
  #between(category: number, eta: number, thresholds: Float64Array): IntervalTerms {
    const a = thresholds[category];
    const b = thresholds[category - 1];
    this.#interval.between(a - eta, b - eta, a - b, this.#terms);
    return this.#terms;
  }

  /** The terms of the first or the last category. */
  #beyond(category: number, eta: number, thresholds: Float64Array): LogTerms {
    if (category === 0) this.#link.logSuccess(thresholds[0] - eta, this.#end);
    else this.#link.logFailure(thresholds[thresholds.length - 1] - eta, this.#end);
    return this.#end;
  }
}

/** Log probabilities of stopping at a threshold and of going on, as functions of x = τ − η. */
interface Steps {
  stop(x: number, terms: LogTerms): void;
  go(x: number, terms: LogTerms): void;
}

/** sratio: stopping has F(x); cratio: going on has F(−x). */
function stepsOf({ family, link }: Family): Steps {
  const { logSuccess, logFailure } = probabilityLink(link);
  if (family === 'sratio') return { stop: logSuccess, go: logFailure };
  const mirrored =
    (of: Steps['stop']): Steps['stop'] =>
    (x, terms) => {
      of(-x, terms);
      terms.slope = -terms.slope;
    };
  return { stop: mirrored(logFailure), go: mirrored(logSuccess) };
}

/** Σ of counts from a category on. */
function countFrom(counts: Float64Array, at: number, first: number, last: number): number {
  let sum = 0;
  for (let c = first; c <= last; c++) sum += counts[at + c];
  return sum;
}

/** A binomial likelihood at each threshold, of those that reach it. */
class Sequential implements CategoryLikelihood {
  readonly #steps: Steps;
  readonly #terms = newLogTerms();

  constructor(family: Family) {
    this.#steps = stepsOf(family);
  }

  add(
    counts: Float64Array,
    at: number,
    eta: number,
    thresholds: Float64Array,
    slopes: Float64Array,
    result: CellTerms,
  ): void {
    const terms = this.#terms;
    const last = thresholds.length;
    let left = countFrom(counts, at, 1, last);
    for (let k = 0; k < last; k++) {
      const n = counts[at + k];
      const x = thresholds[k] - eta;
      let slope = 0;
      if (n > 0) {
        this.#steps.stop(x, terms);
        result.value += n * terms.value;
        slope += n * terms.slope;
      }
      if (left > 0) {
        this.#steps.go(x, terms);
        result.value += left * terms.value;
        slope += left * terms.slope;
      }
      slopes[k] += slope;
      result.slope -= slope;
      if (left === 0) break;
      left -= counts[at + k + 1];
    }
  }

  addCurvature(
    counts: Float64Array,
    at: number,
    eta: number,
    thresholds: Float64Array,
    curvature: Float64Array,
    cross: Float64Array,
  ): number {
    const terms = this.#terms;
    const last = thresholds.length;
    let left = countFrom(counts, at, 1, last);
    let sum = 0;
    for (let k = 0; k < last; k++) {
      const n = counts[at + k];
      const x = thresholds[k] - eta;
      let own = 0;
      if (n > 0) {
        this.#steps.stop(x, terms);
        own += n * terms.curvature;
      }
      if (left > 0) {
        this.#steps.go(x, terms);
        own += left * terms.curvature;
      }
      curvature[k * (last + 1)] += own;
      cross[k] = -own;
      sum += own;
      left -= counts[at + k + 1];
    }
    return sum;
  }

  logProbability(category: number, eta: number, thresholds: Float64Array): number {
    let sum = 0;
    for (let k = 0; k < category; k++) sum += this.#logGo(thresholds[k] - eta);
    return category === thresholds.length ? sum : sum + this.#logStop(thresholds[category] - eta);
  }

  writeLogProbabilities(eta: number, thresholds: Float64Array, target: Float64Array): void {
    const last = thresholds.length;
    let reached = 0;
    for (let k = 0; k < last; k++) {
      target[k] = reached + this.#logStop(thresholds[k] - eta);
      reached += this.#logGo(thresholds[k] - eta);
    }
    target[last] = reached;
  }

  #logStop(x: number): number {
    this.#steps.stop(x, this.#terms);
    return this.#terms.value;
  }

  #logGo(x: number): number {
    this.#steps.go(x, this.#terms);
    return this.#terms.value;
  }
}

/**
 * p_c ∝ exp(Σ_{k<c} A_k), A_k = log F(u_k) − log(1 − F(u_k)), u_k = η − τ_k; at the logit link A is u. With
 * N outcomes, N_k and P_k the number and the probability beyond threshold k,
 *
 *     ∂/∂A_k = N_k − N P_k,   ∂²/∂A_k ∂A_l = −N (P_max(k,l) − P_k P_l).
 */
class Adjacent implements CategoryLikelihood {
  readonly #link: ReturnType<typeof probabilityLink>;
  readonly #up = newLogTerms();
  readonly #down = newLogTerms();
  /** Σ_{k<c} A_k of each category; A′ and A″, and P, of each threshold. */
  readonly #scores: Float64Array;
  readonly #slopes: Float64Array;
  readonly #curvatures: Float64Array;
  readonly #beyond: Float64Array;

  constructor(family: Family) {
    const thresholds = mostThresholds(family);
    this.#link = probabilityLink(family.link);
    this.#scores = new Float64Array(thresholds + 1);
    this.#slopes = new Float64Array(thresholds);
    this.#curvatures = new Float64Array(thresholds);
    this.#beyond = new Float64Array(thresholds);
  }

  add(
    counts: Float64Array,
    at: number,
    eta: number,
    thresholds: Float64Array,
    slopes: Float64Array,
    result: CellTerms,
  ): void {
    const last = thresholds.length;
    const normalizer = this.#read(eta, thresholds);
    const n = countFrom(counts, at, 0, last);
    let left = n;
    for (let c = 0; c <= last; c++) {
      const count = counts[at + c];
      if (count > 0) result.value += count * (this.#scores[c] - normalizer);
      if (c === last) break;
      left -= count;
      const slope = (left - n * this.#beyond[c]) * this.#slopes[c];
      slopes[c] -= slope;
      result.slope += slope;
    }
  }

  addCurvature(
    counts: Float64Array,
    at: number,
    eta: number,
    thresholds: Float64Array,
    curvature: Float64Array,
    cross: Float64Array,
  ): number {
    const last = thresholds.length;
    this.#read(eta, thresholds);
    const beyond = this.#beyond;
    const n = countFrom(counts, at, 0, last);
    let left = n;
    let sum = 0;
    cross.fill(0);
    for (let k = 0; k < last; k++) {
      left -= counts[at + k];
      for (let l = 0; l < last; l++) {
        let own = -n * (beyond[Math.max(k, l)] - beyond[k] * beyond[l]);
        own *= this.#slopes[k] * this.#slopes[l];
        if (k === l) own += (left - n * beyond[k]) * this.#curvatures[k];
        curvature[k * last + l] += own;
        cross[k] -= own;
        sum += own;
      }
    }
    return sum;
  }

  logProbability(category: number, eta: number, thresholds: Float64Array): number {
    const normalizer = this.#read(eta, thresholds);
    return this.#scores[category] - normalizer;
  }

  writeLogProbabilities(eta: number, thresholds: Float64Array, target: Float64Array): void {
    const normalizer = this.#read(eta, thresholds);
    for (let c = 0; c < target.length; c++) target[c] = this.#scores[c] - normalizer;
  }

  /** Writes scores, A′, A″ and P; returns the logarithm of the sum of the exponentials of the scores. */
  #read(eta: number, thresholds: Float64Array): number {
    const last = thresholds.length;
    const scores = this.#scores;
    let most = 0;
    for (let k = 0; k < last; k++) {
      this.#link.logSuccess(eta - thresholds[k], this.#up);
      this.#link.logFailure(eta - thresholds[k], this.#down);
      scores[k + 1] = scores[k] + this.#up.value - this.#down.value;
      this.#slopes[k] = this.#up.slope - this.#down.slope;
      this.#curvatures[k] = this.#up.curvature - this.#down.curvature;
      most = Math.max(most, scores[k + 1]);
    }
    let sum = 0;
    for (let c = 0; c <= last; c++) sum += Math.exp(scores[c] - most);
    let tail = 0;
    for (let k = last - 1; k >= 0; k--) {
      tail += Math.exp(scores[k + 1] - most);
      this.#beyond[k] = tail / sum;
    }
    return most + Math.log(sum);
  }
}

/** The outcomes of a cell whose thresholds are those of one group. */
interface OrdinalCells {
  readonly count: number;
  /** The cell of the linear predictor, and the group of thresholds. */
  readonly cells: Int32Array;
  readonly groups: Int32Array;
  /** Numbers of outcomes, weighted, row-major (cell, category). */
  readonly counts: Float64Array;
}

/** Cells whose rows have several groups of thresholds stand once for each. */
function ordinalCells(outcomes: Outcomes, categories: number): OrdinalCells {
  const { rows, values, thresholdGroup } = outcomes;
  const cellOfRow = Int32Array.from({ length: rows }, (_, i) => cellOf(outcomes, i));
  const all = Int32Array.from({ length: numberOfCells(outcomes) }, (_, cell) => cell);
  const { of, first } = thresholdGroup
    ? distinctRows(rows, [
        { values: cellOfRow, width: 1 },
        { values: thresholdGroup, width: 1 },
      ])
    : { of: cellOfRow, first: null };
  const cells = first ? Int32Array.from(first, (row) => cellOfRow[row]) : all;
  const counts = new Float64Array(cells.length * categories);
  for (let i = 0; i < rows; i++) {
    counts[of[i] * categories + values[i] - 1] += weightOf(outcomes, i);
  }
  return {
    count: cells.length,
    cells,
    groups: first
      ? Int32Array.from(first, (row) => thresholdGroup?.[row] ?? 0)
      : new Int32Array(cells.length),
    counts,
  };
}

type OrdinalOutcomes = Pick<Outcomes, 'values' | 'thresholdGroup'>;

/** Thresholds at the shares of the categories, each with half an outcome more than it has, where η is 0. */
function startingThresholds(family: Family, outcomes: OrdinalOutcomes): Float64Array {
  return Float64Array.from(
    thresholdSpans(family).flatMap(({ count }, group) => [
      ...thresholdsAt(family, sharesOf(count, outcomes, group).shares),
    ]),
  );
}

/** α and the gaps at the starting thresholds. */
export function startingGaps(
  family: Family,
  outcomes: OrdinalOutcomes,
): { intercept: number; gaps: Float64Array } {
  const thresholds = startingThresholds(family, outcomes);
  const { weights, writeGaps } = gapsFor(family, outcomes);
  const gaps = new Float64Array(gapsOf(family));
  writeGaps(thresholds, gaps);
  const place = thresholds.reduce((sum, threshold, k) => sum + weights[k] * threshold, 0);
  return { intercept: -place, gaps };
}

/** The shares of the categories among the rows of a group, and the number of these with what was added. */
function sharesOf(
  thresholds: number,
  { values, thresholdGroup }: OrdinalOutcomes,
  group: number,
): { shares: Float64Array; total: number } {
  const shares = new Float64Array(thresholds + 1).fill(0.5);
  let total = 0.5 * shares.length;
  for (let i = 0; i < values.length; i++) {
    if (thresholdGroup && thresholdGroup[i] !== group) continue;
    shares[values[i] - 1]++;
    total++;
  }
  return { shares: shares.map((share) => share / total), total };
}

/** Weights beyond it, of a likelihood that is bent at the start, serve worse than equal ones. */
const MOST_WEIGHT = 2;

/**
 * The gaps of a family's thresholds, with weights such that at the starting thresholds α, for the
 * likelihood, does not depend on the gaps: w_k ∝ ∂²ℓ/∂η ∂τ_k. Effects of groups, whose map follows the
 * linear predictor (multilevel/density.ts), then need not follow the gaps.
 */
export function gapsFor(family: Family, outcomes: OrdinalOutcomes): GapCoordinates {
  const spans = thresholdSpans(family);
  const groups = spans.map(({ count }, group) => gapsOfSpan(family, count, outcomes, group));
  const coordinates = groups.map((group) => group.coordinates);
  if (coordinates.length === 1) return coordinates[0];
  const information = groups.reduce((sum, group) => sum + group.information, 0);
  return gapsOfGroups(
    coordinates,
    hasPlace(family) ? Float64Array.from(groups, (group) => group.information / information) : null,
  );
}

/** The gaps of a group's thresholds, and −∂²ℓ/∂η² of its rows. */
function gapsOfSpan(
  family: Family,
  count: number,
  outcomes: OrdinalOutcomes,
  group: number,
): { coordinates: GapCoordinates; information: number } {
  const equal = () => new Float64Array(count).fill(1 / count);
  if (!hasPlace(family)) return { coordinates: gapCoordinates(equal()), information: 1 };
  const { shares, total } = sharesOf(count, outcomes, group);
  const cross = new Float64Array(count);
  const curvature = categoryLikelihood(family).addCurvature(
    shares,
    0,
    0,
    thresholdsAt(family, shares),
    new Float64Array(count * count),
    cross,
  );
  const weights = cross.map((value) => value / -curvature);
  const isSound = weights.every((weight) => Math.abs(weight) < MOST_WEIGHT);
  const coordinates = gapCoordinates(isSound ? weights : equal());
  return {
    coordinates:
      family.threshold === 'equidistant' && count > 2 ? equalGaps(coordinates) : coordinates,
    information: isSound ? -curvature * total : total,
  };
}

/** The likelihood; its auxiliary parameters are the gaps of the thresholds, and η holds α. */
export function ordinalFamily(family: Family, outcomes: Outcomes): ResponseFamily {
  const last = thresholdsOf(family);
  const spans = thresholdSpans(family);
  const width = 1 + mostThresholds(family);
  const { count: units, cells, groups, counts } = ordinalCells(outcomes, width);
  const likelihood = categoryLikelihood(family);
  const coordinates = gapsFor(family, outcomes);
  const gapCount = gapsOf(family);
  const offsets = new Float64Array(last);
  const slopes = new Float64Array(last);
  const inSpans = (all: Float64Array) =>
    spans.map(({ first, count }) => all.subarray(first, first + count));
  const offsetsOf = inSpans(offsets);
  const slopesOf = inSpans(slopes);
  const result: CellTerms = { value: 0, slope: 0 };
  return {
    family,
    auxiliary: new Array<'gap'>(gapCount).fill('gap'),
    logLikelihood(eta, gaps, etaGradient, gapGradient) {
      if (!isInOrder(family, gaps)) return Number.NEGATIVE_INFINITY;
      coordinates.writeOffsets(gaps, offsets);
      slopes.fill(0);
      etaGradient.fill(0);
      let value = 0;
      for (let i = 0, at = 0; i < units; i++, at += width) {
        result.value = 0;
        result.slope = 0;
        const g = groups[i];
        likelihood.add(counts, at, eta[cells[i]], offsetsOf[g], slopesOf[g], result);
        value += result.value;
        etaGradient[cells[i]] += result.slope;
      }
      coordinates.writeGradient(slopes, gapGradient);
      return value;
    },
    curvature(eta, gaps, etaCurvature, cross, gapCurvature) {
      coordinates.writeOffsets(gaps, offsets);
      const squares = spans.map(({ count }) => new Float64Array(count * count));
      const own = new Float64Array(last);
      const crossOf = inSpans(own);
      const ofGaps = new Float64Array(gapCount);
      etaCurvature.fill(0);
      cross.fill(0);
      for (let i = 0, at = 0; i < units; i++, at += width) {
        const [g, cell] = [groups[i], cells[i]];
        own.fill(0);
        etaCurvature[cell] += likelihood.addCurvature(
          counts,
          at,
          eta[cell],
          offsetsOf[g],
          squares[g],
          crossOf[g],
        );
        coordinates.writeGradient(own, ofGaps);
        for (let j = 0; j < gapCount; j++) cross[j * eta.length + cell] += ofGaps[j];
      }
      coordinates.writeCurvature(onDiagonal(squares, last), gapCurvature);
    },
  };
}

/** A square of blocks along its diagonal. */
function onDiagonal(blocks: readonly Float64Array[], size: number): Float64Array {
  const whole = new Float64Array(size * size);
  let first = 0;
  for (const block of blocks) {
    const width = Math.round(Math.sqrt(block.length));
    for (let k = 0; k < width; k++) {
      whole.set(block.subarray(k * width, (k + 1) * width), (first + k) * size + first);
    }
    first += width;
  }
  return whole;
}

/** The thresholds and the linear predictor of a row on the scale of the likelihood, from its parameters. */
class ThresholdsOfRow {
  /** Set by `read`. */
  values: Float64Array = new Float64Array(0);
  eta = 0;
  readonly #most: number;
  /** Places of the discrimination and of the first effect on a threshold; −1 without them. */
  readonly #disc: number;
  readonly #specific: number;
  readonly #own: Float64Array;
  readonly #given: Float64Array;

  constructor(family: Family) {
    const { predicted = [] } = family;
    const most = mostThresholds(family);
    this.#most = most;
    this.#disc = predicted.includes('disc') ? most : -1;
    this.#specific = predicted.some(isThresholdPredictor) ? most : -1;
    this.#own = new Float64Array(most);
    this.#given = new Float64Array(2 * most + 1);
  }

  read(eta: number, parameters: ArrayLike<number>): void {
    const d = this.#disc < 0 ? 1 : parameters[this.#disc];
    let count = 0;
    for (; count < this.#most; count++) {
      const threshold = parameters[count];
      if (threshold === Number.POSITIVE_INFINITY) break;
      const effect = this.#specific < 0 ? 0 : parameters[this.#specific + count];
      this.#own[count] = d * (threshold - effect);
    }
    this.values = this.#own.subarray(0, count);
    this.eta = d * eta;
  }

  /** The parameters of one of many draws; valid until the next. */
  gather(parameters: readonly Float64Array[], s: number): Float64Array {
    for (let k = 0; k < parameters.length; k++) this.#given[k] = parameters[k][s];
    return this.#given.subarray(0, parameters.length);
  }
}

/**
 * The distribution; the inverse link leaves η as it is. Its auxiliary parameters are those of a row: the thresholds of
 * its group, followed by Infinity if other groups have more; then the discrimination, if it has a linear predictor, or
 * what category-specific effects take from each threshold.
 */
export function ordinalDistribution(family: Family): OwnDistribution {
  const last = mostThresholds(family);
  const row = new ThresholdsOfRow(family);
  const likelihood = categoryLikelihood(family);
  const logs = new Float64Array(last + 1);
  const writeLogs = (eta: number, parameters: Float64Array, target: Float64Array): void => {
    row.read(eta, parameters);
    const count = row.values.length + 1;
    likelihood.writeLogProbabilities(row.eta, row.values, target.subarray(0, count));
    target.fill(Number.NEGATIVE_INFINITY, count);
  };
  const draw = (eta: number, parameters: Float64Array, uniform: number): number => {
    writeLogs(eta, parameters, logs);
    const { length } = row.values;
    let sum = 0;
    for (let c = 0; c < length; c++) {
      sum += Math.exp(logs[c]);
      if (uniform < sum) return c + 1;
    }
    return length + 1;
  };
  const writeProbabilities = (
    eta: number,
    parameters: Float64Array,
    target: Float64Array,
  ): void => {
    writeLogs(eta, parameters, target);
    for (let c = 0; c <= last; c++) target[c] = Math.exp(target[c]);
  };
  return {
    family,
    auxiliary: [],
    categories: { count: last + 1, writeProbabilities },
    means: (thresholds) => (eta) => {
      for (let s = 0; s < eta.length; s++) {
        writeProbabilities(eta[s], row.gather(thresholds, s), logs);
        eta[s] = logs.reduce((sum, probability, c) => sum + (c + 1) * probability, 0);
      }
    },
    inverseLink: (eta) => eta,
    writeInverse: () => {},
    logDensities: (thresholds) => (outcome, _trials, eta) => {
      for (let s = 0; s < eta.length; s++) {
        row.read(eta[s], row.gather(thresholds, s));
        const isWithin = outcome <= row.values.length + 1;
        eta[s] = isWithin
          ? likelihood.logProbability(outcome - 1, row.eta, row.values)
          : Number.NEGATIVE_INFINITY;
      }
    },
    outcomes: (thresholds) => (eta, _trials, random) => {
      for (let s = 0; s < eta.length; s++) {
        const ofDraw = row.gather(thresholds, s);
        eta[s] = Number.isNaN(eta[s]) ? eta[s] : draw(eta[s], ofDraw, random.uniform());
      }
    },
    simulateAt: (eta, thresholds, _trials, random) => draw(eta, thresholds, random.uniform()),
    expected: (outcome) =>
      Number.isInteger(outcome) && outcome >= 1 && outcome <= last + 1
        ? null
        : `a category from 1 to ${last + 1}`,
  };
}

/**
 * Thresholds at which the categories have these shares where η is 0: the start of a search.
 *
 * @param shares above zero, summing to 1
 */
function thresholdsAt({ family, link }: Family, shares: Float64Array): Float64Array {
  const quantile = probabilityLink(link).link;
  const thresholds = new Float64Array(shares.length - 1);
  let below = 0;
  for (let k = 0; k < thresholds.length; k++) {
    const reached = 1 - below;
    below += shares[k];
    switch (family) {
      case 'cumulative':
        thresholds[k] = quantile(below);
        break;
      case 'sratio':
        thresholds[k] = quantile(shares[k] / reached);
        break;
      case 'cratio':
        thresholds[k] = -quantile(1 - shares[k] / reached);
        break;
      default:
        thresholds[k] = -quantile(shares[k + 1] / (shares[k] + shares[k + 1]));
    }
  }
  return thresholds;
}
