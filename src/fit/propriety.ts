/**
 * Checks that the posterior is proper. With a flat prior, only the data bound a parameter, and some
 * data do not: linearly dependent columns, outcomes separated perfectly by a predictor, and, for σ,
 * a line through all points. A sampler would drift without end on such a posterior; these checks
 * throw first, with a remedy.
 *
 * The checks concern the data only. A proper prior of the intercept (Student-t by default) may make
 * the posterior of a separated slope proper, but an estimate that only this prior bounds is not
 * meaningful.
 */

import { categoriesOfFamily } from '../../models/families/categorical.js';
import { stagesOf } from '../../models/families/conditional-logit.js';
import {
  type AuxiliaryName,
  auxiliaryOf,
  type Family,
  isThresholdPredictor,
  type PredictedName,
  traitsOf,
} from '../../models/families/family.js';
import {
  isNominal,
  isOrdinal,
  thresholdNames,
  thresholdSpans,
  thresholdsOf,
} from '../../models/families/thresholds.js';
import { onePredictor } from '../../models/one-predictor.js';
import { isProper, type Prior, supportOf } from '../../models/prior-distributions.js';
import {
  centrePredictors,
  type GroupEffects,
  outcomesOf,
  predictorsPerRow,
  type RegressionSpecification,
} from '../../models/regression-data.js';
import { ofLogarithms } from '../../models/regression-model.js';
import { listed } from '../checks/names.js';
import { WeighbridgeError } from '../errors.js';
import type { DataFacts } from '../formula/design.js';
import { coefficientName } from '../formula/names.js';
import { distinctRows } from '../linear-algebra/distinct-rows.js';
import { isCensored, type Limits } from '../linear-algebra/limits.js';
import { extend } from '../linear-algebra/orthonormal.js';
import { rangesOfColumns, sizeOf } from '../linear-algebra/powers-of-two.js';
import { isComparison, partsOf } from './comparison-graph.js';
import { exactFit } from './exact-fit.js';
import { lostSpread, rangeOf } from './range.js';
import { type Demands, separatingDirection } from './separation.js';

/** Throws `improper-posterior` if the posterior has no finite mass. */
export function requireProper(specification: RegressionSpecification, facts: DataFacts): void {
  requireSpread(specification);
  requireHeldColumns(specification, facts);
  requireHeldAngles(specification);
  requireHeldScales(specification);
  requireScatter(specification);
  requireOverlap(specification);
}

function fail(message: string): never {
  throw new WeighbridgeError('improper-posterior', message);
}

/**
 * Throws for a column so far from zero that its values differ only by rounding: its slope is not
 * identified.
 *
 * @throws WeighbridgeError `improper-posterior`
 */
export function requireSpread(specification: RegressionSpecification): void {
  for (let of = 0; of < predictorsPerRow(specification.data); of++) {
    requireSpreadOfOne(onePredictor(specification, of));
  }
}

function requireSpreadOfOne({ data, priors }: RegressionSpecification): void {
  const { names, values } = data.predictors;
  if (!data.intercept) return;
  const { least, most } = rangesOfColumns(values, names.length);
  names.forEach((name, j) => {
    if (isProper(priors.coefficients[j])) return;
    const lost = lostSpread(`column ${name}`, { least: least[j], most: most[j] });
    if (lost?.wholly) fail(lost.told);
  });
}

/** Throws for a linearly dependent column whose slope has no proper prior. */
function requireHeldColumns(
  { data, priors }: RegressionSpecification,
  { constantColumns, dependentColumns }: DataFacts,
): void {
  const flat = (column: string) =>
    !isProper(priors.coefficients[data.predictors.names.indexOf(coefficientName(column))]);
  for (const name of constantColumns) {
    if (flat(name)) {
      fail(
        `column ${slopeShown(name)} is constant, so that it cannot be told from the intercept: leave it out, or give it a prior, for example normal(0, 1)`,
      );
    }
  }
  for (const { column: name, of } of dependentColumns) {
    // One proper prior among the dependent columns is enough to identify all.
    const others = of.filter((other) => other !== '(Intercept)');
    if (!flat(name) || !others.every(flat)) continue;
    if (data.sets && others.length === 0) {
      fail(
        `column ${name} is the same for all options of every choice set, so that it cancels: leave it out, or let it act on another column, ${name}:x`,
      );
    }
    fail(
      others.length === 0
        ? `column ${name} says nothing: leave it out, or give it a prior, for example normal(0, 1)`
        : `column ${slopeShown(name)} is a combination of ${others.map(slopeShown).join(', ')}: their slopes cannot be told apart; leave one out, or give them a prior, for example normal(0, 1)`,
    );
  }
}

