/**
 * Runs a study to its end, or cancels its jobs at the server. Each stage starts when its
 * dependencies are done; all stages share one client, so the limits apply to their sum.
 */
import { setMaxListeners } from 'node:events';
import { isWeighbridgeError, WeighbridgeError } from '../errors.js';
import type { Stage } from '../packs/design.js';
import { batchState, cancelBatches } from './batch/run-batches.js';
import { collect } from './collect.js';
import { cancelFineTune, fineTuneState } from './fine-tuning/fine-tune.js';
import type { RunningStudy } from './open-study.js';
import { askedModel, type TrainingProgress, train } from './training.js';
import { answersSoFar, itemsToAsk } from './trial-request.js';

/** Progress of a stage. */
export interface StageProgress {
  readonly stage: Stage;
  /** Answers of a collection, or steps of a training. */
  readonly done: number;
  readonly total: number;
  /** Progress as reported by the server; null for a collection. */
  readonly training: TrainingProgress | null;
}

export interface RunStudyOptions {
  /** Stops gracefully: requests in flight are paid for, so they are awaited. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: StageProgress) => void;
  /** Receives one line for each problem that was handled. */
  readonly onWarning?: ((line: string) => void) | undefined;
  /**
   * Repeat failed trainings, lost batches, and trials whose prompt was refused or whose answers could
   * not be read; all are paid for again. @default false
   */
  readonly retryFailed?: boolean;
  /**
   * Repeat trials whose accepted answer is void or was stopped by a content filter. @default false
   */
  readonly retryInvalid?: boolean;
  /**
   * Continue if the first 20 answers of a stage are all invalid, the model returns no text, or trained
   * preferences show no better than by chance, which otherwise stops the run. @default false
   */
  readonly keepGoing?: boolean;
}

/**
 * Runs all stages. Collected answers are on record even if it throws.
 * @throws WeighbridgeError the first reason why a stage could not continue; `interrupted` if
 * `signal`
 * was aborted
 */
export async function runStudy(study: RunningStudy, options: RunStudyOptions = {}): Promise<void> {
  const failure = new AbortController();
  const signal = options.signal
    ? AbortSignal.any([options.signal, failure.signal])
    : failure.signal;
  // One listener per waiting stage is not a leak.
  setMaxListeners(0, signal);
  const running = new Map<string, Promise<boolean>>();
  for (const stage of study.stages) {
    const needs = stage.needs.map((id) => running.get(id));
    running.set(stage.id, runWhenReady(study, stage, needs, { ...options, signal }, failure));
  }
  const finished = await Promise.all(running.values());
  if (options.signal?.aborted) {
    throw new WeighbridgeError(
      'interrupted',
      'stopped; everything collected is on record, and the next run goes on from here',
    );
  }
  if (finished.includes(false)) throw failure.signal.reason;
}

/**
 * Returns whether the stage is done; never rejects: a failure stops the other stages gracefully.
 */
async function runWhenReady(
  study: RunningStudy,
  stage: Stage,
  needs: readonly (Promise<boolean> | undefined)[],
  options: RunStudyOptions & { readonly signal: AbortSignal },
  failure: AbortController,
): Promise<boolean> {
  await Promise.all(needs);
  // Also if a stage that it needs has failed.
  if (options.signal.aborted) return false;
  try {
    await runStage(study, stage, options, (error) => failure.abort(error));
    return !options.signal.aborted;
  } catch (error) {
    failure.abort(error);
    return false;
  }
}

async function runStage(
  study: RunningStudy,
  stage: Stage,
  options: RunStudyOptions,
  onFailure: (error: unknown) => void,
): Promise<void> {
  const { onProgress, ...control } = options;
  if (!options.keepGoing) stage.requireReady?.(answersSoFar(study.stages, study.record));
  if (stage.kind === 'training') {
    await train(study, stage, {
      ...control,
      onProgress: (training) => {
        const { done, total } = training;
        onProgress?.({ stage, done, total, training });
      },
    });
    return;
  }
  const total = stage.trials.length;
  let done = total - itemsToAsk(stage, study.record, options).length;
  onProgress?.({ stage, done, total, training: null });
  const model = askedModel(stage.base, stage.after, study.record);
  const explain = (error: unknown) => (stage.after === null ? error : modelGone(error, model));
  try {
    for await (const _ of collect(study, stage, model, {
      ...control,
      onFailure: (error) => onFailure(explain(error)),
    })) {
      done++;
      onProgress?.({ stage, done, total, training: null });
    }
  } catch (error) {
    throw explain(error);
  }
}

/** Answers of two trainings must not be mixed, so only the same model can continue the stage. */
function modelGone(error: unknown, model: string): unknown {
  if (!isWeighbridgeError(error, 'unknown-model')) return error;
  return new WeighbridgeError(
    error.code,
    `${error.message}: the trained model ${model} is gone from the server, and its answers cannot be mixed with another's; serve it again, or begin a new study`,
    { cause: error, details: error.details },
  );
}

export interface CancelOptions {
  readonly signal?: AbortSignal | undefined;
  /** Receives one line for each problem that was handled. */
  readonly onWarning?: ((line: string) => void) | undefined;
}

/**
 * Cancels a study's training jobs and batches at the server. Results so far are kept; nothing new
 * is paid for.
 * @returns the stages whose jobs or batches were cancelled
 */
export async function cancelStudy(
  study: RunningStudy,
  options: CancelOptions = {},
): Promise<string[]> {
  const cancelled: string[] = [];
  for (const stage of study.stages) {
    const cancel = stage.kind === 'training' ? cancelTraining : cancelCollection;
    if (await cancel(study, stage.id, options)) cancelled.push(stage.id);
  }
  return cancelled;
}

async function cancelTraining(
  { id: study, client, record }: RunningStudy,
  key: string,
  options: CancelOptions,
): Promise<boolean> {
  const { stage } = fineTuneState(key, record.journal);
  if (stage !== 'running' && stage !== 'creating' && stage !== 'damaged') return false;
  await cancelFineTune({ key, study }, { ...options, call: client.call, journal: record.journal });
  return true;
}

async function cancelCollection(
  { id: study, client, record, clock, configuration }: RunningStudy,
  key: string,
  options: CancelOptions,
): Promise<boolean> {
  if (batchState(key, record.journal)?.length === 0) return false;
  return cancelBatches(key, {
    ...options,
    study,
    call: client.call,
    journal: record.journal,
    clock,
    pollSeconds: configuration.server.pollSeconds,
  });
}
