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
import { auxiliaryOf, auxiliaryTraits, type Family } from '../../../models/families/family.js';
import { gapsOf, hasOrder, thresholdsOf } from '../../../models/families/thresholds.js';
import { POSITIVE, WHOLE_LINE } from '../../../models/parameter-priors.js';
import {
  type Prior,
  requirePrior,
  type Support,
  supportOf,
} from '../../../models/prior-distributions.js';
import type { LatentPriors, Latents, RegressionPriors } from '../../../models/regression-data.js';
import { WeighbridgeError } from '../../errors.js';
import type { SmoothDesign } from '../../formula/design.js';
import { priorRow } from './constructors.js';
import { defaultRows, hasCorrelations, hasGaps, type PriorModel } from './default-rows.js';
import { lineName, targetsOfColumns, targetsOfSds, targetsOfSmooth } from './linear-predictors.js';
import {
  isSmoothClass,
  type LkjPrior,
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
  const known = knownRows(model, family, given, slots);
  const inUse = new Map(
    slots.map((slot): [string, PriorInUse] => [keyOf(slot.target), resolve(slot, known, family)]),
  );
  // Gaps have no priors but the user's: brms' tables have no rows for them.
  const rows = [...inUse.values()].filter(
    (row) => row.class !== 'delta' || row.prior.distribution !== 'flat',
  );
  return { priors: priorsOf(model, family, inUse), rows };
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
    prior: row.prior.distribution === 'lkj' ? row.prior : bounded(target, row.prior, rows, family),
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
  if (prior.distribution === 'horseshoe' && (target.class !== 'b' || target.resp !== undefined)) {
    throw new WeighbridgeError(
      'bad-argument',
      `${targetText(target)}: horseshoe is for class b, expected another distribution`,
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

function boundsOf(prior: Prior | LkjPrior): { readonly lower?: number; readonly upper?: number } {
  return prior.distribution === 'lkj' ? {} : prior;
}

/** Natural bounds of the parameters of a class, for any prior. */
function naturalEnds(name: PriorClass, family: Family): Support {
  switch (name) {
    case 'sd':
    case 'sds':
    case 'sdgp':
    case 'lscale':
    case 'sdme':
      return POSITIVE;
    case 'delta':
      return hasOrder(family) ? POSITIVE : WHOLE_LINE;
    case 'b':
    case 'Intercept':
    case 'cor':
    case 'meanme':
    case 'corme':
      return WHOLE_LINE;
    default:
      return auxiliaryTraits[name];
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
    if (prior === undefined || prior.distribution === 'lkj') {
      throw new RangeError(`no prior of ${targetText(target)}`);
    }
    return prior;
  };
  const etaOf = (group: string): number => {
    const prior = inUse.get(keyOf({ class: 'cor', group }))?.prior;
    if (prior?.distribution !== 'lkj') throw new RangeError(`no prior of cor of ${group}`);
    return prior.eta;
  };
  const { thresholds, gaps } = thresholdPriors(family, of);
  const slopes = targetsOfColumns(model).map(of);
  const smooths = (model.smooths ?? []).map((smooth) => priorsOfSmooth(smooth, of));
  requireAllOrNone(slopes, model.predictors.names);
  return {
    intercept: intercept && thresholds.length === 0 ? of({ class: 'Intercept' }) : null,
    coefficients: [...slopes, ...smooths.flatMap(({ own }) => own)],
    ...(smooths.length > 0 && { terms: smooths.map(({ further }) => further) }),
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

/** The priors of a smooth term, those of its standardized coefficients among them. */
function priorsOfSmooth(smooth: SmoothDesign, of: (target: PriorTarget) => Prior) {
  const { line, further } = targetsOfSmooth(smooth);
  const own = line === null ? [] : [of(line)];
  if (own.some(({ distribution }) => distribution === 'horseshoe' || distribution === 'constant')) {
    throw new WeighbridgeError(
      'bad-argument',
      `the slope ${lineName(smooth)} of ${smooth.label} has the prior ${priorText(own[0])}, expected another: flat() or normal(0, 1), for example, with coef ${lineName(smooth)}`,
    );
  }
  const standard = Array.from({ length: smooth.columns - own.length }, () => STANDARD_NORMAL);
  return { own: [...own, ...standard], further: further.map(of) };
}

/** @throws WeighbridgeError `bad-argument` if some slopes have a horseshoe prior, and others do not */
function requireAllOrNone(slopes: readonly Prior[], names: readonly string[]): void {
  const other = slopes.findIndex(({ distribution }) => distribution !== 'horseshoe');
  if (other < 0 || slopes.every(({ distribution }) => distribution !== 'horseshoe')) return;
  throw new WeighbridgeError(
    'bad-argument',
    `the slope ${names[other]} has the prior ${priorText(slopes[other])}, but a horseshoe is of all slopes: expected one prior of class b`,
  );
}

/** Priors of thresholds and gaps; of equidistant thresholds the first has a prior, and the gap. */
function thresholdPriors(
  family: Family,
  of: (target: PriorTarget) => Prior,
): { readonly thresholds: readonly Prior[]; readonly gaps: readonly Prior[] } {
  const count = thresholdsOf(family);
  const gaps = hasGaps(family) ? gapsOf(family) : 0;
  if (family.threshold === 'equidistant') {
    const flat: Prior = { distribution: 'flat' };
    const first = thresholdPrior(1, of({ class: 'Intercept' }));
    return {
      thresholds: Array.from({ length: count }, (_, k) => (k === 0 ? first : flat)),
      gaps: gaps === 0 ? [] : [of({ class: 'delta' })],
    };
  }
  return {
    thresholds: Array.from({ length: count }, (_, k) =>
      thresholdPrior(k + 1, of({ class: 'Intercept', coef: String(k + 1) })),
    ),
    gaps: Array.from({ length: gaps }, (_, j) => of({ class: 'delta', coef: String(j + 1) })),
  };
}

/** @throws WeighbridgeError `bad-argument` for a bounded prior: thresholds are bounded by each other */
function thresholdPrior(place: number, prior: Prior): Prior {
  const { lower, upper } = supportOf(prior);
  if (!Number.isFinite(lower) && !Number.isFinite(upper)) return prior;
  throw new WeighbridgeError(
    'bad-argument',
    `the prior ${priorText(prior)} of the threshold Intercept[${place}] has bounds, expected one on the whole line, for example normal(0, 2.5)`,
  );
}
