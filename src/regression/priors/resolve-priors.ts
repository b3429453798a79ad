/**
 * Resolves the user's priors to one prior per parameter, by brms' rules. A row for a coefficient
 * takes precedence over one for its group, then one for its class, then the default. Bounds are
 * inherited separately, in the same order. A prior that matches no parameter of the model is an
 * error; the message lists the valid targets.
 *
 * If a parameter has natural bounds (0 for sd, sigma and shape, 1 for nu), its prior is truncated
 * there. The prior of class Intercept is for the intercept at the means of the
 * predictors.
 */

import { STANDARD_NORMAL } from '../../../models/coefficient-blocks/block.js';
import { sharePriors } from '../../../models/coefficient-blocks/simplex.js';
import type { SpecialTerm } from '../../../models/coefficient-blocks.js';
import { auxiliaryOf, auxiliaryTraits, type Family } from '../../../models/families/family.js';
import {
  gapsOf,
  hasOrder,
  thresholdNames,
  thresholdSpans,
} from '../../../models/families/thresholds.js';
import { POSITIVE, WHOLE_LINE } from '../../../models/parameter-priors.js';
import {
  type HorseshoePrior,
  isJoint,
  type Prior,
  type R2D2Prior,
  requirePrior,
  type Support,
  supportOf,
} from '../../../models/prior-distributions.js';
import type { LatentPriors, Latents, RegressionPriors } from '../../../models/regression-data.js';
import { WeighbridgeError } from '../../errors.js';
import { priorRow } from './constructors.js';
import { defaultRows, hasCorrelations, hasGaps, type PriorModel } from './default-rows.js';
import {
  isSmooth,
  lineName,
  type SmoothTerm,
  targetOfShares,
  targetOfTerm,
  targetsOfColumns,
  targetsOfSds,
  targetsOfSmooth,
  targetsOfThresholds,
} from './linear-predictors.js';
import {
  type DirichletPrior,
  isMatrixPrior,
  isSmoothClass,
  type MatrixPrior,
  type PriorClass,
  type PriorInUse,
  type PriorRow,
  type PriorTarget,
} from './prior-rows.js';
import { formatPrior, priorText, targetText } from './prior-text.js';
import { keyOf, requireSlot, type Slot, slotsOf } from './slots.js';

interface ResolvedPriors {
  readonly priors: RegressionPriors;
  /** One per class, coefficient and group, sorted by class, group and coefficient as in brms. */
  readonly rows: readonly PriorInUse[];
}

/**
 * Resolves the prior of every parameter.
 *
 * @param given in any order
 * @throws WeighbridgeError `bad-argument` for a row that is not a prior, matches no parameter of
 *   the model, is a duplicate, or has bounds that exclude every value of its parameter
 */
export function resolvePriors(
  model: PriorModel,
  family: Family,
  given: readonly PriorRow[] = [],
): ResolvedPriors {
  const slots = slotsOf(model, family);
  const scales = given.filter((row) => row.class === 'scale').map(scaleRow);
  const ofParameters = given.filter((row) => row.class !== 'scale');
  const known = knownRows(model, family, ofParameters, slots);
  const inUse = new Map(
    slots.map((slot): [string, PriorInUse] => [keyOf(slot.target), resolve(slot, known, family)]),
  );
  // Gaps have no priors but the user's: brms' tables have no rows for them.
  const rows = [...inUse.values()].filter(
    (row) => row.class !== 'delta' || row.prior.distribution !== 'flat',
  );
  const priors = priorsOf(model, family, inUse);
  requireScales(priors.coefficients, scales);
  return {
    priors: {
      ...priors,
      ...(scales.length > 0 && {
        scales: scales.map(({ coef, prior }) => ({ name: coef, prior })),
      }),
    },
    rows: [...rows, ...scales],
  };
}

type ScaleRow = PriorInUse & { readonly coef: string; readonly prior: Prior };

/** The prior of a scale that other priors name. @throws WeighbridgeError `bad-argument` */
function scaleRow({ prior, coef, tag }: PriorRow): ScaleRow {
  const found = isMatrixPrior(prior) || isJoint(prior) || prior.distribution === 'constant';
  if (coef === undefined || found) {
    throw new WeighbridgeError(
      'bad-argument',
      `the prior ${priorText(prior)} of class scale: expected a distribution and the name of a scale that another prior has, for example exponential(1) class=scale coef=tau`,
    );
  }
  const lower = Math.max(0, prior.lower ?? 0);
  const own = { ...prior, lower };
  requirePrior(own, coef);
  return {
    ...{ class: 'scale', coef, prior: own, text: priorText(prior), source: 'user' },
    ...(tag !== undefined && { tag }),
  };
}

