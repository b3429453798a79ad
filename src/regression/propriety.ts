/**
 * Is there a posterior to be sampled at all? A flat prior leaves it to the data to hold a parameter,
 * and some data do not: columns that depend on one another, outcomes that a predictor separates
 * perfectly; and σ is held by nothing where a line goes through all points. A sampler sent there
 * wanders for ever; these checks say so first, and name what to do.
 *
 * What is checked here is the data's part: the intercept's own prior, Student-t by default, may keep
 * a separated slope from infinity, but no estimate is worth much that nothing else holds.
 */
import {
  type AuxiliaryName,
  auxiliaryOf,
  type Family,
  type FamilyName,
} from '../../models/families/family.js';
import { centrePredictors } from '../../models/predictors.js';
import { isProper, type Prior, supportOf } from '../../models/prior-distributions.js';
import type { RegressionSpecification } from '../../models/regression-data.js';
import { WeighbridgeError } from '../errors.js';
import type { DataFacts } from '../formula/design.js';
import { coefficientName, listed } from '../formula/names.js';
import { extend } from '../linear-algebra/orthonormal.js';
import { exactFit } from './exact-fit.js';
import { lostSpread } from './range.js';
import { type Demands, separatingDirection } from './separation.js';

/** Throws `improper-posterior` for a posterior that has no finite mass. */
export function requireProper(specification: RegressionSpecification, facts: DataFacts): void {
  requireSpread(specification);
  requireHeldColumns(specification, facts);
  requireHeldScales(specification);
  requireScatter(specification);
  requireOverlap(specification);
}

function fail(message: string): never {
  throw new WeighbridgeError('improper-posterior', message);
}

/**
 * A column so far from zero that its values differ by rounding alone has no slope.
 *
 * @throws WeighbridgeError `improper-posterior`
 */
export function requireSpread({ data, priors }: RegressionSpecification): void {
  const { names, values } = data.predictors;
  if (!data.intercept) return;
  names.forEach((name, j) => {
    if (isProper(priors.coefficients[j])) return;
    const lost = lostSpread(`column ${name}`, values, j, names.length);
    if (lost?.wholly) fail(lost.told);
  });
}

/** A column that adds nothing to those before it has a slope that only its prior can hold. */
function requireHeldColumns(
  { data, priors }: RegressionSpecification,
  { constantColumns, dependentColumns }: DataFacts,
): void {
  const flat = (column: string) =>
    !isProper(priors.coefficients[data.predictors.names.indexOf(coefficientName(column))]);
  for (const name of constantColumns) {
    if (data.intercept && flat(name)) {
      fail(
        `column ${name} is constant, so that it cannot be told from the intercept: leave it out, or give it a prior, normal(0, 1) say`,
      );
    }
  }
  for (const { column: name, of } of dependentColumns) {
    // One proper prior among them is enough to hold all.
    const others = of.filter((other) => other !== '(Intercept)');
    if (!flat(name) || !others.every(flat)) continue;
    fail(
      others.length === 0
        ? `column ${name} says nothing: leave it out, or give it a prior, normal(0, 1) say`
        : `column ${name} is a combination of ${others.join(', ')}: their slopes cannot be told apart; leave one out, or give them a prior, normal(0, 1) say`,
    );
  }
}

/** What flat priors of other parameters than slopes need of the data. */
function requireHeldScales(specification: RegressionSpecification): void {
  const { family, data, priors } = specification;
  auxiliaryOf(family).forEach((name, i) => {
    if (!isProper(priors.auxiliary[i])) requireHeldAuxiliary(name, specification);
  });
  data.groups.forEach(({ group, levels }, term) => {
    // Gelman (2006), Bayesian Analysis 1, §2.2.
    if (levels.length > 2 || priors.sds[term].every(isProper)) return;
    fail(
      `sd of ${group} has a flat prior and ${levels.length === 1 ? 'one level' : 'two levels'}, but three are needed to hold it: give it a prior, exponential(1) say`,
    );
  });
}

function requireHeldAuxiliary(
  name: AuxiliaryName,
  { data, priors }: RegressionSpecification,
): void {
  if (name !== 'sigma') {
    fail(
      `${name} has a flat prior, but no data hold it: its likelihood does not fall as it grows; give it a prior, gamma(2, 0.1) say`,
    );
  }
  // Large σ: σ^−(n − number of flat coefficients), to be integrated.
  const flat = [...priors.coefficients, ...(priors.intercept ? [priors.intercept] : [])];
  const free = flat.filter((prior) => !isProper(prior)).length;
  if (data.rows - free >= 2) return;
  fail(
    `sigma has a flat prior, but ${data.rows} rows for ${free} coefficients with flat priors do not hold it: give it a prior, exponential(1) say`,
  );
}

/**
 * σ of a likelihood that does without it needs a prior that keeps it from zero.
 *
 * @throws WeighbridgeError `improper-posterior`
 */
