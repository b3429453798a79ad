/**
 * A reproduction as JSON: the shape that other programs read. Numbers that do not exist (the ESS
 * of a constant, say) are null, as JSON has no NaN.
 */

import type { CorrelationSet } from '../analysis/correlation-set.js';
import { agreementOf, type Figure } from '../analysis/figures.js';
import type { ChoiceWeighing, LearnedWeights } from '../analysis/learned-weights.js';
import type { ModelResult } from '../analysis/model-result.js';
import type { Reproduction } from '../analysis/reproduce.js';
import { bothSettings } from '../analysis/weights-of-study.js';
import type { Provenance } from '../study/provenance.js';

/** How a result came about, beside the result. */
export interface RunFacts {
  readonly version: string;
  readonly folder: string;
  readonly provenance: Provenance | null;
  readonly seed: number | string;
  readonly chains: number;
  readonly warmup: number;
  readonly draws: number;
  /** As asked for: `auto`, or one for all fits. */
  readonly algorithm: string;
  readonly weighChoices: ChoiceWeighing;
  readonly seconds: number;
  /** Of the data and of the fits, a line each. */
  readonly warnings: readonly string[];
}

export function reproductionJson(
  result: Reproduction,
  figures: readonly Figure[],
  facts: RunFacts,
): Record<string, unknown> {
  const { version, folder, provenance, seed, chains, warmup, draws, algorithm, seconds, warnings } =
    facts;
  return {
    weighbridge: version,
    data: {
      folder,
      simulated: provenance?.simulated ?? false,
      description: provenance?.description,
    },
    settings: { seed, chains, warmup, draws, algorithm },
    weigh_choices: facts.weighChoices,
    models: result.models.map((model) => model.name),
    ...correlationSetJson(result),
    weights: weightsJson(result.models),
    choices_agreeing_with_target_pct: byModel(result, (m) => m.choicesAgreeingWithTargetPercent),
    native_choices_predicted_pct: byModel(result, (m) => m.nativeChoicesPredictedPercent),
    invalid_reports_pct: byModel(result, (m) => m.invalidReportsPercent),
    appendix_d: {
      reports_vs_target: Object.fromEntries(result.reportsVsTarget),
      without_weights_of_100: {
        ...correlationSetJson(result.withoutLargest),
        largest_change_in_r: result.largestChangeInR,
      },
    },
    figures: figures.map((figure) => ({
      section: figure.section,
      model: figure.model,
      figure: figure.label,
      published: figure.published,
      published_hdi: figure.publishedInterval,
      ours: figure.ours,
      hdi: figure.interval,
      decimals: figure.decimals,
      agreement: agreementOf(figure),
    })),
    diagnostics: {
      max_rhat: result.diagnostics.maxRhat,
      min_ess_bulk: result.diagnostics.minEssBulk,
      min_ess_tail: result.diagnostics.minEssTail,
      divergences: result.diagnostics.divergences,
      max_depth_hits: result.diagnostics.maxDepthHits,
      min_ebfmi: result.diagnostics.minEbfmi,
      max_pareto_k: result.diagnostics.paretoK,
    },
    warnings,
    seconds,
  };
}

function correlationSetJson({ correlations, effects }: CorrelationSet) {
  return { correlations: Object.fromEntries(correlations), effects };
}

function byModel(result: Reproduction, value: (model: ModelResult) => number) {
  return Object.fromEntries(result.models.map((model) => [model.name, value(model)]));
}

function weightsJson(models: readonly ModelResult[]) {
  return Object.fromEntries(
    models.flatMap((model) =>
      bothSettings.map((setting) => [
        `${model.name}/${setting}`,
        model.weights[setting].map(contextWeightsJson),
      ]),
    ),
  );
}

function contextWeightsJson({ context, n, slopes, scaled, slopeHdis, intercept }: LearnedWeights) {
  return { scenario: context.name, n, b: slopes, scaled, hdi: slopeHdis, intercept };
}
