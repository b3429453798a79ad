/** LOO and K-fold cross-validation as JSON. */
import type { Kfold } from '../../posterior/kfold.js';
import type { Estimate } from '../../posterior/log-likelihood.js';
import type { Loo } from '../../posterior/loo.js';

const estimateJson = ({ estimate, se }: Estimate) => ({ estimate, se });

/** Observations count from 1. */
export function looJson({ elpdLoo, pLoo, looic, paretoKTable, diagnostics, ...rest }: Loo) {
  const { refitted, momentMatched, labels, warnings } = rest;
  const fromOne = (indices: readonly number[]) => indices.map((observation) => observation + 1);
  return {
    elpd_loo: estimateJson(elpdLoo),
    p_loo: estimateJson(pLoo),
    looic: estimateJson(looic),
    max_pareto_k: diagnostics.paretoK.reduce((largest, k) => Math.max(largest, k), -Infinity),
    pareto_k: paretoKTable.map(({ minEss, ...row }) => ({ ...row, min_ess: minEss })),
    ...(labels && { groups: labels }),
    moment_matched: fromOne(momentMatched),
    refitted: fromOne(refitted),
    warnings,
  };
}

export function kfoldJson({ folds, elpdKfold, pKfold, kfoldic, elpdJoint, ...rest }: Kfold) {
  const { groups, warnings } = rest;
  return {
    folds,
    elpd_kfold: estimateJson(elpdKfold),
    p_kfold: estimateJson(pKfold),
    kfoldic: estimateJson(kfoldic),
    ...(elpdJoint && { elpd_joint: estimateJson(elpdJoint), groups }),
    warnings,
  };
}