export function requireScatter(specification: RegressionSpecification): void {
  const { family, data, priors } = specification;
  const scale = auxiliaryOf(family).indexOf('sigma');
  if (scale < 0) return;
  const bounded = [...priors.coefficients, ...(priors.intercept ? [priors.intercept] : [])].some(
    (prior) => prior.lower !== undefined || prior.upper !== undefined,
  );
  // Where the exact line lies outside the bounds there is scatter after all.
  if (bounded) return;
  const rows = Int32Array.from({ length: data.rows }, (_, i) => i);
  for (const group of [null, ...new Set(data.groups.map((term) => term.group))]) {
    const exact = exactFit(specification, rows, group);
    if (exact && !keepsFromZero(priors.auxiliary[scale], data.rows - exact.rank)) {
      const lost = lostSpread('the outcome', data.outcomes);
      if (lost) fail(lost.told);
      fail(
        `${explanation(data.outcomes, group)}, so that sigma is zero and there is nothing left to be estimated: give sigma a prior that keeps it from zero, lognormal(0, 1) say, if that is meant`,
      );
    }
  }
  if (family.family === 'student') requireFewTies(specification, priors.auxiliary);
}

function explanation(outcomes: Float64Array, group: string | null): string {
  if (outcomes.every((value) => value === outcomes[0])) return `all outcomes are ${outcomes[0]}`;
  if (group === null) return 'the predictors explain the outcome exactly';
  return `the predictors and the effects of ${group} explain the outcome exactly`;
}

/** Whether a prior falls to zero faster than the likelihood, σ^−power, rises. */
function keepsFromZero(prior: Prior, power: number): boolean {
  if (power < 1 || supportOf(prior).lower > 0) return true;
  switch (prior.distribution) {
    case 'lognormal':
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
 * Student-t errors make outliers of all rows but those that are equal, where these are enough:
 * m of n rows on a plane of rank r give σ^(r − m + ν (n − m)) near zero (Fernández & Steel 1999,
 * Biometrika 86, theorem 2).
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
    `${ties} of ${outcomes.length} outcomes are ${most}: Student-t errors take the others for outliers and sigma goes to zero; give sigma a prior that keeps it from zero, lognormal(0, 1) say, or choose another family`,
  );
}

/** A sign for a row whose likelihood rises for ever with, or against, its linear predictor. */
type Rise = 1 | -1 | 'peak' | 'silent';

const ofProbabilities = new Set<FamilyName>(['bernoulli', 'binomial']);

/** Null for families and links whose likelihood has a peak whatever the rows. */
function risesOf({ family, link }: Family): ((outcome: number, trials: number) => Rise) | null {
  if (ofProbabilities.has(family)) {
    return (outcome, trials) => {
      if (trials === 0) return 'silent';
      if (outcome === 0) return -1;
      // A log probability ends at zero.
      return outcome === trials && link !== 'log' ? 1 : 'peak';
    };
  }
  const counts = family === 'poisson' || family === 'negbinomial';
  return counts && link === 'log' ? (outcome) => (outcome === 0 ? -1 : 'peak') : null;
}

/** Flat priors need outcomes that no combination of predictors separates. */
function requireOverlap({ family, data, priors }: RegressionSpecification): void {
  const rise = risesOf(family);
  const flat = priors.coefficients.flatMap((prior, j) => (isProper(prior) ? [] : [j]));
  const flatIntercept = priors.intercept !== null && !isProper(priors.intercept);
  if (rise === null || (flat.length === 0 && !flatIntercept)) return;
  const rises = Array.from(data.outcomes, (outcome, i) =>
    rise(outcome, data.trials ? data.trials[i] : 1),
  );
  const { names } = data.predictors;
  const wanted = flat.map((j) => names[j]);
  const remedy = 'give them a prior, normal(0, 2.5) on scaled predictors say';
  const told = rises.filter((one) => one !== 'silent');
  if (told.length > 0 && told.every((one) => one === told[0]) && told[0] !== 'peak') {
    fail(
      `all outcomes are ${told[0] === 1 && data.trials ? 'as many as the trials' : data.outcomes[0]}, so that coefficients with flat priors have no bound: ${remedy}`,
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
  const guilty = wanted.filter((_, k) => Math.abs(direction[first + k]) > PART);
  fail(
    `${listed(guilty)} ${guilty.length === 1 ? 'separates' : 'together separate'} the outcomes perfectly, so that with flat priors the slopes have no bound: ${remedy}`,
  );
}

/** Of the direction's length: what a predictor that takes part in it has at least. */
const PART = 1e-6;
/** Of a row's length, below which nothing is left of it. */
const ROUNDING = 1e-9;

/** The intercept's one where there is one and the columns, centred then, each scaled to 1 at most. */
function scaledRows(
  { rows, intercept, predictors }: RegressionSpecification['data'],
  columns: readonly number[],
): Float64Array[] {
  const k = predictors.names.length;
  const values = intercept ? centrePredictors(predictors).centred : predictors.values;
  const most = new Float64Array(k);
  values.forEach((value, at) => {
    most[at % k] = Math.max(most[at % k], Math.abs(value));
  });
  return Array.from({ length: rows }, (_, i) =>
    Float64Array.from([
      ...(intercept ? [1] : []),
      ...columns.map((j) => (most[j] > 0 ? values[i * k + j] / most[j] : 0)),
    ]),
  );
}

/** Rows without trials tell nothing; the others have to tell of every coefficient. */
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
    `the rows that have trials do not tell ${names.join(', ')} apart: leave predictors out, or give them a prior, normal(0, 2.5) say`,
  );
}

/** A flat prior with an end asks of a direction that it points away from it. */
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