/** An angle's likelihood has no limit of zero as the linear predictor grows: all priors must be proper. */
function requireHeldAngles({ family, data, priors }: RegressionSpecification): void {
  if (traitsOf(family).mean !== 'angle') return;
  const slope = priors.coefficients.findIndex((prior) => !isProper(prior));
  const sds = priors.sds.some((term) => !term.every(isProper));
  const flat = priors.intercept && !isProper(priors.intercept) ? 'the intercept' : null;
  const what = slope >= 0 ? `the slope of ${data.predictors.names[slope]}` : flat;
  if (what === null && !sds) return;
  fail(
    `${what ?? 'an sd'} has a flat prior, under which angles have no proper posterior, as their likelihood does not fall to zero: give it a prior, for example normal(0, 1)`,
  );
}

/** Checks the data for parameters other than slopes with flat priors. */
function requireHeldScales(specification: RegressionSpecification): void {
  const { family, data, priors } = specification;
  auxiliaryOf(family).forEach((name, i) => {
    if (!isProper(priors.auxiliary[i])) requireHeldAuxiliary(name, specification);
  });
  requireHeldThresholds(specification);
  data.groups.forEach((effects, term) => {
    const { group, levels } = effects;
    if (priors.sds[term].every(isProper)) return;
    if (isComparison(effects)) {
      requireHeldDifferences(effects, specification);
      return;
    }
    // Gelman (2006), Bayesian Analysis 1, §2.2.
    if (levels.length > 2) return;
    fail(
      `sd of ${group} has a flat prior and ${levels.length === 1 ? 'one level' : 'two levels'}, but three are needed to hold it: give it a prior, for example exponential(1)`,
    );
  });
}

/**
 * Comparisons hold n − m differences of n levels in m parts, within which each level wins and loses. As sd → ∞, the
 * likelihood falls as sd^−(n − m), which is integrable from 2 on.
 */
function requireHeldDifferences(
  term: GroupEffects,
  { family, data }: RegressionSpecification,
): void {
  const spans = thresholdSpans(family);
  const most = (row: number): number => {
    if (isOrdinal(family)) return spans[data.thresholdGroup?.[row] ?? 0].count + 1;
    return data.trials ? data.trials[row] : 1;
  };
  const hasEnds = isOrdinal(family) || ['binary', 'binomial'].includes(traitsOf(family).outcome);
  const parts = partsOf(term, (row) => ({
    fromAbove: !hasEnds || data.outcomes[row] < most(row),
    fromBelow: !hasEnds || data.outcomes[row] > (isOrdinal(family) ? 1 : 0),
  }));
  const differences = term.levels.length - parts.length;
  if (differences >= 2) return;
  fail(
    `sd of ${term.group} has a flat prior, and of the ${term.levels.length} levels that its rows compare ${differences === 1 ? 'one difference is' : 'no difference is'} held from above and below, but two are needed; give it a prior, for example exponential(1)`,
  );
}

/** Categories that occur among the rows of each group of thresholds, ascending. */
function categoriesSeen({ data }: Pick<RegressionSpecification, 'data'>, group: number): number[] {
  const { outcomes, thresholdGroup } = data;
  const own = outcomes.filter((_, i) => (thresholdGroup?.[i] ?? 0) === group);
  return [...new Set(own)].sort((a, b) => a - b);
}

/** ` of judge` for a group of thresholds, and nothing for all rows. */
const ofGroup = (name: string | null) => (name === null ? '' : ` of ${name}`);

