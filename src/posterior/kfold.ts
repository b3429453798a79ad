/** The result of K-fold cross-validation: how well observations are predicted by fits to other folds. */
import { sumOf } from '../linear-algebra/sums.js';
import { type Estimate, printEstimates, sumWithError } from './log-likelihood.js';
import { type Printable, printable, rounded } from './printable.js';

/** A group of observations that were held out together, by their joint density. */
export interface KfoldGroup {
  readonly group: string;
  /** Number of its observations. */
  readonly size: number;
  /** log of the mean over draws of the product of their densities. */
  readonly elpd: number;
}

/** A K-fold result; its text is what R prints. */
export interface Kfold extends Printable {
  readonly criterion: 'kfold';
  /** Number of folds. */
  readonly folds: number;
  /** Number of observations. */
  readonly rows: number;
  /** Expected log pointwise predictive density of new data. */
  readonly elpdKfold: Estimate;
  /** Effective number of parameters. */
  readonly pKfold: Estimate;
  /** −2 elpdKfold. */
  readonly kfoldic: Estimate;
  readonly pointwise: {
    /** Log density of the observation by a fit without its fold. */
    readonly elpdKfold: Float64Array;
    /** Monte Carlo standard error of `elpdKfold`. */
    readonly mcseElpdKfold: Float64Array;
    readonly pKfold: Float64Array;
    readonly kfoldic: Float64Array;
    /** Fold of each observation, from 1. */
    readonly fold: Int32Array;
  };
  /** Joint scores, if groups were held out whole; else empty. */
  readonly groups: readonly KfoldGroup[];
  /**
   * Sum of the joint scores, its error from the spread over groups; null without groups. Observations of a group
   * share what is unknown of it, so that their joint density is not the product of their densities.
   */
  readonly elpdJoint: Estimate | null;
  /** Problems of the fits, with their folds. */
  readonly warnings: readonly string[];
}

/** What the fits found, by observation. */
interface KfoldNumbers {
  readonly elpd: Float64Array;
  readonly mcse: Float64Array;
  /** Log mean density by the fit to all rows. */
  readonly lpd: Float64Array;
  readonly fold: Int32Array;
}

export function kfoldOf(
  { elpd, mcse, lpd, fold }: KfoldNumbers,
  { folds, groups, warnings }: Pick<Kfold, 'folds' | 'groups' | 'warnings'>,
): Kfold {
  const p = lpd.map((one, i) => one - elpd[i]);
  const kfoldic = elpd.map((one) => -2 * one);
  const result: Kfold = {
    criterion: 'kfold',
    folds,
    rows: elpd.length,
    elpdKfold: sumWithError(elpd),
    pKfold: sumWithError(p),
    kfoldic: sumWithError(kfoldic),
    pointwise: { elpdKfold: elpd, mcseElpdKfold: mcse, pKfold: p, kfoldic, fold },
    groups,
    elpdJoint:
      groups.length === 0 ? null : sumWithError(Float64Array.from(groups, ({ elpd: own }) => own)),
    warnings,
  };
  return printable(result, () => printKfold(result));
}

function printKfold({ folds, elpdKfold, pKfold, kfoldic, groups, elpdJoint, pointwise }: Kfold) {
  const mcse = Math.sqrt(sumOf(pointwise.mcseElpdKfold.map((one) => one * one)));
  return [
    '',
    `Based on ${folds}-fold cross-validation.`,
    '',
    ...printEstimates({
      elpd_kfold: elpdKfold,
      p_kfold: pKfold,
      kfoldic,
      ...(elpdJoint && { elpd_joint: elpdJoint }),
    }),
    '------',
    `MCSE of elpd_kfold is ${rounded(mcse, 1)}.`,
    ...(elpdJoint ? [`elpd_joint is by the joint densities of ${groups.length} groups.`] : []),
  ].join('\n');
}
