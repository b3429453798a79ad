/**
 * The training stages: which examples teach what, and the model that comes out.
 */
import { WeighbridgeError } from '../errors.js';
import { preferenceExamples, reportExamples } from '../study/stimuli.js';
import { exampleJsonl } from '../study/training-files.js';
import { nothing, type Reservation, type Spending, type Spent } from './client/spending.js';
import type { Configuration, ModelConfiguration } from './configuration/schema.js';
import {
  type FineTuneEstimate,
  type FineTuneProgress,
  fineTune,
  fineTuneState,
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

/** The model that a training brought, or null where it is not done. */
export function trainedModel(
  base: ModelConfiguration,
  training: Training,
  record: StudyRecord | null,
): string | null {
  const given = base.trained[training];
  if (given !== undefined && given !== null) return given;
  const model = record?.journal.get(trainedKey(base.name, training)) ?? null;
  if (!record || model === null) return null;
  // An answer of a server that was taken unchecked, 123 for a name: the job is looked at once more.
  const { stage } = fineTuneState(trainingId(base.name, training), record.journal);
  return stage === 'damaged' ? null : model;
}

/** The model that a stage asks or trains further. */
export function askedModel(
  base: ModelConfiguration,
  after: Training | null,
  record: StudyRecord,
): string {
  if (after === null) return base.name;
  const model = trainedModel(base, after, record);
  if (model !== null) return model;
  throw new WeighbridgeError(
    'bad-argument',
    `${trainingId(base.name, after)} is not done yet: run it first`,
  );
}

export interface TrainOptions {
  /** Stops watching; the job at the server goes on, and a later run finds it. */
  readonly stop?: AbortSignal;
  readonly onProgress?: (progress: FineTuneProgress) => void;
  /** Something went otherwise than it should, and was dealt with: one line. */
  readonly onWarning?: ((line: string) => void) | undefined;
  /** Start anew where the last job failed. */
  readonly retryFailed?: 'retry' | 'stop';
}

/** Trains, or finds that it is done; the money is set aside before the job is made. */
export async function train(
  study: RunningStudy,
  stage: TrainingStage,
  { stop, onProgress, onWarning, retryFailed = 'stop' }: TrainOptions = {},
): Promise<string> {
  const { base, training } = stage;
  const { record, configuration, stimuli, client, clock } = study;
  const done = trainedModel(base, training, record);
  if (done !== null) return done;
  const { training: text, validation } = trainingText(configuration, stimuli, training);
  const name = stage.id.replace(/[^A-Za-z0-9.-]+/g, '-');
  const money = trainingMoney(study, stage);
  try {
    const result = await fineTune(
      {
        key: stage.id,
        study: study.id,
        model: askedModel(base, training === 'preferences' ? null : 'preferences', record),
        suffix: `${configuration.study}-${stage.suffix}`,
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
        onWarning,
        beforeCreate: money.setAside,
      },
    );
    money.billed(result.trainedTokens);
    record.journal.put(trainedKey(base.name, training), result.model);
    study.prices.enterTrained(result.model, base);
    return result.model;
  } catch (error) {
    money.notDone();
    throw error;
  }
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
export function trainingCost({ prices }: ModelConfiguration, tokens: number): Spent {
  return { requests: 0, tokens, usd: ((prices?.training ?? 0) * tokens) / 1e6 };
}

/** How far above the estimate a bill may be: prompts were measured to within a tenth. */
const MARGIN = 1.25;

/** What a training sets aside until it is billed. */
export function mostTrainingCost(base: ModelConfiguration, estimatedTokens: number): Spent {
  return trainingCost(base, Math.ceil(MARGIN * estimatedTokens));
}

/**
 * Money for a training: set aside, on record too, before the job exists, so that a stop in between
 * counts it; in place of that what was billed, once it is; and nothing where no job was made.
 */
function trainingMoney({ spending, record }: RunningStudy, { base, id }: TrainingStage) {
  const reservedKey = `reserved/${id}`;
  let reservation: Reservation | null = null;
  let setAside = nothing();
  return {
    async setAside(estimate: FineTuneEstimate): Promise<void> {
      if (record.charged(estimate.reservation)) return;
      const cost = mostTrainingCost(base, estimate.trainedTokens);
      reservation = await reserveFor(id, cost, spending);
      setAside = cost;
      record.charge(estimate.reservation, cost);
      record.journal.put(reservedKey, estimate.reservation);
    },
    billed(trainedTokens: number | null): void {
      const reserved = record.journal.get(reservedKey);
      // What was set aside stays on record, and counts as spent from now on.
      if (trainedTokens === null) reservation?.settle(setAside);
      if (reserved === null || trainedTokens === null) return;
      const cost = trainingCost(base, trainedTokens);
      reservation?.settle(cost);
      record.charge(reserved, cost);
    },
    notDone(): void {
      const { stage } = fineTuneState(id, record.journal);
      const reserved = record.journal.get(reservedKey);
      if (stage !== 'not started' && stage !== 'uploading') return;
      reservation?.release();
      if (reserved !== null) record.uncharge(reserved);
    },
  };
}

async function reserveFor(stage: string, cost: Spent, spending: Spending): Promise<Reservation> {
  try {
    return await spending.reserve(cost);
  } catch (cause) {
    if (!(cause instanceof WeighbridgeError) || cause.code !== 'budget') throw cause;
    throw new WeighbridgeError('budget', `${stage}: ${cause.message}`, { cause });
  }
}