/** Throws for a threshold with a flat prior next to a category without rows. */
function requireHeldThresholds(specification: RegressionSpecification): void {
  const { family, priors } = specification;
  const { thresholds = [], gaps } = priors;
  const isHeldByGaps = gaps?.every(isProper) && thresholds.some(isProper);
  if (thresholds.every(isProper) || isHeldByGaps) return;
  const names = thresholdNames(family);
  thresholdSpans(family).forEach(({ name, first, count }, group) => {
    const own = thresholds.slice(first, first + count);
    const flat = own.findIndex((prior) => !isProper(prior));
    if (flat < 0) return;
    const seen = categoriesSeen(specification, group);
    if (family.threshold === 'equidistant' && count > 1) {
      requireHeldGap(seen, name);
      return;
    }
    for (let category = 1; category <= count + 1; category++) {
      if (seen.includes(category)) continue;
      fail(
        `the threshold ${names[first + flat]} has a flat prior, but no row${ofGroup(name)} has the category ${category}: give thresholds a prior, for example normal(0, 2.5)`,
      );
    }
  });
}

/** The first of equidistant thresholds and their gap are held by two categories with another one between them. */
function requireHeldGap(seen: readonly number[], name: string | null): void {
  if (seen[seen.length - 1] - seen[0] >= 2) return;
  const remedy =
    name === null
      ? 'give it a prior, for example exponential(1)'
      : 'leave out threshold, so that each has its own';
  fail(
    `the gap delta between equidistant thresholds${ofGroup(name)} has a flat prior, but the rows have only the categories ${seen.join(' and ')}, between which no other lies: ${remedy}`,
  );
}

function requireHeldAuxiliary(
  name: AuxiliaryName,
  { data, priors }: RegressionSpecification,
): void {
  if (name !== 'sigma') {
    fail(
      `${name} has a flat prior, but no data hold it: its likelihood does not fall as it grows; give it a prior, for example gamma(2, 0.1)`,
    );
  }
  // As σ → ∞: σ^−(n − number of flat coefficients) must be integrable.
  const flat = [...priors.coefficients, ...(priors.intercept ? [priors.intercept] : [])];
  const free = flat.filter((prior) => !isProper(prior)).length;
  const rows = heldRows(data).length;
  if (rows - free >= 2) return;
  fail(
    `sigma has a flat prior, but ${rows} rows for ${free} coefficients with flat priors do not hold it: give it a prior, for example exponential(1)`,
  );
}

/** Rows whose likelihood falls as σ grows: all but those that are censored on one side. */
function heldRows({ rows, limits }: RegressionSpecification['data']): Int32Array {
  const all = Int32Array.from({ length: rows }, (_, row) => row);
  return limits ? all.filter((row) => sideOf(limits, row) === 0) : all;
}

/** 1 for an outcome that is known to be above a number, −1 for one below, 0 for all others. */
function sideOf({ from, to, after, upTo }: Limits, row: number): 1 | -1 | 0 {
  if (from[row] === to[row]) return 0;
  if (to[row] === upTo[row]) return from[row] === after[row] ? 0 : 1;
  return from[row] === after[row] ? -1 : 0;
}

/**
 * For outcomes that are explained exactly, σ needs a prior that keeps it from zero.
 *
 * @throws WeighbridgeError `improper-posterior`
 */
export function requireScatter(given: RegressionSpecification): void {
  const { predicted } = given.family;
  const specification = ofLogarithms(onePredictor(given, 0));
  const { family, data, priors } = specification;
  if (!traitsOf(family).hasScale || data.errors) return;
  if (predicted?.includes('sigma')) {
    requireScatterByRow(given, predicted.indexOf('sigma'), specification);
    return;
  }
  const scale = auxiliaryOf(family).indexOf('sigma');
  const bounded = [...priors.coefficients, ...(priors.intercept ? [priors.intercept] : [])].some(
    (prior) =>
      prior.lower !== undefined || prior.upper !== undefined || prior.distribution === 'constant',
  );
  // If the exact solution is outside the bounds, there are residuals.
  if (bounded) return;
  const rows = knownRows(data);
  if (rows.length === 0) return;
  for (const group of [null, ...new Set(data.groups.map((term) => term.group))]) {
    const exact = exactFit(specification, rows, group);
    if (exact && !keepsFromZero(priors.auxiliary[scale], rows.length - exact.rank)) {
      const lost = lostSpread('the outcome', rangeOf(data.outcomes));
      if (lost) fail(lost.told);
      fail(
        `${explanation(data.outcomes, group)}, so that sigma is zero and there is nothing left to be estimated: give sigma a prior that keeps it from zero, for example lognormal(0, 1), if that is meant`,
      );
    }
  }
  if (family.family === 'student' && !predicted && !data.limits) {
    requireFewTies(specification, priors.auxiliary);
  }
}

