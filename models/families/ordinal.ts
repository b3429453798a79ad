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
 * The discrimination is 1. Rows that share a linear predictor enter by their numbers of each category. The
 * likelihood has the gaps of the thresholds as its auxiliary parameters (thresholds.ts), and the
 * distribution, which needs no outcomes, the thresholds themselves.
 */
import {
  cellOf,
  type Family,
  numberOfCells,
  type Outcomes,
  type ResponseDistribution,
  type ResponseFamily,
} from './family.js';
import { type LinkInterval, linkInterval, newIntervalTerms } from './link-intervals.js';
import { type LogTerms, newLogTerms, probabilityLink } from './links.js';
import { hasOrder, thresholdsOf, writeGapCurvature, writeGapGradient, writeOffsets } from './thresholds.js';

/**
 * The likelihood of one linear predictor, of which `counts[at + c]` outcomes are of category c (from 0).
 * `thresholds` are on η's scale.
 */
interface CategoryLikelihood {
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

function categoryLikelihood(family: Family): CategoryLikelihood {
  switch (family.family) {
    case 'cumulative':
      return cumulativeLikelihood(family);
    case 'acat':
      return adjacentLikelihood(family);
    default:
      return sequentialLikelihood(family);
  }
}

/** a b, but 0 where a is 0 and b infinite. */
function times(a: number, b: number): number {
  return a === 0 ? 0 : a * b;
}

function cumulativeLikelihood({ link }: Family): CategoryLikelihood {
  const { logSuccess, logFailure } = probabilityLink(link);
  const interval: LinkInterval = linkInterval(link);
  const terms = newIntervalTerms();
  const end = newLogTerms();
  const between = (category: number, eta: number, thresholds: Float64Array): void => {
    const a = thresholds[category];
    const b = thresholds[category - 1];
    interval.between(a - eta, b - eta, a - b, terms);
  };
  const logProbability = (category: number, eta: number, thresholds: Float64Array): number => {
    const last = thresholds.length;
    if (category > 0 && category < last) {
      between(category, eta, thresholds);
      return terms.value;
    }
    if (category === 0) logSuccess(thresholds[0] - eta, end);
    else logFailure(thresholds[last - 1] - eta, end);
    return end.value;
  };
  return {
    add(counts, at, eta, thresholds, slopes, result) {
      const last = thresholds.length;
      for (let c = 0; c <= last; c++) {
        const n = counts[at + c];
        if (n === 0) continue;
        if (c > 0 && c < last) {
          between(c, eta, thresholds);
          result.value += n * terms.value;
          result.slope -= n * terms.shift;
          slopes[c] += n * terms.upper;
          slopes[c - 1] += n * terms.lower;
          continue;
        }
        const k = c === 0 ? 0 : last - 1;
        if (c === 0) logSuccess(thresholds[k] - eta, end);
        else logFailure(thresholds[k] - eta, end);
        result.value += n * end.value;
        result.slope -= n * end.slope;
        slopes[k] += n * end.slope;
      }
    },
    addCurvature(counts, at, eta, thresholds, curvature, cross) {
      const last = thresholds.length;
      cross.fill(0);
      let sum = 0;
      for (let c = 0; c <= last; c++) {
        const n = counts[at + c];
        if (n === 0) continue;
        if (c > 0 && c < last) {
          between(c, eta, thresholds);
          const { upper, lower, shift } = terms;
          const above = interval.score(thresholds[c] - eta);
          const below = interval.score(thresholds[c - 1] - eta);
          curvature[c * (last + 1)] += n * times(upper, above - upper);
          curvature[(c - 1) * (last + 1)] += n * times(lower, below - lower);
          curvature[c * last + c - 1] -= n * upper * lower;
          curvature[(c - 1) * last + c] -= n * upper * lower;
          cross[c] -= n * times(upper, above - shift);
          cross[c - 1] -= n * times(lower, below - shift);
          sum += n * (times(upper, above) + times(lower, below) - shift * shift);
          continue;
        }
        const k = c === 0 ? 0 : last - 1;
        if (c === 0) logSuccess(thresholds[k] - eta, end);
        else logFailure(thresholds[k] - eta, end);
        curvature[k * (last + 1)] += n * end.curvature;
        cross[k] -= n * end.curvature;
        sum += n * end.curvature;
      }
      return sum;
    },
    logProbability,
    writeLogProbabilities(eta, thresholds, target) {
      for (let c = 0; c < target.length; c++) target[c] = logProbability(c, eta, thresholds);
    },
  };
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

/** A binomial likelihood at each threshold, of those that reach it. */
function sequentialLikelihood(family: Family): CategoryLikelihood {
  const { stop, go } = stepsOf(family);
  const terms = newLogTerms();
  /** Numbers beyond each threshold. */
  const beyond = (counts: Float64Array, at: number, last: number): number => {
    let sum = 0;
    for (let c = 1; c <= last; c++) sum += counts[at + c];
    return sum;
  };
  return {
    add(counts, at, eta, thresholds, slopes, result) {
      const last = thresholds.length;
      let left = beyond(counts, at, last);
      for (let k = 0; k < last; k++) {
        const n = counts[at + k];
        let slope = 0;
        if (n > 0) {
          stop(thresholds[k] - eta, terms);
          result.value += n * terms.value;
          slope += n * terms.slope;
        }
        if (left > 0) {
          go(thresholds[k] - eta, terms);
          result.value += left * terms.value;
          slope += left * terms.slope;
        }
        slopes[k] += slope;
        result.slope -= slope;
        if (left === 0) break;
        left -= counts[at + k + 1];
      }
    },
    addCurvature(counts, at, eta, thresholds, curvature, cross) {
      const last = thresholds.length;
      let left = beyond(counts, at, last);
      let sum = 0;
      for (let k = 0; k < last; k++) {
        let own = 0;
        if (counts[at + k] > 0) {
          stop(thresholds[k] - eta, terms);
          own += counts[at + k] * terms.curvature;
        }
        if (left > 0) {
          go(thresholds[k] - eta, terms);
          own += left * terms.curvature;
        }
        curvature[k * (last + 1)] += own;
        cross[k] = -own;
        sum += own;
        left -= counts[at + k + 1];
      }
      return sum;
    },
    logProbability(category, eta, thresholds) {
      let sum = 0;
      for (let k = 0; k < category; k++) {
        go(thresholds[k] - eta, terms);
        sum += terms.value;
      }
      if (category === thresholds.length) return sum;
      stop(thresholds[category] - eta, terms);
      return sum + terms.value;
    },
    writeLogProbabilities(eta, thresholds, target) {
      const last = thresholds.length;
      let reached = 0;
      for (let k = 0; k < last; k++) {
        stop(thresholds[k] - eta, terms);
        target[k] = reached + terms.value;
        go(thresholds[k] - eta, terms);
        reached += terms.value;
      }
      target[last] = reached;
    },
  };
}

/**
 * p_c ∝ exp(Σ_{k<c} A_k), A_k = log F(u_k) − log(1 − F(u_k)), u_k = η − τ_k; at the logit link A is u. With
 * N outcomes, N_k and P_k the number and the probability beyond threshold k,
 *
 *     ∂/∂A_k = N_k − N P_k,   ∂²/∂A_k ∂A_l = −N (P_max(k,l) − P_k P_l).
 */
function adjacentLikelihood({ link }: Family): CategoryLikelihood {
  const { logSuccess, logFailure } = probabilityLink(link);
  const up = newLogTerms();
  const down = newLogTerms();
  let scores = new Float64Array(0);
  let slopesOfOdds = new Float64Array(0);
  let curvatures = new Float64Array(0);
  let tails = new Float64Array(0);
  /** Writes the score of each category and A′, A″; returns the logarithm of the sum of the exponentials. */
  const read = (eta: number, thresholds: Float64Array): number => {
    const last = thresholds.length;
    if (scores.length !== last + 1) {
      scores = new Float64Array(last + 1);
      slopesOfOdds = new Float64Array(last);
      curvatures = new Float64Array(last);
      tails = new Float64Array(last);
    }
    let most = 0;
    for (let k = 0; k < last; k++) {
      logSuccess(eta - thresholds[k], up);
      logFailure(eta - thresholds[k], down);
      scores[k + 1] = scores[k] + up.value - down.value;
      slopesOfOdds[k] = up.slope - down.slope;
      curvatures[k] = up.curvature - down.curvature;
      most = Math.max(most, scores[k + 1]);
    }
    let sum = 0;
    for (let c = 0; c <= last; c++) sum += Math.exp(scores[c] - most);
    let tail = 0;
    for (let k = last - 1; k >= 0; k--) {
      tail += Math.exp(scores[k + 1] - most);
      tails[k] = tail / sum;
    }
    return most + Math.log(sum);
  };
  const total = (counts: Float64Array, at: number, last: number): number => {
    let sum = 0;
    for (let c = 0; c <= last; c++) sum += counts[at + c];
    return sum;
  };
  return {
    add(counts, at, eta, thresholds, slopes, result) {
      const last = thresholds.length;
      const normalizer = read(eta, thresholds);
      const n = total(counts, at, last);
      let left = n;
      for (let c = 0; c <= last; c++) {
        if (counts[at + c] > 0) result.value += counts[at + c] * (scores[c] - normalizer);
        if (c === last) break;
        left -= counts[at + c];
        const slope = (left - n * tails[c]) * slopesOfOdds[c];
        slopes[c] -= slope;
        result.slope += slope;
      }
    },
    addCurvature(counts, at, eta, thresholds, curvature, cross) {
      const last = thresholds.length;
      read(eta, thresholds);
      const n = total(counts, at, last);
      let left = n;
      let sum = 0;
      cross.fill(0);
      for (let k = 0; k < last; k++) {
        left -= counts[at + k];
        for (let l = 0; l < last; l++) {
          let own = -n * (tails[Math.max(k, l)] - tails[k] * tails[l]);
          own *= slopesOfOdds[k] * slopesOfOdds[l];
          if (k === l) own += (left - n * tails[k]) * curvatures[k];
          curvature[k * last + l] += own;
          cross[k] -= own;
          sum += own;
        }
      }
      return sum;
    },
    logProbability(category, eta, thresholds) {
      const normalizer = read(eta, thresholds);
      return scores[category] - normalizer;
    },
    writeLogProbabilities(eta, thresholds, target) {
      const normalizer = read(eta, thresholds);
      for (let c = 0; c < target.length; c++) target[c] = scores[c] - normalizer;
    },
  };
}

/** Numbers of outcomes by cell and category, row-major. */
function countsOf(outcomes: Outcomes, categories: number): Float64Array {
  const counts = new Float64Array(numberOfCells(outcomes) * categories);
  for (let i = 0; i < outcomes.rows; i++) {
    counts[cellOf(outcomes, i) * categories + outcomes.values[i] - 1]++;
  }
  return counts;
}

/** The likelihood; its auxiliary parameters are the gaps of the thresholds, η holds −τ of the anchor. */
export function ordinalFamily(family: Family, outcomes: Outcomes): ResponseFamily {
  const last = thresholdsOf(family);
  const counts = countsOf(outcomes, last + 1);
  const cells = numberOfCells(outcomes);
  const likelihood = categoryLikelihood(family);
  const offsets = new Float64Array(last);
  const slopes = new Float64Array(last);
  const result: CellTerms = { value: 0, slope: 0 };
  const isOrdered = hasOrder(family.family);
  return {
    family,
    auxiliary: new Array<'gap'>(last - 1).fill('gap'),
    logLikelihood(eta, gaps, etaGradient, gapGradient) {
      if (isOrdered && !gaps.every((gap) => gap > 0)) return Number.NEGATIVE_INFINITY;
      writeOffsets(gaps, offsets);
      slopes.fill(0);
      let value = 0;
      for (let i = 0, at = 0; i < cells; i++, at += last + 1) {
        result.value = 0;
        result.slope = 0;
        likelihood.add(counts, at, eta[i], offsets, slopes, result);
        value += result.value;
        etaGradient[i] = result.slope;
      }
      writeGapGradient(slopes, gapGradient);
      return value;
    },
    curvature(eta, gaps, etaCurvature, cross, gapCurvature) {
      writeOffsets(gaps, offsets);
      const curvature = new Float64Array(last * last);
      const own = new Float64Array(last);
      const ofGaps = new Float64Array(last - 1);
      for (let i = 0, at = 0; i < cells; i++, at += last + 1) {
        etaCurvature[i] = likelihood.addCurvature(counts, at, eta[i], offsets, curvature, own);
        writeGapGradient(own, ofGaps);
        for (let j = 0; j < last - 1; j++) cross[j * cells + i] = ofGaps[j];
      }
      writeGapCurvature(curvature, gapCurvature);
    },
  };
}

/** The distribution; its auxiliary parameters are the thresholds, and the inverse link leaves η as it is. */
export function ordinalDistribution(family: Family): Omit<ResponseDistribution, 'simulate'> {
  const last = thresholdsOf(family);
  const likelihood = categoryLikelihood(family);
  const logs = new Float64Array(last + 1);
  const own = new Float64Array(last);
  const gather = (thresholds: readonly Float64Array[], s: number): void => {
    for (let k = 0; k < last; k++) own[k] = thresholds[k][s];
  };
  const draw = (eta: number, thresholds: Float64Array, uniform: number): number => {
    likelihood.writeLogProbabilities(eta, thresholds, logs);
    let sum = 0;
    for (let c = 0; c < last; c++) {
      sum += Math.exp(logs[c]);
      if (uniform < sum) return c + 1;
    }
    return last + 1;
  };
  const writeProbabilities = (eta: number, thresholds: Float64Array, target: Float64Array): void => {
    likelihood.writeLogProbabilities(eta, thresholds, target);
    for (let c = 0; c <= last; c++) target[c] = Math.exp(target[c]);
  };
  return {
    family,
    auxiliary: [],
    categories: { count: last + 1, writeProbabilities },
    mean(eta, _trials, thresholds = own) {
      writeProbabilities(eta, thresholds, logs);
      return logs.reduce((sum, probability, c) => sum + (c + 1) * probability, 0);
    },
    inverseLink: (eta) => eta,
    writeInverse: () => {},
    logDensities: (thresholds) => (outcome, _trials, eta) => {
      for (let s = 0; s < eta.length; s++) {
        gather(thresholds, s);
        eta[s] = likelihood.logProbability(outcome - 1, eta[s], own);
      }
    },
    outcomes: (thresholds) => (eta, _trials, random) => {
      for (let s = 0; s < eta.length; s++) {
        gather(thresholds, s);
        eta[s] = Number.isNaN(eta[s]) ? eta[s] : draw(eta[s], own, random.uniform());
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
export function thresholdsAt({ family, link }: Family, shares: Float64Array): Float64Array {
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
