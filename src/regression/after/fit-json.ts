/**
 * A fit as JSON: the shape that other programs read. Numbers that do not exist (the ESS of a
 * constant, say) are null, as JSON has no NaN.
 */
import type { Estimate } from '../../posterior/estimates.js';
import type { Loo } from '../../posterior/loo.js';
import type { ParameterSummary } from '../../posterior/summary.js';
import type { FittedRegression } from '../fitted-regression.js';
import type { PriorInUse } from '../priors/prior-rows.js';

export interface FitFacts {
  /** From the data to the draws; null of a fit that was loaded. */
  readonly seconds: number | null;
  readonly loo: Loo | null;
}

/** Keys of parameters are brms' names. */
export function fitJson(fitted: FittedRegression, facts: FitFacts): Record<string, unknown> {
  const { settings, fit, frame } = fitted;
  const { diagnostics } = fit;
  const { seed, chains, warmup, draws, algorithm, metric } = settings;
  const isGroupEffect = ({ name }: ParameterSummary) => name.startsWith('r_');
  return {
    model: {
      formula: fitted.formula,
      family: fitted.family.family,
      link: fitted.family.link,
      priors: fitted.priors.map(priorJson),
      rows: frame.encoded.rows,
      dropped_rows: frame.facts.droppedRows,
      notes: fitted.notes,
    },
    settings: {
      seed,
      chains,
      warmup,
      draws,
      algorithm,
      metric,
      target_acceptance: settings.targetAcceptance,
      max_depth: settings.maxDepth,
    },
    sampled_by: fit.chains[0]?.algorithm,
    coefficients: summaryJson(fit.summary.filter((row) => !isGroupEffect(row))),
    group_effects: summaryJson(fit.summary.filter(isGroupEffect)),
    diagnostics: {
      max_rhat: diagnostics.maxRhat,
      min_ess_bulk: diagnostics.minEssBulk,
      min_ess_tail: diagnostics.minEssTail,
      divergences: diagnostics.divergences,
      max_depth_hits: diagnostics.maxDepthHits,
      min_ebfmi: diagnostics.minEbfmi,
      // Of the normal approximation that split HMC samples with: it says nothing of other draws.
      approximation_pareto_k: fit.chains[0]?.algorithm === 'split-hmc' ? diagnostics.paretoK : null,
    },
    ...(facts.loo && { loo: looJson(facts.loo) }),
    warnings: fit.warnings,
    seconds: facts.seconds,
  };
}

function summaryJson(rows: readonly ParameterSummary[]): Record<string, unknown> {
  return Object.fromEntries(
    rows.map(({ name, mean, median, sd, hdi, q5, q95, rhat, essBulk, essTail, mcseMean }) => [
      name,
      {
        mean,
        median,
        sd,
        hdi,
        q5,
        q95,
        rhat,
        ess_bulk: essBulk,
        ess_tail: essTail,
        mcse_mean: mcseMean,
      },
    ]),
  );
}

/** The columns of brms' `prior_summary`; bounds of a distribution of its own are in its text. */
function priorJson({ class: name, coef, group, text, source, prior }: PriorInUse) {
  const { lower = null, upper = null } = prior.distribution === 'lkj' ? {} : prior;
  return {
    prior: text,
    class: name,
    coef: coef ?? null,
    group: group ?? null,
    lb: lower,
    ub: upper,
    source,
  };
}

function looJson({ elpdLoo, pLoo, looic, paretoKTable, diagnostics }: Loo) {
  const estimate = ({ estimate, se }: Estimate) => ({ estimate, se });
  return {
    elpd_loo: estimate(elpdLoo),
    p_loo: estimate(pLoo),
    looic: estimate(looic),
    max_pareto_k: diagnostics.paretoK.reduce((largest, k) => Math.max(largest, k), -Infinity),
    pareto_k: paretoKTable.map(({ minEss, ...row }) => ({ ...row, min_ess: minEss })),
  };
}