/** Rows whose outcome is a number. */
function knownRows({ rows, limits }: RegressionSpecification['data']): Int32Array {
  const all = Int32Array.from({ length: rows }, (_, row) => row);
  return limits ? all.filter((row) => !isCensored(limits, row)) : all;
}

/**
 * The same for a σ with a linear predictor: of the rows with equal predictors of σ, and of all. There σ goes to
 * zero as e^η, which only a prior with the tail of a normal keeps from happening.
 */
function requireScatterByRow(
  given: RegressionSpecification,
  place: number,
  mean: RegressionSpecification,
): void {
  const { data, priors } = onePredictor(given, place + 1);
  const all = [...(priors.intercept ? [priors.intercept] : []), ...priors.coefficients];
  if (all.every(({ distribution }) => distribution === 'normal')) return;
  const { of, first } = distinctRows(data.rows, [
    { values: data.predictors.values, width: data.predictors.names.length },
  ]);
  const whole = knownRows(data);
  const cells = Array.from(first, (_, cell) => whole.filter((i) => of[i] === cell));
  // Most cells of a numeric predictor have one row, which says nothing by itself.
  for (const rows of [whole, ...cells].filter(({ length }) => length > 1)) {
    const exact = exactFit(mean, rows, null);
    if (!exact || rows.length - exact.rank < 1) continue;
    fail(
      `the outcomes of ${rows.length} rows with the predictors of sigma of row ${rows[0] + 1} are explained exactly, so that sigma goes to zero there: give its coefficients normal priors, for example normal(0, 1) with dpar sigma, if that is meant`,
    );
  }
}

function explanation(outcomes: Float64Array, group: string | null): string {
  if (outcomes.every((value) => value === outcomes[0])) return `all outcomes are ${outcomes[0]}`;
  if (group === null) return 'the predictors explain the outcome exactly';
  return `the predictors and the effects of ${group} explain the outcome exactly`;
}

/** True if the prior falls to zero faster than the likelihood, σ^−power, rises. */
function keepsFromZero(prior: Prior, power: number): boolean {
  if (power < 1 || supportOf(prior).lower > 0) return true;
  switch (prior.distribution) {
    case 'lognormal':
    case 'inv_gamma':
    case 'constant':
      return true;
    case 'gamma':
      return prior.shape > power;
    case 'beta':
      return prior.alpha > power;
    default:
      return false;
  }
}

/**
 * Checks Student-t errors for too many exactly fitted rows: the likelihood may treat all others as
 * outliers. m of n rows on a plane of rank r give σ^(r − m + ν (n − m)) near zero (Fernández &
 * Steel 1999, Biometrika 86, theorem 2).
 */
function requireFewTies(
  specification: RegressionSpecification,
  [sigma, nu]: readonly Prior[],
): void {
  const { outcomes, intercept } = specification.data;
  if (!intercept) return;
  const counts = new Map<number, number>();
  let most = outcomes[0];
  for (const value of outcomes) {
    counts.set(value, (counts.get(value) ?? 0) + 1);
    if ((counts.get(value) ?? 0) > (counts.get(most) ?? 0)) most = value;
  }
  const ties = counts.get(most) ?? 0;
  const others = outcomes.length - ties;
  const least = Math.max(1, supportOf(nu).lower);
  if (ties - least * others < 1) return;
  const rows = Int32Array.from(outcomes.keys()).filter((i) => outcomes[i] === most);
  const exact = exactFit(specification, rows, null);
  if (!exact || keepsFromZero(sigma, ties - exact.rank - least * others)) return;
  fail(
    `${ties} of ${outcomes.length} outcomes are ${most}: Student-t errors take the others for outliers and sigma goes to zero; give sigma a prior that keeps it from zero, for example lognormal(0, 1), or choose another family`,
  );
}

/**
 * Sign: the row's likelihood rises without end as its linear predictor grows (1) or falls (−1).
 * `peak`: it has a maximum. `silent`: the row carries no information.
 */
