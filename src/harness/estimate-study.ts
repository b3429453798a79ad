/**
 * What is still to be asked and trained, and what it will come to: the plan that `--dry-run` shows.
 */

import { estimatePromptTokens } from './client/estimate.js';
import type { Configuration } from './configuration/schema.js';
import type { PlannedStudy } from './open-study.js';
import type { CollectionStage, TrainingStage } from './plan.js';
import { BATCH_DISCOUNT } from './price-book.js';
import { trainedModel, trainingCost, trainingText } from './training.js';
import { missingItems, requestFor } from './trial-request.js';

export interface StageEstimate {
  readonly stage: string;
  readonly kind: 'training' | 'choices' | 'reports';
  readonly requests: number;
  /** Of prompts, or of training. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Null where the configuration holds no prices. */
  readonly usd: number | null;
}

/** A choice is one letter; a weight is some eight tokens of name and number. */
const TOKENS_OF_A_CHOICE = 1;
const TOKENS_PER_WEIGHT = 8;
/** Prompts of a stage are much alike: so many of them tell the mean. */
const SAMPLED = 50;

export function estimateStudy({
  configuration,
  stages,
  stimuli,
  record,
}: Pick<PlannedStudy, 'configuration' | 'stages' | 'stimuli' | 'record'>): StageEstimate[] {
  return stages.map((stage) => {
    if (stage.kind !== 'training') {
      const answered = record?.answered(stage.id) ?? new Set<number>();
      return estimateCollection(stage, missingItems(stage, answered), configuration);
    }
    const done = trainedModel(stage.base, stage.training, record) !== null;
    return done
      ? { stage: stage.id, kind: 'training', requests: 0, inputTokens: 0, outputTokens: 0, usd: 0 }
      : estimateTraining(stage, trainingText(configuration, stimuli, stage.training).training);
  });
}

function estimateCollection(
  stage: CollectionStage,
  missing: readonly number[],
  { server }: Configuration,
): StageEstimate {
  const { prices } = stage.base;
  const step = Math.max(1, Math.floor(missing.length / SAMPLED));
  const sampled = missing.filter((_, i) => i % step === 0);
  const tokens = sampled.map((item) =>
    estimatePromptTokens(requestFor(stage, item, stage.base.name, false).messages),
  );
  const mean = tokens.reduce((sum, one) => sum + one, 0) / Math.max(1, tokens.length);
  const attributes = stage.trials[0]?.context.attributes.length ?? 0;
  const perAnswer = stage.kind === 'choices' ? TOKENS_OF_A_CHOICE : TOKENS_PER_WEIGHT * attributes;
  const inputTokens = Math.round(mean * missing.length);
  const outputTokens = perAnswer * missing.length;
  const discount = server.mode === 'batch' ? BATCH_DISCOUNT : 1;
  return {
    stage: stage.id,
    kind: stage.kind,
    requests: missing.length,
    inputTokens,
    outputTokens,
    usd: prices
      ? (discount *
          (inputTokens * (stage.speaker ? prices.fine_tuned_input : prices.input) +
            outputTokens * (stage.speaker ? prices.fine_tuned_output : prices.output))) /
        1e6
      : null,
  };
}

function estimateTraining({ id, base }: TrainingStage, jsonl: string): StageEstimate {
  const perEpoch = jsonl
    .split('\n')
    .map((line) => estimatePromptTokens(JSON.parse(line).messages))
    .reduce((sum, one) => sum + one, 0);
  const inputTokens = Math.round(perEpoch * base.fine_tuning.epochs);
  const { usd } = trainingCost(base, inputTokens);
  return {
    stage: id,
    kind: 'training',
    requests: 0,
    inputTokens,
    outputTokens: 0,
    usd: base.prices ? usd : null,
  };
}
