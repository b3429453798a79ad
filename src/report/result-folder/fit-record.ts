/**
 * A fit as `fits.json` holds it.
 */
import type { PlannedFit } from '../../analysis/planned-fits.js';
import type { ParameterSummary } from '../../posterior/summary.js';
import type { FitJob, FitResult } from '../../regression/job.js';
import type { FitRecord, SummaryRow } from './format.js';

/** How many parameters a fit will report, known before it is made. */
export function parameterCount({ specification: { family, predictors } }: FitJob): number {
  const slopesAndIntercept = predictors.names.length + 1;
  return family === 'gaussian' ? slopesAndIntercept + 1 : slopesAndIntercept;
}

/** @throws RangeError where the fit came back without its draws */
export function fitRecord({ subject }: PlannedFit, fit: FitResult, offset: number): FitRecord {
  const { name, algorithm, draws, summary, diagnostics, warnings } = fit;
  if (!draws) throw new RangeError(`the draws of ${name} were not kept`);
  return {
    name,
    ...subject,
    algorithm,
    parameters: [...draws.parameterNames],
    chains: draws.chains,
    draws_per_chain: draws.drawsPerChain,
    offset,
    summary: summary.map(summaryRow),
    diagnostics: {
      max_rhat: diagnostics.maxRhat,
      min_ess_bulk: diagnostics.minEssBulk,
      min_ess_tail: diagnostics.minEssTail,
      divergences: diagnostics.divergences,
      max_depth_hits: diagnostics.maxDepthHits,
      min_ebfmi: diagnostics.minEbfmi,
      pareto_k: diagnostics.paretoK,
    },
    warnings: [...warnings],
  };
}

function summaryRow(row: ParameterSummary): SummaryRow {
  return {
    name: row.name,
    mean: row.mean,
    median: row.median,
    sd: row.sd,
    hdi: [row.hdi[0], row.hdi[1]],
    q5: row.q5,
    q95: row.q95,
    rhat: row.rhat,
    ess_bulk: row.essBulk,
    ess_tail: row.essTail,
    mcse_mean: row.mcseMean,
  };
}