type Rise = 1 | -1 | 'peak' | 'silent';

/** Null for families and links whose likelihood always has a maximum. */
function risesOf(family: Family): ((outcome: number, trials: number) => Rise) | null {
  const { link } = family;
  const { outcome: kind, apart = [], ends = [], isHurdle = false } = traitsOf(family);
  if (kind === 'binary' || kind === 'binomial') {
    return (outcome, trials) => {
      if (trials === 0) return 'silent';
      if (outcome === 0) return -1;
      // With a log link, the probability reaches 1 at η = 0.
      return outcome === trials && link !== 'log' ? 1 : 'peak';
    };
  }
  if (kind === 'count' && link === 'log') {
    // Where the mean is zero, a count above zero is certain to be 1.
    const least = isHurdle ? 1 : 0;
    return (outcome) => {
      if (apart.includes(outcome)) return 'silent';
      return outcome === least ? -1 : 'peak';
    };
  }
  if (ends.length > 0) {
    return (outcome) => (ends.includes(outcome) ? (outcome === 0 ? -1 : 1) : 'peak');
  }
  if (apart.length === 0) return null;
  return (outcome) => (apart.includes(outcome) ? 'silent' : 'peak');
}

/** Throws if a combination of predictors with flat priors separates the outcomes. */
function requireOverlap(specification: RegressionSpecification): void {
  const mean = onePredictor(specification, 0);
  if (isOrdinal(mean.family)) requireOrdinalOverlap(specification);
  else if (mean.data.sets) requireChoiceOverlap(mean);
  else if (isNominal(mean.family)) requireNominalOverlap(specification);
  else requireOverlapBy(mean, risesByRow(mean));
  specification.family.predicted?.forEach((name, p) => {
    const own = onePredictor(specification, p + 1);
    requireOverlapBy(own, ofOutcomes(own, risesOfShare(name)), name);
  });
}

type RiseOfOutcome = (outcome: number, trials: number) => Rise;

function ofOutcomes(
  { data }: Pick<RegressionSpecification, 'data'>,
  rise: RiseOfOutcome | null,
): ((row: number) => Rise) | null {
  return rise && ((row) => rise(data.outcomes[row], data.trials ? data.trials[row] : 1));
}

/**
 * What each row says of the mean. A censored outcome is as likely as can be far beyond its limit, and the first or
 * last count within bounds where the mean is far beyond them.
 */
function risesByRow(specification: RegressionSpecification): ((row: number) => Rise) | null {
  const { family, data } = specification;
  const own = ofOutcomes(specification, risesOf(family));
  const { limits, outcomes } = data;
  if (!limits) return own;
  const isCount = traitsOf(family).outcome === 'count';
  const upwards = family.link === 'inverse' ? -1 : 1;
  const along = (side: 1 | -1): Rise => {
    if (family.link === 'sqrt') return 'peak';
    return side === upwards ? 1 : -1;
  };
  return (row) => {
    const side = sideOf(limits, row);
    if (side !== 0) return along(side);
    if (isCensored(limits, row)) return 'peak';
    if (isCount && outcomes[row] === limits.upTo[row]) return along(1);
    if (isCount && family.link === 'log' && outcomes[row] === limits.after[row] + 1) return -1;
    return own?.(row) ?? 'peak';
  };
}

/** What a row says of the probability of zeros, of zeros and ones, or of ones among these; null for other parameters. */
function risesOfShare(name: PredictedName): ((outcome: number) => Rise) | null {
  switch (name) {
    case 'zi':
    case 'hu':
      return (outcome) => (outcome === 0 ? 1 : -1);
    case 'zoi':
      return (outcome) => (outcome === 0 || outcome === 1 ? 1 : -1);
    case 'coi':
      return (outcome) => (outcome === 1 ? 1 : outcome === 0 ? -1 : 'silent');
    default:
      return null;
  }
}

