/**
 * A stage's answers by the Batch API: half the price, and at the server's leisure.
 */
import { WeighbridgeError } from '../errors.js';
import { type BatchEstimate, type BatchItem, runBatches } from './batch/run-batches.js';
import type { FailedAttempt } from './client/chat.js';
import { costOf, nothing, type Reservation, type Spent } from './client/spending.js';
import type { CollectControl } from './collect.js';
import type { RunningStudy } from './open-study.js';
import type { CollectionStage } from './plan.js';
import type { StoredAnswer } from './record/record.js';
import { askedOf, itemWithId, keepFailure, requestFor, spentOn, stored } from './trial-request.js';

/** Yields each answer when it is on disk. @throws WeighbridgeError `job-failed` at the end */
export async function* collectByBatch(
  study: RunningStudy,
  stage: CollectionStage,
  model: string,
  missing: readonly number[],
  { stop, retryFailed, onWarning }: CollectControl,
): AsyncGenerator<StoredAnswer, void, undefined> {
  const { record, configuration, client, clock } = study;
  const money = batchMoney(study, model);
  const { logprobs } = configuration.server;
  const prices = study.prices.of(model);
  const request = (item: number) => requestFor(stage, item, model, logprobs);
  const asked = (item: number) => askedOf(stage, item, request(item));
  const strangers = new Set<string>();
  const wanted = new Set(missing);
  const failures: FailedAttempt[] = [];

  for await (const outcome of runBatches(stage.id, batchItems(missing, request), {
    study: study.id,
    call: client.call,
    journal: record.journal,
    clock,
    pollSeconds: configuration.server.poll_seconds,
    signal: stop,
    retryFailed: retryFailed === 'retry',
    beforeCreate: money.beforeCreate,
    onSettled: money.onSettled,
    onWarning,
    onFailedAttempt: (id, failed) => {
      const item = itemWithId(stage, id);
      if (item === null) strangers.add(id);
      else void keepFailure(record, asked(item), failed);
    },
  })) {
    const item = itemWithId(stage, outcome.id);
    if (item === null) {
      strangers.add(outcome.id);
      continue;
    }
    if ('failed' in outcome) {
      if (!wanted.has(item)) continue;
      await keepFailure(record, asked(item), outcome.failed);
      failures.push(outcome.failed);
      continue;
    }
    const { answer } = outcome;
    // A batch of an earlier run may bring an answer that is on record already.
    if (!wanted.delete(item)) continue;
    const spent = spentOn(answer, request(item), prices);
    await record.answer(asked(item), answer, spent);
    money.spend(spent);
    yield stored(item, model, answer);
  }
  if (strangers.size > 0) onWarning?.(strangersLine(stage.id, strangers));
  const [first] = failures;
  if (!first) return;
  throw new WeighbridgeError(
    'job-failed',
    `${stage.id}: ${failures.length} requests failed in batches, the first because ${first.reason}; run again to send them once more`,
  );
}

function strangersLine(stage: string, ids: ReadonlySet<string>): string {
  const [first = ''] = ids;
  return `${stage}: batches of an earlier run brought ${ids.size} lines with ids that no trial has, which were skipped; the first: ${JSON.stringify(first.slice(0, 60))}`;
}

function* batchItems(
  missing: readonly number[],
  request: (item: number) => BatchItem['request'],
): Iterable<BatchItem> {
  for (const item of missing) yield { id: String(item), request: request(item) };
}

/**
 * Money is set aside, on record too, before a batch is made, and gives way to what its answers cost
 * when they are all there: batches are delivered one at a time, so that what was spent since the
 * last one was spent on this.
 */
function batchMoney({ prices, spending, record }: RunningStudy, model: string) {
  const reservations = new Map<string, Reservation>();
  let spent = nothing();
  const most = ({ requests, mostPromptTokens, mostCompletionTokens }: BatchEstimate): Spent => ({
    requests,
    tokens: mostPromptTokens + mostCompletionTokens,
    usd: costOf(prices.of(model), {
      promptTokens: mostPromptTokens,
      completionTokens: mostCompletionTokens,
    }),
  });
  return {
    spend(on: Spent): void {
      spent.requests += on.requests;
      spent.tokens += on.tokens;
      spent.usd += on.usd;
    },
    async beforeCreate(batch: BatchEstimate): Promise<void> {
      const cost = most(batch);
      reservations.set(batch.reservation, await spending.reserve(cost));
      record.charge(batch.reservation, cost);
    },
    onSettled({ reservation }: BatchEstimate): void {
      // Of a batch of an earlier run the most is counted as spent until this run ends.
      reservations.get(reservation)?.settle(spent);
      record.uncharge(reservation);
      spent = nothing();
    },
  };
}
