/**
 * Estimates the remaining requests and trainings, and their price: the plan that `--dry-run` shows.
 */

import type { CommonConfiguration } from '../packs/configuration/common.js';
import type { AnswersSoFar, CollectionStage, TrainingStage } from '../packs/design.js';
import { costOf, type Spent } from './client/spending.js';
import { fineTuneState } from './fine-tuning/fine-tune.js';
import type { PlannedStudy } from './open-study.js';
import { BATCH_DISCOUNT, pricesOf } from './prices.js';
import { estimatePromptTokens } from './prompt-tokens.js';
import { mostTrainingCost, trainedModel, trainingCost } from './training.js';
import {
  type AskAgain,
  answersSoFar,
  itemsToAsk,
  missingItems,
  requestFor,
} from './trial-request.js';

export interface StageEstimate {
  readonly stage: string;
  readonly kind: 'training' | CollectionStage['kind'];
  readonly requests: number;
  /** Tokens of prompts or of training. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Null if the configuration has no prices. */
  readonly usd: number | null;
  /** Budget required: a training reserves more than its likely cost. */
  readonly setAside: Spent;
}

/** Number of prompts sampled for the mean: prompts of a stage are similar. */
const SAMPLED = 50;

/** @param again which answered trials count as remaining */
export function estimateStudy(
  { configuration, stages, record }: Pick<PlannedStudy, 'configuration' | 'stages' | 'record'>,
  again: AskAgain = {},
): StageEstimate[] {
  const answers = answersSoFar(stages, record);
  return stages.map((stage) => {
    if (stage.kind !== 'training') {
      const items = record ? itemsToAsk(stage, record, again) : missingItems(stage, new Set());
      return estimateCollection(stage, items, configuration, answers);
    }
    const text = isPaid(stage, record) ? null : stage.text(answers).training;
    return estimateTraining(stage, text);
  });
}

/** A job at the server was set aside when it was created, so it counts as spent. */
function isPaid({ id, base, training }: TrainingStage, record: PlannedStudy['record']): boolean {
  if (trainedModel(base, training, record) !== null) return true;
  return record !== null && fineTuneState(id, record.journal).stage === 'running';
}

function estimateCollection(
  stage: CollectionStage,
  missing: readonly number[],
  { server }: CommonConfiguration,
  answers: AnswersSoFar,
): StageEstimate {
  const step = Math.max(1, Math.floor(missing.length / SAMPLED));
  const sampled = missing.filter((_, i) => i % step === 0);
  const tokens = sampled.map((item) =>
    estimatePromptTokens(requestFor(stage, item, stage.base.name, answers).messages),
  );
  const mean = tokens.reduce((sum, one) => sum + one, 0) / Math.max(1, tokens.length);
  const inputTokens = Math.round(mean * missing.length);
  const outputTokens = stage.likelyAnswerTokens * missing.length;
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

/** @param jsonl null if the training is done or under way */
function estimateTraining({ id, base }: TrainingStage, jsonl: string | null): StageEstimate {
  // No line yet: a training on answers that are still to come.
  const perEpoch = (jsonl?.split('\n') ?? [])
    .filter((line) => line !== '')
    .map((line) => estimatePromptTokens(JSON.parse(line).messages))
    .reduce((sum, one) => sum + one, 0);
  const inputTokens = Math.round(perEpoch * base.fineTuning.epochs);
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
