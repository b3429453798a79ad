/**
 * A reproduction as JSON, for other programs. Numbers that do not exist, for example the ESS of a
 * constant, are null, as JSON has no NaN.
 */

import type { ByPooling, ChoicePrediction, PooledModel } from '../analysis/choice-prediction.js';
import type { Correlation, CorrelationSet } from '../analysis/correlations.js';
import { agreementOf, decimalsOf, type Figure, isCertain } from '../analysis/figures.js';
import type { LatentEffect, LatentSet } from '../analysis/latent.js';
import {
  bothSettings,
  type ChoiceWeighing,
  type LearnedWeights,
} from '../analysis/learned-weights.js';
import type { ModelResult } from '../analysis/model-result.js';
import type { Reproduction } from '../analysis/reproduce.js';
import type { TrainingEffect } from '../analysis/training-effect.js';
import { diagnosticsRecord } from '../posterior/summary.js';
import type { Provenance } from '../study/study.js';

/** How a result was made. */
interface RunFacts {
  readonly version: string;
  readonly folder: string;
  readonly provenance: Provenance | null;
  readonly seed: number | string;
  readonly chains: number;
  readonly warmup: number;
  readonly draws: number;
  /** The option: `auto`, or one algorithm for all fits. */
  readonly algorithm: string;
  readonly weighChoices: ChoiceWeighing;
  /** Decimals to which the figures should be certain. */
  readonly precision: number;
  readonly seconds: number;
  /** Warnings about data and fits, one line each. */
  readonly warnings: readonly string[];
}

export function reproductionJson(
  result: Reproduction,
  figures: readonly Figure[],
  facts: RunFacts,
): Record<string, unknown> {
  const { neverTrained = [], pooled } = result;
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
    precision: facts.precision,
    weigh_choices: facts.weighChoices,
    pooling: pooled ? 'partial' : 'none',
    models: result.models.map((model) => model.name),
    ...(neverTrained.length > 0 && { never_trained: neverTrained }),
    ...correlationSetJson(result),
    ...(result.latent && latentJson(result.latent)),
    weights: weightsJson(result.models),
    ...(pooled && {
      pooled: Object.fromEntries(
        pooled.map((one) => [`${one.model}/${one.setting}`, pooledModelJson(one)]),
      ),
    }),
    choices_agreeing_with_target_pct: byModel(result, (m) => m.choicesAgreeingWithTargetPercent),
    native_choices_predicted_pct: byModel(result, (m) => m.nativeChoicesPredictedPercent),
    invalid_reports_pct: byModel(result, (m) => m.invalidReportsPercent),
    appendix_d: {
      reports_vs_target: correlationsJson(result.reportsVsTarget),
      without_weights_of_100: {
        ...correlationSetJson(result.withoutLargest),
        largest_change_in_r: result.largestChangeInR,
        largest_change_in_r_mcse: result.largestChangeMcse,
      },
    },
    figures: figures.map((figure) => ({
      section: figure.section,
      model: figure.model,
      figure: figure.label,
      published: figure.published,
      published_hdi: figure.publishedInterval,
      ours: figure.ours,
      mcse: figure.mcse,
      hdi: figure.interval,
      hdi_mcse: figure.intervalMcse,
      decimals: figure.decimals,
      certain: isCertain(figure, decimalsOf(figure, facts.precision)),
      agreement: agreementOf(figure),
    })),
    diagnostics: {
      ...diagnosticsRecord(result.diagnostics),
      max_pareto_k: result.diagnostics.paretoK,
    },
    warnings,
    seconds,
  };
}

export function correlationSetJson({ correlations, effects }: CorrelationSet) {
  const effectJson = ({ n, median, medianMcse, hpd, hpdMcse }: TrainingEffect) => ({
    ...{ n, median, median_mcse: medianMcse, hpd, hpd_mcse: hpdMcse },
  });
  return {
    correlations: correlationsJson(correlations),
    effects: { instilled: effectJson(effects.instilled), native: effectJson(effects.native) },
  };
}

function correlationsJson(correlations: ReadonlyMap<string, Correlation>) {
  return Object.fromEntries(
    [...correlations].map(([key, { n, r, estimate, estimateMcse, hdi, hdiMcse }]) => [
      key,
      { n, r, estimate, estimate_mcse: estimateMcse, hdi, hdi_mcse: hdiMcse },
    ]),
  );
}

/** `latent` has the keys of `correlations`; null effects could not be fitted. */
export function latentJson({ correlations, effects, notes }: LatentSet) {
  const middle = ({ median, hdi, hdiMcse }: Omit<LatentEffect, 'fisherZ'>) => ({
    ...{ median, hdi, hdi_mcse: hdiMcse },
  });
  const effect = (one: LatentEffect | null) =>
    one && { ...middle(one), fisher_z: middle(one.fisherZ) };
  return {
    latent: Object.fromEntries(
      [...correlations].map(([key, { mean, sd, hdi, hdiMcse }]) => [
        key,
        { mean, sd, hdi, hdi_mcse: hdiMcse },
      ]),
    ),
    latent_effects: { instilled: effect(effects.instilled), native: effect(effects.native) },
    latent_notes: notes,
  };
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

function contextWeightsJson(weights: LearnedWeights) {
  const { context, n, slopes, scaled, slopeHdis, slopeHdiMcses, intercept } = weights;
  const intervals = { hdi: slopeHdis, hdi_mcse: slopeHdiMcses };
  return { scenario: context.name, n, b: slopes, scaled, ...intervals, intercept };
}

function pooledModelJson({ hyperparameters, prediction }: PooledModel) {
  return {
    hyperparameters: Object.fromEntries(
      hyperparameters.map(({ name, mean, sd, hdi, hdiMcse }) => [
        name,
        { mean, sd, hdi, hdi_mcse: hdiMcse },
      ]),
    ),
    prediction: prediction && predictionJson(prediction),
  };
}

function predictionJson(prediction: ChoicePrediction) {
  const { contexts, choices, leftOutChoices, correctPercent, leftOutContexts, mcse } = prediction;
  const each = <T>(of: (pooling: keyof ByPooling<unknown>) => T): ByPooling<T> => ({
    none: of('none'),
    partial: of('partial'),
    difference: of('difference'),
  });
  return {
    contexts,
    choices,
    left_out_choices: {
      ...each((pooling) => ({
        elpd: leftOutChoices[pooling],
        correct_pct: correctPercent[pooling],
      })),
      mcse: mcse.leftOutChoices,
    },
    left_out_contexts: {
      ...each((pooling) => ({ elpd: leftOutContexts[pooling] })),
      mcse: mcse.leftOutContexts,
    },
    max_pareto_k: prediction.paretoK,
  };
}
