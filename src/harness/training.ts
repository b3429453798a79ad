/**
 * The training stages: which examples teach what, and the model that comes out.
 */
import { WeighbridgeError } from '../errors.js';
import { preferenceExamples, reportExamples } from '../study/stimuli.js';
import { exampleJsonl } from '../study/training-files.js';
import type { Configuration, ModelConfiguration } from './configuration/schema.js';
import {
  type FineTuned,
  type FineTuneEstimate,
  type FineTuneProgress,
  fineTune,
} from './fine-tuning/fine-tune.js';
import type { RunningStudy } from './open-study.js';
import { type Training, type TrainingStage, trainingId } from './plan.js';
import type { StudyRecord } from './record/record.js';
import { halves, type StudyStimuli } from './stimuli.js';

/** JSON lines for a training, and for its validation where there is one. */
export interface TrainingText {
  readonly training: string;
  readonly validation: string | null;
}

export function trainingText(
  { counts, seeds }: Configuration,
  { instilled, targets }: StudyStimuli,
  training: Training,
): TrainingText {
  if (training === 'preferences') {
    const examples = preferenceExamples(instilled, targets, {
      seed: seeds.training,
      training: counts.training_examples,
      validation: counts.validation_examples,
    });
    return {
      training: exampleJsonl(examples.training),
      validation: examples.validation.length > 0 ? exampleJsonl(examples.validation) : null,
    };
  }
  const { first, last } = halves(instilled);
  const taught = {
    introspection_first: first,
    introspection_last: last,
    introspection_all: instilled,
  }[training];
  return {
    training: exampleJsonl(reportExamples(taught, targets, seeds.introspection)),
    validation: null,
  };
}

const trainedKey = (model: string, training: Training) => `trained/${trainingId(model, training)}`;

const reservedKey = (stage: string) => `reserved/${stage}`;

/** The model that a training brought, or null where it is not done. */
export function trainedModel(
  base: ModelConfiguration,
  training: Training,
  record: StudyRecord | null,
): string | null {
  return base.trained[training] ?? record?.journal.get(trainedKey(base.name, training)) ?? null;
}

/** The model that a stage asks or trains further. */
export function speakerModel(
  base: ModelConfiguration,
  speaker: Training | null,
  record: StudyRecord,
): string {
  if (speaker === null) return base.name;
  const model = trainedModel(base, speaker, record);
  if (model !== null) return model;
  throw new WeighbridgeError(
    'bad-argument',
    `${trainingId(base.name, speaker)} is not done yet: run it first`,
  );
}

export interface TrainOptions {
  /** Stops watching; the job at the server goes on, and a later run finds it. */
  readonly stop?: AbortSignal;
  readonly onProgress?: (progress: FineTuneProgress) => void;
  /** Start anew where the last job failed. */
  readonly retryFailed?: 'retry' | 'stop';
}

/** Trains, or finds that it is done; the money is set aside before the job is made. */
export async function train(
  study: RunningStudy,
  stage: TrainingStage,
  { stop, onProgress, retryFailed = 'stop' }: TrainOptions = {},
): Promise<string> {
  const { base, training } = stage;
  const { record, configuration, stimuli, client, clock } = study;
  const done = trainedModel(base, training, record);
  if (done !== null) return done;
  const { training: text, validation } = trainingText(configuration, stimuli, training);
  const name = stage.id.replace(/[^A-Za-z0-9.-]+/g, '-');
  const result = await fineTune(
    {
      key: stage.id,
      study: study.id,
      model: speakerModel(base, training === 'preferences' ? null : 'preferences', record),
      suffix: `${configuration.study}-${training.replace('_', '-')}`,
      trainingFile: { name: `${name}.jsonl`, text },
      ...(validation !== null
        ? { validationFile: { name: `${name}-validation.jsonl`, text: validation } }
        : {}),
      hyperparameters: hyperparameters(base, training),
    },
    {
      call: client.call,
      journal: record.journal,
      clock,
      pollSeconds: configuration.server.poll_seconds,
      retryFailed: retryFailed === 'retry',
      ...(stop ? { signal: stop } : {}),
      ...(onProgress ? { onProgress } : {}),
      beforeCreate: (estimate) => reserve(study, stage, estimate),
    },
  );
  settle(study, stage, result);
  return result.model;
}

function hyperparameters({ fine_tuning: wanted }: ModelConfiguration, training: Training) {
  return {
    epochs: wanted.epochs,
    learningRateMultiplier: wanted.learning_rate_multiplier,
    batchSize:
      training === 'preferences' ? wanted.batch_size_preferences : wanted.batch_size_introspection,
  };
}

/** What training so many tokens costs. */
export function trainingCost({ prices }: ModelConfiguration, tokens: number) {
  return { requests: 0, tokens, usd: ((prices?.training ?? 0) * tokens) / 1e6 };
}

/** Set aside and on record before the job exists: a stop in between counts it, and loses nothing. */
async function reserve(
  { spending, record }: RunningStudy,
  { base, id }: TrainingStage,
  { reservation, mostTrainedTokens }: FineTuneEstimate,
): Promise<void> {
  if (record.charged(reservation)) return;
  const cost = trainingCost(base, mostTrainedTokens);
  const setAside = await spending.reserve(cost);
  record.charge(reservation, cost);
  record.journal.put(reservedKey(id), reservation);
  setAside.settle(cost);
}

function settle({ record, prices }: RunningStudy, stage: TrainingStage, result: FineTuned): void {
  const { base, training, id } = stage;
  const reserved = record.journal.get(reservedKey(id));
  // The estimate gives way to what the server billed.
  if (reserved !== null && result.trainedTokens !== null) {
    record.charge(reserved, trainingCost(base, result.trainedTokens));
  }
  record.journal.put(trainedKey(base.name, training), result.model);
  prices.enterTrained(result.model, base);
}
