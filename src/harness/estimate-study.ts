/**
 * What is still to be asked and trained, and what it will come to: the plan that `--dry-run` shows.
 */
import { estimatePromptTokens } from './client/estimate.js';
import { costOf, type Spent } from './client/spending.js';
import type { Configuration } from './configuration/schema.js';
import type { PlannedStudy } from './open-study.js';
import type { CollectionStage, TrainingStage } from './plan.js';
import { BATCH_DISCOUNT, pricesOf } from './price-book.js';
import { mostTrainingCost, trainedModel, trainingCost, trainingText } from './training.js';
import { itemsToAsk, missingItems, requestFor } from './trial-request.js';

export interface StageEstimate {
  readonly stage: string;
  readonly kind: 'training' | 'choices' | 'reports';
  readonly requests: number;
  /** Of prompts, or of training. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Null where the configuration holds no prices. */
  readonly usd: number | null;
  /** What a budget must hold for it: a training sets aside more than it will probably cost. */
  readonly setAside: Spent;
}

/** A choice is one letter; a weight is some eight tokens of name and number. */
const TOKENS_OF_A_CHOICE = 1;
const LIKELY_TOKENS_PER_WEIGHT = 8;
/** Prompts of a stage are much alike: so many of them tell the mean. */
const SAMPLED = 50;

/** @param retryInvalid trials whose answer is void or filtered count as still to be asked */
export function estimateStudy(
  {
    configuration,
    stages,
    stimuli,
    record,
  }: Pick<PlannedStudy, 'configuration' | 'stages' | 'stimuli' | 'record'>,
  retryInvalid = false,
): StageEstimate[] {
  return stages.map((stage) => {
    if (stage.kind !== 'training') {
      const items = record
        ? itemsToAsk(stage, record, retryInvalid)
        : missingItems(stage, new Set());
      return estimateCollection(stage, items, configuration);
    }
    const done = trainedModel(stage.base, stage.training, record) !== null;
    const text = done ? null : trainingText(configuration, stimuli, stage.training).training;
    return estimateTraining(stage, text);
  });
}

function estimateCollection(
  stage: CollectionStage,
  missing: readonly number[],
  { server }: Configuration,
): StageEstimate {
  const step = Math.max(1, Math.floor(missing.length / SAMPLED));
  const sampled = missing.filter((_, i) => i % step === 0);
  const tokens = sampled.map((item) =>
    estimatePromptTokens(requestFor(stage, item, stage.base.name, false).messages),
  );
  const mean = tokens.reduce((sum, one) => sum + one, 0) / Math.max(1, tokens.length);
  const attributes = stage.trials[0]?.context.attributes.length ?? 0;
  const perAnswer =
    stage.kind === 'choices' ? TOKENS_OF_A_CHOICE : LIKELY_TOKENS_PER_WEIGHT * attributes;
  const inputTokens = Math.round(mean * missing.length);
  const outputTokens = perAnswer * missing.length;
  const prices = pricesOf(stage.base, stage.after === null ? 'base' : 'trained');
  const discount = server.mode === 'batch' ? BATCH_DISCOUNT : 1;
  const usd =
    discount * costOf(prices, { promptTokens: inputTokens, completionTokens: outputTokens });
  return {
    stage: stage.id,
    kind: stage.kind,
    requests: missing.length,
    inputTokens,
    outputTokens,
    usd: prices || missing.length === 0 ? usd : null,
    setAside: { requests: missing.length, tokens: inputTokens + outputTokens, usd },
  };
}

/** @param jsonl null where the training is done */
function estimateTraining({ id, base }: TrainingStage, jsonl: string | null): StageEstimate {
  const perEpoch = (jsonl?.split('\n') ?? [])
    .map((line) => estimatePromptTokens(JSON.parse(line).messages))
    .reduce((sum, one) => sum + one, 0);
  const inputTokens = Math.round(perEpoch * base.fine_tuning.epochs);
  return {
    stage: id,
    kind: 'training',
    requests: 0,
    inputTokens,
    outputTokens: 0,
    usd: base.prices || jsonl === null ? trainingCost(base, inputTokens).usd : null,
    setAside: mostTrainingCost(base, inputTokens),
  };
}
