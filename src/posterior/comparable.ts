/** What models are compared and averaged by: a criterion of each, by the same observations. */
import { badArgument, isRecord } from '../checks/values.js';
import type { Kfold } from './kfold.js';
import type { Estimate } from './log-likelihood.js';
import type { Loo } from './loo.js';
import type { Waic } from './waic.js';

/**
 * A model's criterion, optionally with its outcomes, which reveal a comparison of different data.
 */
export type Comparable = (Loo | Waic | Kfold) & { readonly outcomes?: ArrayLike<number> };

/** A model's name and its criterion. */
export type NamedCriterion = readonly [name: string, criterion: Comparable];

/** Comparable numbers of a criterion, whichever it is. */
interface Elpd {
  /** Expected log pointwise predictive density. */
  readonly elpd: Estimate;
  /** Effective number of parameters. */
  readonly p: Estimate;
  /** −2 elpd. */
  readonly ic: Estimate;
  /** elpd of each observation. */
  readonly pointwise: Float64Array;
}

export function elpdOf(criterion: Comparable): Elpd {
  if (criterion.criterion === 'loo') {
    const { elpdLoo: elpd, pLoo: p, looic: ic, pointwise } = criterion;
    return { elpd, p, ic, pointwise: pointwise.elpdLoo };
  }
  if (criterion.criterion === 'kfold') {
    const { elpdKfold: elpd, pKfold: p, kfoldic: ic, pointwise } = criterion;
    return { elpd, p, ic, pointwise: pointwise.elpdKfold };
  }
  const { elpdWaic: elpd, pWaic: p, waic: ic, pointwise } = criterion;
  return { elpd, p, ic, pointwise: pointwise.elpdWaic };
}

/**
 * Checks the models of a comparison or an average.
 *
 * @param verb what is done to them, for messages
 * @throws WeighbridgeError `bad-argument` unless they are two or more criteria by name, of one kind and of
 *   the same number of observations
 */
export function requireComparable(models: unknown, verb: 'compare' | 'average'): NamedCriterion[] {
  if (!isRecord(models) || isCriterion(models) || hasLoo(models)) {
    throw badArgument(
      `expected the models to ${verb} by their names, for example { a: await fitA.loo(), b: await fitB.loo() }`,
    );
  }
  const named = Object.entries(models).map(([name, model]): NamedCriterion => {
    if (isCriterion(model)) return [name, model];
    throw badArgument(
      hasLoo(model)
        ? `'${name}' is a fit, expected what its loo(), waic() or kfold() gives`
        : `'${name}' is not what loo(), waic() or kfold() of a fit gives`,
    );
  });
  requireSameData(named, verb);
  return named;
}

function isCriterion(value: unknown): value is Comparable {
  return isRecord(value) && 'criterion' in value && 'pointwise' in value && 'rows' in value;
}

function hasLoo(value: unknown): boolean {
  return isRecord(value) && typeof value.loo === 'function';
}

function requireSameData(named: readonly NamedCriterion[], verb: string): void {
  if (named.length < 2) {
    throw badArgument(
      `there ${named.length === 1 ? 'is 1 model' : 'are 0 models'} to ${verb}: expected at least two`,
    );
  }
  const [firstName, first] = named[0];
  for (const [name, result] of named) {
    if (result.rows !== first.rows) {
      throw badArgument(
        `'${firstName}' has ${first.rows} observations and '${name}' ${result.rows}: models are compared by the same observations; look for missing values in the columns of one formula alone`,
      );
    }
    if (result.criterion !== first.criterion) {
      throw badArgument(
        `'${firstName}' is by ${first.criterion} and '${name}' by ${result.criterion}: expected the same criterion of all models`,
      );
    }
  }
}

/** A warning for each model whose outcomes or folds are not those of the first. */
export function otherData(named: readonly NamedCriterion[]): string[] {
  const [firstName, first] = named[0];
  return named.flatMap(([name, result]) => {
    if (result.criterion === 'kfold' && first.criterion === 'kfold') {
      const { fold } = first.pointwise;
      if (result.pointwise.fold.some((own, i) => own !== fold[i])) {
        return [
          `'${name}' has other folds than '${firstName}': the same folds and seed make a difference more certain`,
        ];
      }
    }
    const differs =
      result.outcomes &&
      first.outcomes &&
      Array.from(result.outcomes).some((outcome, i) => outcome !== first.outcomes?.[i]);
    return differs
      ? [`'${name}' has other outcomes than '${firstName}': their log densities do not compare`]
      : [];
  });
}