function requireOverlapBy(
  { data, priors }: RegressionSpecification,
  rise: ((row: number) => Rise) | null,
  share?: PredictedName,
): void {
  const flat = priors.coefficients.flatMap((prior, j) => (isProper(prior) ? [] : [j]));
  const flatIntercept = priors.intercept !== null && !isProper(priors.intercept);
  if (rise === null || (flat.length === 0 && !flatIntercept)) return;
  const rises = Array.from(data.outcomes, (_, row) => rise(row));
  const { names } = data.predictors;
  const wanted = flat.map((j) => names[j]);
  const remedy = 'give them a prior, for example normal(0, 2.5) on scaled predictors';
  const told = rises.filter((one) => one !== 'silent');
  if (told.length > 0 && told.every((one) => one === told[0]) && told[0] !== 'peak') {
    const which = told[0] === 1 ? 'all outcomes are' : 'no outcome is';
    fail(
      `${share ? `${which} one that has the probability ${share}` : sameOutcomes(data, told[0])}, so that coefficients with flat priors have no bound: ${remedy}`,
    );
  }
  const rows = scaledRows(data, flat);
  requireTold(rows, rises, [...(data.intercept ? ['the intercept'] : []), ...wanted]);
  const direction = separatingDirection(
    demandsOf(rows, rises, [
      ...(data.intercept && priors.intercept ? [priors.intercept] : []),
      ...flat.map((j) => priors.coefficients[j]),
    ]),
  );
  if (direction === null) return;
  const first = data.intercept ? 1 : 0;
  failSeparated(
    wanted.filter((_, k) => Math.abs(direction[first + k]) > PART),
    remedy,
  );
}

function sameOutcomes({ outcomes, trials, limits }: RegressionSpecification['data'], rise: 1 | -1) {
  if (limits) return 'all outcomes are censored on one side, or at the same end of their bounds';
  return `all outcomes are ${rise === 1 && trials ? 'as many as the trials' : outcomes[0]}`;
}

/**
 * The same of ordered categories, in the directions of thresholds and slopes. Thresholds next to a
 * category without rows are left out, because the rows do not hold them, with or without slopes.
 */
function requireOrdinalOverlap(specification: RegressionSpecification): void {
  const mean = onePredictor(specification, 0);
  const { family, data } = mean;
  const slopes = flatSlopes(mean);
  // Effects on each threshold; none without cs().
  const specific = (specification.family.predicted ?? []).flatMap((name, p) =>
    isThresholdPredictor(name) ? [flatSlopes(onePredictor(specification, p + 1))] : [],
  );
  const flat = [...slopes.names, ...specific.flatMap(({ names }) => names)];
  if (flat.length === 0) return;
  const remedy = 'give them a prior, for example normal(0, 2.5) on scaled predictors';
  const groups = thresholdSpans(family).map((_, group) => categoriesSeen({ data }, group));
  requireSeen(specific, thresholdsOf(family), groups[0]);
  const starts = groups.map((_, g) =>
    groups.slice(0, g).reduce((sum, seen) => sum + Math.max(0, seen.length - 1), 0),
  );
  const last = groups.length - 1;
  const thresholds = starts[last] + groups[last].length - 1;
  if (thresholds === 0) {
    fail(
      `all outcomes are ${groups[0][0]}, so that coefficients with flat priors have no bound: ${remedy}`,
    );
  }
  const width = thresholds + flat.length;
  const rising: Float64Array[] = [];
  for (let i = 0; i < data.rows; i++) {
    const group = data.thresholdGroup?.[i] ?? 0;
    const seen = groups[group];
    const category = seen.indexOf(data.outcomes[i]);
    // The sum of τ_k − η over thresholds, with a sign, may not fall.
    const demand = (first: number, end: number, sign: 1 | -1): void => {
      const wanted = new Float64Array(width);
      for (let k = first; k <= end; k++) {
        wanted[starts[group] + k] = sign;
        slopes.rows[i].forEach((x, c) => {
          wanted[thresholds + c] -= sign * x;
        });
        let at = thresholds + slopes.names.length;
        specific.forEach(({ rows, names }, threshold) => {
          if (threshold === k) {
            rows[i].forEach((x, c) => {
              wanted[at + c] -= sign * x;
            });
          }
          at += names.length;
        });
      }
      rising.push(wanted);
    };
    demandsOfCategory(family, category, seen.length - 1, demand);
  }
  const priors = [...slopes.priors, ...specific.flatMap((one) => one.priors)];
  const bounds = demandsOf([], [], priors).bounds.map((bound) => {
    const padded = new Float64Array(width);
    padded.set(bound, thresholds);
    return padded;
  });
  const direction = separatingDirection({ width, rising, fixed: [], bounds });
  if (direction === null) return;
  failSeparated(
    flat.filter((_, c) => Math.abs(direction[thresholds + c]) > PART),
    remedy,
  );
}

