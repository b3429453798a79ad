/**
 * Runs a study from where it is to its end: every stage as soon as what it needs is done, all of
 * them through one client, so that its limits hold for the sum.
 */
import { setMaxListeners } from 'node:events';
import { WeighbridgeError } from '../errors.js';
import { collect } from './collect.js';
import type { FineTuneProgress } from './fine-tuning/fine-tune.js';
import type { RunningStudy } from './open-study.js';
import type { CollectionStage, Stage, TrainingStage } from './plan.js';
import { askedModel, train } from './training.js';
import { itemsToAsk } from './trial-request.js';

/** How far a stage is: answers, or a training's news. */
export type StageProgress =
  | {
      readonly kind: 'collection';
      readonly stage: CollectionStage;
      readonly done: number;
      readonly total: number;
    }
  | {
      readonly kind: 'training';
      readonly stage: TrainingStage;
      readonly news: FineTuneProgress;
    };

export interface RunOptions {
  /** Stop gently: what is in flight is paid for and is let come home. */
  readonly stop?: AbortSignal;
  readonly onProgress?: (progress: StageProgress) => void;
  /** Something went otherwise than it should, and was dealt with: one line. */
  readonly onWarning?: ((line: string) => void) | undefined;
  readonly retryFailed?: 'retry' | 'stop';
  /** Ask again where the accepted answer is void or filtered. */
  readonly retryInvalid?: boolean;
  /** Go on where the model answers nothing, which stops the run otherwise. */
  readonly keepVoid?: boolean;
}

/**
 * @throws WeighbridgeError the first reason why a stage could not go on; `interrupted` where it was
 *   asked to stop. What was collected is on record in every case.
 */
export async function runStudy(study: RunningStudy, options: RunOptions = {}): Promise<void> {
  const failure = new AbortController();
  const stop = options.stop ? AbortSignal.any([options.stop, failure.signal]) : failure.signal;
  // One listener for each stage that waits is no leak.
  setMaxListeners(0, stop);
  const running = new Map<string, Promise<boolean>>();
  for (const stage of study.stages) {
    const needs = stage.needs.map((id) => running.get(id));
    running.set(stage.id, runWhenReady(study, stage, needs, { ...options, stop }, failure));
  }
  const finished = await Promise.all(running.values());
  if (options.stop?.aborted) {
    throw new WeighbridgeError(
      'interrupted',
      'stopped; everything collected is on record, and the next run goes on from here',
    );
  }
  if (finished.includes(false)) throw failure.signal.reason;
}

/** True where the stage is done; never rejects: a failure stops the others gently instead. */
async function runWhenReady(
  study: RunningStudy,
  stage: Stage,
  needs: readonly (Promise<boolean> | undefined)[],
  options: RunOptions & { readonly stop: AbortSignal },
  failure: AbortController,
): Promise<boolean> {
  await Promise.all(needs);
  // So too where a stage that it needs has failed.
  if (options.stop.aborted) return false;
  try {
    await runStage(study, stage, options, (error) => failure.abort(error));
    return !options.stop.aborted;
  } catch (error) {
    failure.abort(error);
    return false;
  }
}

async function runStage(
  study: RunningStudy,
  stage: Stage,
  options: RunOptions,
  onFailure: (error: unknown) => void,
): Promise<void> {
  const { stop, onProgress, onWarning, retryFailed, retryInvalid, keepVoid } = options;
  if (stage.kind === 'training') {
    await train(study, stage, {
      ...(stop ? { stop } : {}),
      ...(retryFailed ? { retryFailed } : {}),
      onProgress: (news) => onProgress?.({ kind: 'training', stage, news }),
      onWarning,
    });
    return;
  }
  const total = stage.trials.length;
  let done = total - itemsToAsk(stage, study.record, retryInvalid).length;
  onProgress?.({ kind: 'collection', stage, done, total });
  const model = askedModel(stage.base, stage.after, study.record);
  const explain = (error: unknown) => (stage.after === null ? error : modelGone(error, model));
  const control = { stop, retryFailed, retryInvalid, keepVoid, onWarning };
  try {
    for await (const _ of collect(study, stage, model, {
      ...control,
      onFailure: (error) => onFailure(explain(error)),
    })) {
      done++;
      onProgress?.({ kind: 'collection', stage, done, total });
    }
  } catch (error) {
    throw explain(error);
  }
}

/** Answers of two trainings must not be mixed: there is no way on but the same model. */
function modelGone(error: unknown, model: string): unknown {
  if (!(error instanceof WeighbridgeError) || !error.message.includes('does not know the model')) {
    return error;
  }
  return new WeighbridgeError(
    error.code,
    `${error.message}: the trained model ${model} is gone from the server, and its answers cannot be mixed with another's; serve it again, or begin a new study`,
    { cause: error },
  );
}
