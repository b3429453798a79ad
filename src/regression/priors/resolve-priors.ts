/**
 * From the priors that a user gives to the prior of each parameter, by brms' rules: a row for one
 * coefficient outweighs one for its group, that one for its class, and that the default. Bounds
 * are inherited by themselves: a coefficient has those of its own row, or of its group's, or of
 * its class's. What no parameter of the model takes is an error that lists what there is.
 *
 * Where a parameter has an end of its own (0 of sd, sigma and shape, 1 of nu), its prior is cut
 * off there. The prior of class Intercept is for the intercept at the means of the predictors.
 */
import { auxiliaryLowerBound, auxiliaryOf, type Family } from '../../../models/families/family.js';
import { type Prior, validatePrior } from '../../../models/prior-distributions.js';
import type { RegressionPriors } from '../../../models/regression-data.js';
import { WeighbridgeError } from '../../errors.js';
import { priorRow } from './constructors.js';
import { defaultRows, hasCorrelations, type PriorModel } from './default-rows.js';
import type { LkjPrior, PriorClass, PriorInUse, PriorRow, PriorTarget } from './prior-rows.js';
import { formatPrior, priorText, targetText } from './prior-text.js';
import { keyOf, requireSlot, type Slot, slotsOf } from './slots.js';

export interface ResolvedPriors {
  readonly priors: RegressionPriors;
  /** One a class, coefficient and group, sorted by class, group and coefficient as brms' are. */
  readonly rows: readonly PriorInUse[];
}

/**
 * The prior of every parameter.
 *
 * @param given in any order
 * @throws WeighbridgeError `bad-argument` for a row that is no prior, that no parameter of the
 *   model takes, that stands twice, or that leaves its parameter no room
 */
export function resolvePriors(
  model: PriorModel,
  family: Family,
  given: readonly PriorRow[] = [],
): ResolvedPriors {
  const slots = slotsOf(model, family);
  const known = knownRows(model, family, given, slots);
  const inUse = new Map(
    slots.map((slot): [string, PriorInUse] => [keyOf(slot.target), resolve(slot, known)]),
  );
  return { priors: priorsOf(model, family, inUse), rows: [...inUse.values()] };
}

type KnownRow = PriorRow & { readonly source: 'default' | 'user' };

/** Rows by target, those of the user in place of defaults. */
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
  return known;
}

function resolve({ target, chain }: Slot, known: ReadonlyMap<string, KnownRow>): PriorInUse {
  const rows = chain.map((at) => known.get(keyOf(at))).filter((row) => row !== undefined);
  // The last of a chain is a class, which has a default.
  const [row] = rows;
  const own = keyOf(row) === keyOf(target);
  return {
    ...target,
    prior: row.prior.distribution === 'lkj' ? row.prior : bounded(target, row.prior, rows),
    text: priorText(row.prior),
    source: own ? row.source : '(vectorized)',
  };
}

/** The prior with the bounds that it has or inherits, cut off at the parameter's own end. */
function bounded(target: PriorTarget, prior: Prior, chain: readonly PriorRow[]): Prior {
  const inherited = (end: 'lower' | 'upper') =>
    chain.map((row) => boundsOf(row.prior)[end]).find((bound) => bound !== undefined);
  const natural = lowerEndOf(target.class);
  const lower = Math.max(inherited('lower') ?? Number.NEGATIVE_INFINITY, natural);
  const upper = inherited('upper') ?? Number.POSITIVE_INFINITY;
  const { lower: _lower, upper: _upper, ...distribution } = prior;
  // Infinite bounds would not survive JSON.
  const result: Prior = {
    ...distribution,
    ...(lower > Number.NEGATIVE_INFINITY ? { lower } : {}),
    ...(upper < Number.POSITIVE_INFINITY ? { upper } : {}),
  };
  try {
    validatePrior(result);
  } catch (error) {
    if (!(error instanceof WeighbridgeError)) throw error;
    throw new WeighbridgeError(error.code, `${targetText(target)}: ${error.message}`);
  }
  return result;
}

function boundsOf(prior: Prior | LkjPrior): { readonly lower?: number; readonly upper?: number } {
  return prior.distribution === 'lkj' ? {} : prior;
}

/** Where parameters of a class end below, whatever their prior. */
function lowerEndOf(name: PriorClass): number {
  switch (name) {
    case 'sd':
      return 0;
    case 'sigma':
    case 'nu':
    case 'shape':
      return auxiliaryLowerBound[name];
    default:
      return Number.NEGATIVE_INFINITY;
  }
}

/** Each parameter's prior, at its place in the specification. */
function priorsOf(
  { intercept, predictors, groups }: PriorModel,
  family: Family,
  inUse: ReadonlyMap<string, PriorInUse>,
): RegressionPriors {
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
  return {
    intercept: intercept ? of({ class: 'Intercept' }) : null,
    coefficients: predictors.names.map((coef) => of({ class: 'b', coef })),
    sds: groups.map(({ group, coefficients }) =>
      coefficients.map((coef) => of({ class: 'sd', coef, group })),
    ),
    correlations: groups.map((term) => (hasCorrelations(term) ? etaOf(term.group) : null)),
    auxiliary: auxiliaryOf(family).map((name) => of({ class: name })),
  };
}
