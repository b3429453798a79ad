/**
 * Asks for the answers that a stage still lacks and records each before it is told of.
 */

import { collectByBatch } from './collect-by-batch.js';
import type { RunningStudy } from './open-study.js';
import type { CollectionStage } from './plan.js';
import type { StoredAnswer } from './record/record.js';
import {
  askedOf,
  keepFailure,
  missingItems,
  requestFor,
  spentOn,
  stored,
} from './trial-request.js';
import { unordered } from './unordered.js';

export interface CollectControl {
  /** Lets requests in flight finish, for they are paid for, and starts no more. */
  readonly stop?: AbortSignal | undefined;
  /** Ask, and pay, again for batches that are gone from the server. */
  readonly retryFailed?: 'retry' | 'stop' | undefined;
  /** Something went otherwise than it should, and was dealt with: one line. */
  readonly onWarning?: ((line: string) => void) | undefined;
}

/**
 * Yields each answer when it is on disk, in the order in which they come.
 * @param model the model to ask, base or trained
 */
export function collect(
  study: RunningStudy,
  stage: CollectionStage,
  model: string,
  control: CollectControl = {},
): AsyncIterable<StoredAnswer> {
  const missing = missingItems(stage, study.record.answered(stage.id));
  return study.configuration.server.mode === 'batch'
    ? collectByBatch(study, stage, model, missing, control)
    : collectLive(study, stage, model, missing, control);
}

function collectLive(
  study: RunningStudy,
  stage: CollectionStage,
  model: string,
  missing: readonly number[],
  { stop }: CollectControl,
): AsyncIterable<StoredAnswer> {
  const { client, record, configuration } = study;
  const { concurrency, logprobs } = configuration.server;
  const prices = study.prices.of(model);
  const ask = async (item: number): Promise<StoredAnswer> => {
    const request = requestFor(stage, item, model, logprobs);
    const asked = askedOf(stage, item, request);
    const kept: Promise<void>[] = [];
    const answer = await client.chat(request, {
      ...(stop ? { signal: stop } : {}),
      onFailedAttempt: (failed) => kept.push(keepFailure(record, asked, failed)),
    });
    await Promise.all(kept);
    await record.answer(asked, answer, spentOn(answer, request, prices));
    return stored(item, model, answer);
  };
  return unordered(missing, concurrency, ask, stop);
}