/** Slopes of a linear predictor with flat priors, and their columns by row. */
interface FlatSlopes {
  readonly names: readonly string[];
  readonly priors: readonly Prior[];
  readonly rows: readonly Float64Array[];
}

function flatSlopes({ data, priors }: RegressionSpecification): FlatSlopes {
  const flat = priors.coefficients.flatMap((prior, j) => (isProper(prior) ? [] : [j]));
  const first = data.intercept ? 1 : 0;
  return {
    names: flat.map((j) => slopeShown(data.predictors.names[j])),
    priors: flat.map((j) => priors.coefficients[j]),
    rows: scaledRows(data, flat).map((row) => row.subarray(first)),
  };
}

/** `cs(x) at threshold 2` of the column `cs2_x`. */
function slopeShown(name: string): string {
  const [, threshold, column] = /^cs(\d+)_(.*)$/.exec(name) ?? [];
  return threshold === undefined ? name : `cs(${column}) at threshold ${threshold}`;
}

/** Throws for an effect with a flat prior on a threshold that no row or each row ends at. */
function requireSeen(
  specific: readonly FlatSlopes[],
  thresholds: number,
  seen: readonly number[],
): void {
  const [name] = specific.flatMap(({ names }) => names);
  if (name === undefined || seen.length === thresholds + 1) return;
  const all = Array.from({ length: thresholds + 1 }, (_, c) => c + 1);
  const lacking = all.filter((category) => !seen.includes(category));
  fail(
    `${name} has a flat prior, but no row has the category ${lacking[0]}: give it a prior, for example normal(0, 1)`,
  );
}

/**
 * The thresholds, from first to end, whose sum of τ_k − η may not fall, or with the sign −1 not rise, for the
 * probability of a category not to fall.
 */
function demandsOfCategory(
  { family }: Family,
  category: number,
  thresholds: number,
  demand: (first: number, end: number, sign: 1 | -1) => void,
): void {
  if (family === 'cumulative') {
    if (category < thresholds) demand(category, category, 1);
    if (category > 0) demand(category - 1, category - 1, -1);
    return;
  }
  for (let k = 0; k < thresholds; k++) {
    if (family === 'acat') {
      if (k < category) demand(k, category - 1, -1);
      else demand(category, k, 1);
    } else if (k < category) demand(k, k, -1);
    else if (k === category) demand(k, k, 1);
  }
}

/**
 * The same of choices: along a separating direction the chosen option is never worse than one that was left,
 * and better than some.
 */
function requireChoiceOverlap(specification: RegressionSpecification): void {
  const { data, priors } = specification;
  const flat = priors.coefficients.flatMap((prior, j) => (isProper(prior) ? [] : [j]));
  if (flat.length === 0) return;
  const rows = scaledRows(data, flat);
  const { options, starts, chosen } = stagesOf(outcomesOf(data));
  const rising: Float64Array[] = [];
  for (let set = 0; set < chosen.length; set++) {
    for (let s = starts[set]; s < starts[set] + chosen[set]; s++) {
      for (let k = s + 1; k < starts[set + 1]; k++) {
        rising.push(difference(rows[options[s]], rows[options[k]]));
      }
    }
  }
  requireNoDirection(specification, flat, rising);
}

/**
 * The same of categories without an order: along a separating direction the linear predictor of the outcome never
 * falls behind that of another category, and rises above some.
 */