/** @throws WeighbridgeError `bad-argument` for a scale without a prior, with two, or that no prior names */
function requireScales(coefficients: readonly Prior[], scales: readonly ScaleRow[]): void {
  const named = coefficients.flatMap((prior) =>
    prior.distribution === 'shared_scale' ? [prior] : [],
  );
  for (const prior of named) {
    if (scales.some(({ coef }) => coef === prior.scale)) continue;
    throw new WeighbridgeError(
      'bad-argument',
      `the prior ${priorText(prior)} names the scale ${prior.scale}, which has no prior: add one, for example exponential(1) class=scale coef=${prior.scale}`,
    );
  }
  scales.forEach(({ coef, text }, place) => {
    if (scales.findIndex((other) => other.coef === coef) < place) {
      throw new WeighbridgeError(
        'bad-argument',
        `there are two priors of the scale ${coef}, expected one`,
      );
    }
    if (named.some(({ scale }) => scale === coef)) return;
    throw new WeighbridgeError(
      'bad-argument',
      `the prior ${text} is of the scale ${coef}, which no prior of class b names: expected one such as normal(0, ${coef}) class=b`,
    );
  });
}

type KnownRow = PriorRow & { readonly source: 'default' | 'user' };

/** Rows keyed by target; the user's rows replace defaults. */
function knownRows(
  model: PriorModel,
  family: Family,
  given: readonly PriorRow[],
  slots: readonly Slot[],
): ReadonlyMap<string, KnownRow> {
  const known = new Map<string, KnownRow>();
  for (const row of defaultRows(model, family))
    known.set(keyOf(row), { ...row, source: 'default' });
  for (const unchecked of given) {
    const row = requireSlot(priorRow(unchecked.prior, unchecked.class, unchecked), slots, family);
    if (known.get(keyOf(row))?.source === 'user') {
      throw new WeighbridgeError(
        'bad-argument',
        `prior ${formatPrior(row)}: there is another one for ${targetText(row)}, expected one`,
      );
    }
    known.set(keyOf(row), { ...row, source: 'user' });
  }
  // The user's prior of all length-scales is of more weight than the default of each.
  for (const [key, row] of known) {
    if (row.class !== 'lscale' || row.source === 'user') continue;
    if (known.get(keyOf(wholeClass(row)))?.source === 'user') known.delete(key);
  }
  return known;
}

/** The target of all coefficients of the class in the linear predictor. */
function wholeClass({ class: name, dpar }: PriorTarget): PriorTarget {
  return { class: name, ...(dpar !== undefined && { dpar }) };
}

function resolve(
  { target, chain }: Slot,
  known: ReadonlyMap<string, KnownRow>,
  family: Family,
): PriorInUse {
  const rows = chain.map((at) => known.get(keyOf(at))).filter((row) => row !== undefined);
  // Not empty: the last target of a chain is a whole class, which has a default.
  const [row] = rows;
  const own = keyOf(row) === keyOf(target);
  return {
    ...target,
    prior: isMatrixPrior(row.prior) ? row.prior : bounded(target, row.prior, rows, family),
    text: priorText(row.prior),
    source: own ? row.source : '(vectorized)',
    ...(row.tag !== undefined && { tag: row.tag }),
  };
}

/** The prior with its own or inherited bounds, truncated at the parameter's natural bound. */
function bounded(
  target: PriorTarget,
  prior: Prior,
  chain: readonly PriorRow[],
  family: Family,
): Prior {
  const inherited = (end: 'lower' | 'upper') =>
    chain.map((row) => boundsOf(row.prior)[end]).find((bound) => bound !== undefined);
  const natural = naturalEnds(target.class, family);
  if (prior.distribution === 'constant') requireHeld(target, prior.value);
  if (isJoint(prior) && (target.class !== 'b' || target.resp !== undefined)) {
    const what = prior.distribution === 'shared_scale' ? priorText(prior) : prior.distribution;
    throw new WeighbridgeError(
      'bad-argument',
      `${targetText(target)}: ${what} is for class b, expected another distribution`,
    );
  }
  const lower = Math.max(inherited('lower') ?? Number.NEGATIVE_INFINITY, natural.lower);
  const upper = Math.min(inherited('upper') ?? Number.POSITIVE_INFINITY, natural.upper);
  const { lower: _lower, upper: _upper, ...distribution } = prior;
  // JSON cannot represent infinite bounds.
  const result: Prior = {
    ...distribution,
    ...(lower > Number.NEGATIVE_INFINITY ? { lower } : {}),
    ...(upper < Number.POSITIVE_INFINITY ? { upper } : {}),
  };
  try {
    requirePrior(result);
  } catch (error) {
    if (!(error instanceof WeighbridgeError)) throw error;
    throw new WeighbridgeError(error.code, `${targetText(target)}: ${error.message}`);
  }
  return result;
}

