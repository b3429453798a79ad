/**
 * Asks for the answers that a stage still lacks and records each before it is told of.
 */
import { setMaxListeners } from 'node:events';
import { collectByBatch } from './collect-by-batch.js';
import type { RunningStudy } from './open-study.js';
import type { CollectionStage } from './plan.js';
import type { StoredAnswer } from './record/record.js';
import { askedOf, itemsToAsk, keepFailure, requestFor, spentOn, stored } from './trial-request.js';
import { unordered } from './unordered.js';
import { openVoidGuard, type VoidGuard } from './void-guard.js';

export interface CollectControl {
  /** Lets requests in flight finish, for they are paid for, and starts no more. */
  readonly stop?: AbortSignal | undefined;
  /** Ask, and pay, again for batches that are gone from the server. */
  readonly retryFailed?: 'retry' | 'stop' | undefined;
  /** Something went otherwise than it should, and was dealt with: one line. */
  readonly onWarning?: ((line: string) => void) | undefined;
  /** Ask again where the accepted answer is void or filtered; a new one takes its place. */
  readonly retryInvalid?: boolean | undefined;
  /** Go on where the model answers nothing. */
  readonly keepVoid?: boolean | undefined;
  /** Told of the first failure at once; the iteration ends when what is in flight is home. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/**
 * Yields each answer when it is on disk, in the order in which they come.
 * @param model the model to ask, base or trained
 * @throws WeighbridgeError `void-answers` where the model answers nothing
 */
export async function* collect(
  study: RunningStudy,
  stage: CollectionStage,
  model: string,
  control: CollectControl = {},
): AsyncGenerator<StoredAnswer, void, undefined> {
  const { record, configuration } = study;
  const items = itemsToAsk(stage, record, control.retryInvalid);
  const guard = openVoidGuard(stage);
  const work = configuration.server.mode === 'batch' ? collectByBatch : collectLive;
  yield* work(study, stage, model, { items, control, guard });
  const reason = control.stop?.aborted ? null : guard.atEnd(() => record.answers(stage.id));
  if (reason && !control.keepVoid) throw reason;
}

/** What is to be asked, and how. */
export interface CollectWork {
  readonly items: readonly number[];
  readonly control: CollectControl;
  readonly guard: VoidGuard;
}

async function* collectLive(
  study: RunningStudy,
  stage: CollectionStage,
  model: string,
  { items, control, guard }: CollectWork,
): AsyncGenerator<StoredAnswer, void, undefined> {
  const { client, record, configuration } = study;
  const { concurrency, logprobs } = configuration.server;
  const prices = study.prices.of(model);
  const halt = openHalt(control);
  const ask = async (item: number): Promise<StoredAnswer> => {
    const request = requestFor(stage, item, model, logprobs);
    const asked = askedOf(stage, item, request);
    const kept: Promise<void>[] = [];
    const answer = await client.chat(request, {
      signal: halt.signal,
      onFailedAttempt: (failed) =>
        kept.push(keepFailure(record, asked, failed).catch(halt.because)),
    });
    await Promise.all(kept);
    const accept = control.retryInvalid ? 'replace' : 'first';
    await record.answer(asked, answer, spentOn(answer, request, prices), accept);
    const told = stored(item, model, answer);
    const reason = guard.note(told, answer.raw);
    if (reason && !control.keepVoid) throw reason;
    return told;
  };
  const haltingAsk = (item: number) =>
    ask(item).catch((error: unknown) => {
      halt.because(error);
      throw error;
    });
  yield* unordered(items, concurrency, haltingAsk, control.stop);
  halt.throwIfFailed();
}

/**
 * The first failure, be it a write, calls off at once all that waits to be sent: what would come of
 * it may not be kept, and is paid for.
 */
function openHalt({ stop, onFailure }: CollectControl) {
  const failure = new AbortController();
  const signal = stop ? AbortSignal.any([stop, failure.signal]) : failure.signal;
  // One listener for each request that waits is no leak.
  setMaxListeners(0, signal);
  return {
    signal,
    because(error: unknown): void {
      if (signal.aborted) return;
      failure.abort(error);
      onFailure?.(error);
    },
    throwIfFailed: () => failure.signal.throwIfAborted(),
  };
}
