/** The training stages: their examples, their cost, the trained model. */
import { isWeighbridgeError, WeighbridgeError } from '../errors.js';
import type { ModelConfiguration } from '../packs/configuration/common.js';
import { FEWEST_EXAMPLES, type TrainingStage, trainingId } from '../packs/design.js';
import { type Reservation, type Spending, type Spent, zeroSpent } from './client/spending.js';
import {
  type FineTuneEstimate,
  type FineTuneProgress,
  fineTune,
  fineTuneState,
} from './fine-tuning/fine-tune.js';
import type { RunningStudy } from './open-study.js';
import type { StudyRecord } from './record/record.js';
import { answersSoFar } from './trial-request.js';

const trainedKey = (model: string, training: string) => `trained/${trainingId(model, training)}`;

/** The trained model; null if the training is not done. */
export function trainedModel(
  base: ModelConfiguration,
  training: string,
  record: StudyRecord | null,
): string | null {
  const given = base.trained[training];
  if (given !== undefined && given !== null) return given;
  const model = record?.journal.get(trainedKey(base.name, training)) ?? null;
  if (!record || model === null) return null;
  // An older version did not check names (for example the number 123), so the job is read again.
  const { stage } = fineTuneState(trainingId(base.name, training), record.journal);
  return stage === 'damaged' ? null : model;
}

/** The model that a stage asks or trains further. */
export function askedModel(
  base: ModelConfiguration,
  after: string | null,
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

export interface FineTuneOptions {
  /** Stops watching; the job at the server continues, and a later run finds it. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TrainingProgress) => void) | undefined;
  /** Receives one line for each problem that was handled. */
  readonly onWarning?: ((line: string) => void) | undefined;
  /** Train again, and pay again, if the last job failed. @default false */
  readonly retryFailed?: boolean | undefined;
}

/** Progress of a training, as the server reports it. */
export interface TrainingProgress {
  /** Steps completed; 0 if not known yet. */
  readonly done: number;
  /** Total steps; 0 if not known yet. */
  readonly total: number;
  /** As the server names it: 'validating_files', 'queued', 'running', 'succeeded', … */
  readonly status: string;
  /** Training loss of the last step. */
  readonly loss: number | null;
  /** The server's last message. */
  readonly message: string | null;
}

export function trainingProgress({
  step,
  totalSteps,
  ...rest
}: FineTuneProgress): TrainingProgress {
  return { done: step ?? 0, total: totalSteps ?? 0, ...rest };
}

/** Trains a model unless it is already trained; the cost is reserved before the job is created. */
export async function train(
  study: RunningStudy,
  stage: TrainingStage,
  { signal, onProgress, onWarning, retryFailed }: FineTuneOptions = {},
): Promise<string> {
  const { base, training } = stage;
  const { record, configuration, client, clock } = study;
  const done = trainedModel(base, training, record);
  if (done !== null) return done;
  const { training: text, validation } = stage.text(answersSoFar(study.stages, record));
  requireExamples(stage, text);
  const name = stage.id.replace(/[^A-Za-z0-9.-]+/g, '-');
  const money = trainingMoney(study, stage);
  try {
    const result = await fineTune(
      {
        key: stage.id,
        study: study.id,
        model: askedModel(base, stage.after, record),
        suffix: `${configuration.study}-${stage.suffix}`,
        trainingFile: { name: `${name}.jsonl`, text },
        ...(validation !== null
          ? { validationFile: { name: `${name}-validation.jsonl`, text: validation } }
          : {}),
        hyperparameters: hyperparameters(stage),
      },
      {
        call: client.call,
        journal: record.journal,
        clock,
        pollSeconds: configuration.server.pollSeconds,
        retryFailed,
        signal,
        onProgress: (progress) => onProgress?.(trainingProgress(progress)),
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

/** @throws WeighbridgeError `bad-data` if the server would reject the training file */
function requireExamples({ id }: TrainingStage, jsonLines: string): void {
  const examples = jsonLines === '' ? 0 : jsonLines.split('\n').length;
  if (examples >= FEWEST_EXAMPLES) return;
  throw new WeighbridgeError(
    'bad-data',
    `${id} has ${examples} examples, expected at least ${FEWEST_EXAMPLES}: too few items have valid answers in every class`,
  );
}

function hyperparameters({ base: { fineTuning }, batchSize }: TrainingStage) {
  const { epochs, learningRateMultiplier } = fineTuning;
  return { epochs, learningRateMultiplier, batchSize };
}

/** The cost of training on this number of tokens. */
export function trainingCost({ prices }: ModelConfiguration, tokens: number): Spent {
  return { requests: 0, tokens, usd: ((prices?.training ?? 0) * tokens) / 1e6 };
}

/** Safety margin over the estimate: prompt tokens are estimated to within a tenth. */
const MARGIN = 1.25;

/** Amount reserved for a training until it is billed. */
export function mostTrainingCost(base: ModelConfiguration, estimatedTokens: number): Spent {
  return trainingCost(base, Math.ceil(MARGIN * estimatedTokens));
}

/**
 * The budget of a training: reserved, in the record too, before the job is created, so that an
 * interruption still counts it; replaced by the bill when there is one; released if no job was
 * created.
 */
function trainingMoney({ spending, record }: RunningStudy, { base, id }: TrainingStage) {
  const reservedKey = `reserved/${id}`;
  let reservation: Reservation | null = null;
  let setAside = zeroSpent();
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
      // Without a bill the reservation stays on record and counts as spent.
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
    if (!isWeighbridgeError(cause, 'budget')) throw cause;
    const { message, details } = cause;
    throw new WeighbridgeError('budget', `${stage}: ${message}`, { cause, details });
  }
}