/** @throws WeighbridgeError `bad-argument` for a class of parameters that cannot be constant */
function requireHeld(target: PriorTarget, value: number): void {
  const isScale = ['sd', 'delta', 'meanme', 'sdme'].includes(target.class);
  const isHeld = !isScale && !isSmoothClass(target.class);
  if (isHeld && target.resp === undefined) return;
  throw new WeighbridgeError(
    'bad-argument',
    `${targetText(target)}: constant(${value}) is for the classes b, Intercept and those of the family, expected a distribution`,
  );
}

function boundsOf(prior: Prior | MatrixPrior): {
  readonly lower?: number;
  readonly upper?: number;
} {
  return isMatrixPrior(prior) ? {} : prior;
}

/** Natural bounds of the parameters of a class, for any prior. */
function naturalEnds(name: PriorClass, family: Family): Support {
  switch (name) {
    case 'sd':
    case 'sdme':
    case 'sds':
    case 'sdgp':
    case 'lscale':
      return POSITIVE;
    case 'delta':
      return hasOrder(family) ? POSITIVE : WHOLE_LINE;
    case 'b':
    case 'Intercept':
    case 'cor':
    case 'simo':
    case 'meanme':
    case 'corme':
      return WHOLE_LINE;
    case 'scale':
      return POSITIVE;
    default:
      return auxiliaryTraits(family, name);
  }
}

/** Arranges the priors in the layout of the specification. */
function priorsOf(
  model: PriorModel,
  family: Family,
  inUse: ReadonlyMap<string, PriorInUse>,
): RegressionPriors {
  const { intercept, groups, hasKnownScale = false } = model;
  const of = (target: PriorTarget): Prior => {
    const prior = inUse.get(keyOf(target))?.prior;
    if (prior === undefined || isMatrixPrior(prior)) {
      throw new RangeError(`no prior of ${targetText(target)}`);
    }
    return prior;
  };
  const etaOf = (group: string): number => {
    const prior = inUse.get(keyOf({ class: 'cor', group }))?.prior;
    if (prior?.distribution !== 'lkj') throw new RangeError(`no prior of cor of ${group}`);
    return prior.eta;
  };
  const sharesOf = (term: SpecialTerm): readonly number[] => {
    const prior = inUse.get(keyOf(targetOfShares(term)))?.prior;
    if (prior?.distribution !== 'dirichlet') throw new RangeError(`no prior of ${term.name}`);
    return concentrationOf(term, prior);
  };
  const { terms = [] } = model;
  const { thresholds, gaps } = thresholdPriors(family, of);
  const targets = targetsOfColumns(model);
  const slopes = targets.map(of);
  requireAllOrNone(targets, slopes);
  return {
    intercept: intercept && thresholds.length === 0 ? of({ class: 'Intercept' }) : null,
    coefficients: [
      ...slopes,
      ...terms.flatMap((term) =>
        isSmooth(term)
          ? coefficientPriors(term, of)
          : [sizePrior(term, of(targetOfTerm(term))), ...sharePriors(sharesOf(term))],
      ),
    ],
    ...(terms.some(isSmooth) && {
      terms: terms.map((term) => (isSmooth(term) ? targetsOfSmooth(term).further.map(of) : [])),
    }),
    sds: groups.map((term) => targetsOfSds(term).map(of)),
    correlations: groups.map((term) => (hasCorrelations(term) ? etaOf(term.group) : null)),
    auxiliary: auxiliaryOf(family).map((name) =>
      name === 'sigma' && hasKnownScale
        ? { distribution: 'constant', value: 0, lower: 0 }
        : of({ class: name }),
    ),
    ...(thresholds.length > 0 && { thresholds }),
    ...(gaps.some(({ distribution }) => distribution !== 'flat') && { gaps }),
    ...(model.latents && { latents: latentPriors(model.latents, inUse, of) }),
  };
}

function latentPriors(
  latents: Latents,
  inUse: ReadonlyMap<string, PriorInUse>,
  of: (target: PriorTarget) => Prior,
): LatentPriors {
  const correlation = inUse.get(keyOf({ class: 'corme' }))?.prior;
  return {
    variables: latents.variables.map(({ kind, name, intercept, predictors }) =>
      kind === 'noisy'
        ? {
            intercept: of({ class: 'meanme', coef: name }),
            coefficients: [],
            sd: of({ class: 'sdme', coef: name }),
          }
        : {
            intercept: intercept ? of({ class: 'Intercept', resp: name }) : null,
            coefficients: predictors.names.map((coef) => of({ class: 'b', coef, resp: name })),
            sd: of({ class: 'sigma', resp: name }),
          },
    ),
    correlation: correlation?.distribution === 'lkj' ? correlation.eta : null,
  };
}