function requireNominalOverlap(specification: RegressionSpecification): void {
  const { family, data, priors } = specification;
  const { parts = [] } = data;
  const isIntercept = (j: number) => parts.some(({ intercept, first }) => intercept && first === j);
  const flat = priors.coefficients.flatMap((prior, j) => (isProper(prior) ? [] : [j]));
  if (flat.length === 0) return;
  // The default prior of an intercept is too wide to hold a line in place.
  const free = priors.coefficients.flatMap((prior, j) =>
    isProper(prior) && !isIntercept(j) ? [] : [j],
  );
  const count = categoriesOfFamily(family);
  const rows = scaledRows({ ...data, rows: data.predictors.rows }, free);
  const rising: Float64Array[] = [];
  data.outcomes.forEach((outcome, i) => {
    const own = i * count + outcome - 1;
    for (let other = i * count; other < (i + 1) * count; other++) {
      if (other !== own) rising.push(difference(rows[own], rows[other]));
    }
  });
  requireNoDirection(specification, free, rising);
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, c) => value - b[c]);
}

/**
 * Throws if there is a direction of the columns along which no row falls and some rise.
 *
 * @param rising of the rows, one number per column
 */
function requireNoDirection(
  { data, priors }: RegressionSpecification,
  columns: readonly number[],
  rising: readonly Float64Array[],
): void {
  const own = columns.map((j) => priors.coefficients[j]);
  const { bounds } = demandsOf([], [], own);
  const direction = separatingDirection({ width: columns.length, rising, fixed: [], bounds });
  if (direction === null) return;
  failSeparated(
    columns
      .filter((j, c) => Math.abs(direction[c]) > PART && !isProper(priors.coefficients[j]))
      .map((j) => data.predictors.names[j]),
    'give them a prior, for example normal(0, 2.5) on scaled predictors',
  );
}

function failSeparated(guilty: readonly string[], remedy: string): never {
  fail(
    `${listed(guilty)} ${guilty.length === 1 ? 'separates' : 'together separate'} the outcomes perfectly, so that with flat priors the slopes have no bound: ${remedy}`,
  );
}

/** Least share of the direction's length for a predictor to take part in it. */
const PART = 1e-6;
/** Tolerance relative to a row's length; a smaller residual counts as zero. */
const ROUNDING = 1e-9;

/**
 * Rows of the design: 1 for the intercept, if any, then the columns, centred if there is an
 * intercept, each scaled to a largest absolute value of 1.
 */
function scaledRows(
  { rows, intercept, predictors }: RegressionSpecification['data'],
  columns: readonly number[],
): Float64Array[] {
  const k = predictors.names.length;
  const values = centrePredictors({ intercept, predictors }).centred;
  const ranges = rangesOfColumns(values, k);
  const most = columns.map((j) => sizeOf(ranges, j));
  const first = intercept ? 1 : 0;
  const scaled: Float64Array[] = [];
  for (let i = 0; i < rows; i++) {
    const row = new Float64Array(first + columns.length);
    if (intercept) row[0] = 1;
    for (let c = 0; c < columns.length; c++) {
      if (most[c] > 0) row[first + c] = values[i * k + columns[c]] / most[c];
    }
    scaled.push(row);
  }
  return scaled;
}

/**
 * Throws if the rows with trials do not identify all coefficients; rows without trials carry no
 * information.
 */
function requireTold(
  rows: readonly Float64Array[],
  rises: readonly Rise[],
  names: readonly string[],
): void {
  if (!rises.includes('silent')) return;
  const basis: Float64Array[] = [];
  rows.forEach((row, i) => {
    if (rises[i] !== 'silent' && basis.length < names.length) extend(basis, row, ROUNDING);
  });
  if (basis.length === names.length) return;
  fail(
    `the rows that have trials do not tell ${names.join(', ')} apart: leave predictors out, or give them a prior, for example normal(0, 2.5)`,
  );
}

/**
 * The demands of the rows, plus one per bounded prior: the direction must point away from the
 * bound.
 */
function demandsOf(
  rows: readonly Float64Array[],
  rises: readonly Rise[],
  priors: readonly Prior[],
): Demands {
  const width = priors.length;
  const of = (wanted: Rise) => rows.filter((_, i) => rises[i] === wanted);
  const bounds = priors.flatMap((prior, j) => {
    const { lower, upper } = supportOf(prior);
    const sign = Number.isFinite(lower) ? 1 : Number.isFinite(upper) ? -1 : 0;
    if (sign === 0) return [];
    const bound = new Float64Array(width);
    bound[j] = sign;
    return [bound];
  });
  return {
    width,
    rising: [...of(1), ...of(-1).map((row) => row.map((value) => -value))],
    fixed: of('peak'),
    bounds,
  };
}