/** @throws WeighbridgeError `bad-argument` for a prior of the wrong length */
function concentrationOf(
  { columns, name }: SpecialTerm,
  { concentration }: DirichletPrior,
): readonly number[] {
  if (concentration.length === columns) return concentration;
  if (concentration.length === 1) return new Array<number>(columns).fill(concentration[0]);
  throw new WeighbridgeError(
    'bad-argument',
    `the prior dirichlet of ${name}1 has ${concentration.length} numbers, but the effect has ${columns} steps: expected ${columns} numbers, or one for all`,
  );
}

/** The priors of the coefficients of a smooth term: those with a penalty are standard normal, in units of its scale. */
function coefficientPriors(term: SmoothTerm, of: (target: PriorTarget) => Prior): Prior[] {
  const { line } = targetsOfSmooth(term);
  const own = line === null ? [] : [sizePrior(term, of(line))];
  return [...own, ...Array.from({ length: term.columns - own.length }, () => STANDARD_NORMAL)];
}

/** @throws WeighbridgeError `bad-argument` for a prior that is of several slopes, or a constant */
function sizePrior(term: SpecialTerm, prior: Prior): Prior {
  if (!isJoint(prior) && prior.distribution !== 'constant') return prior;
  const { coef } = isSmooth(term) ? { coef: lineName(term) } : targetOfTerm(term);
  throw new WeighbridgeError(
    'bad-argument',
    `the prior ${priorText(prior)} is not supported for the term ${term.name}: give it one of its own, for example normal(0, 1) class=b coef=${coef}`,
  );
}

/** @throws WeighbridgeError `bad-argument` if some slopes of a linear predictor have a prior of all slopes, and others do not */
function requireAllOrNone(targets: readonly PriorTarget[], priors: readonly Prior[]): void {
  const isSlope = ({ class: name }: PriorTarget, dpar: string | undefined, j: number) =>
    name === 'b' && targets[j].dpar === dpar;
  for (const dpar of new Set(targets.map((target) => target.dpar))) {
    const own = targets.flatMap((target, j) => (isSlope(target, dpar, j) ? [j] : []));
    const whole = own.map((j) => priors[j]).find(isOfAllSlopes);
    if (whole?.distribution === 'R2D2') requireShares(whole.consD2, own.length);
    const other = own.find((j) => priors[j].distribution !== whole?.distribution);
    if (other === undefined || whole === undefined) continue;
    const article = whole.distribution === 'horseshoe' ? 'a' : 'an';
    throw new WeighbridgeError(
      'bad-argument',
      `the slope ${targets[other].coef} has the prior ${priorText(priors[other])}, but ${article} ${whole.distribution} is of all slopes: expected one prior of class b`,
    );
  }
}

function isOfAllSlopes(prior: Prior): prior is HorseshoePrior | R2D2Prior {
  return prior.distribution === 'horseshoe' || prior.distribution === 'R2D2';
}

/** @throws WeighbridgeError `bad-argument` for a concentration of the wrong length */
function requireShares(concentration: readonly number[], slopes: number): void {
  if (concentration.length === 1 || concentration.length === slopes) return;
  throw new WeighbridgeError(
    'bad-argument',
    `the prior R2D2 has a cons_D2 of ${concentration.length} numbers, but there are ${slopes} slopes: expected ${slopes} numbers, or one for all`,
  );
}

/** Priors of thresholds and gaps; of equidistant thresholds the first has a prior, and the gap. */
function thresholdPriors(
  family: Family,
  of: (target: PriorTarget) => Prior,
): { readonly thresholds: readonly Prior[]; readonly gaps: readonly Prior[] } {
  const names = thresholdNames(family);
  const gaps = hasGaps(family) ? gapsOf(family) : 0;
  const isAlone = family.threshold === 'equidistant';
  const firsts = thresholdSpans(family).map(({ first }) => first);
  const thresholds = targetsOfThresholds(family).map((target, k): Prior => {
    if (isAlone && !firsts.includes(k)) return { distribution: 'flat' };
    return thresholdPrior(names[k], of(target));
  });
  if (isAlone) return { thresholds, gaps: gaps === 0 ? [] : [of({ class: 'delta' })] };
  return {
    thresholds,
    gaps: Array.from({ length: gaps }, (_, j) => of({ class: 'delta', coef: String(j + 1) })),
  };
}

/** @throws WeighbridgeError `bad-argument` for a bounded prior: thresholds are bounded by each other */
function thresholdPrior(name: string, prior: Prior): Prior {
  const { lower, upper } = supportOf(prior);
  if (!Number.isFinite(lower) && !Number.isFinite(upper)) return prior;
  throw new WeighbridgeError(
    'bad-argument',
    `the prior ${priorText(prior)} of the threshold ${name} has bounds, expected one on the whole line, for example normal(0, 2.5)`,
  );
}
