/**
 * A stage's answers by the Batch API: half the price, and at the server's leisure.
 */
import { WeighbridgeError } from '../errors.js';
import { type BatchEstimate, type BatchItem, runBatches } from './batch/run-batches.js';
import type { FailedAttempt } from './client/chat.js';
import { costOf, nothing, type Reservation, type Spent } from './client/spending.js';
import type { CollectWork } from './collect.js';
import type { RunningStudy } from './open-study.js';
import type { CollectionStage } from './plan.js';
import { outcomeOf } from './read-answers.js';
import type { StoredAnswer } from './record/record.js';
import {
  askedOf,
  itemWithId,
  keepFailure,
  requestFor,
  spentOn,
  stored,
  unansweredItems,
} from './trial-request.js';

/** Yields each answer when it is on disk. @throws WeighbridgeError `job-failed` at the end */
export async function* collectByBatch(
  study: RunningStudy,
  stage: CollectionStage,
  model: string,
  { items, control, guard }: CollectWork,
): AsyncGenerator<StoredAnswer, void, undefined> {
  const { record, configuration, client, clock } = study;
  const { stop, retryFailed, keepVoid, onWarning } = control;
  const money = batchMoney(study, model);
  const { logprobs } = configuration.server;
  const prices = study.prices.of(model);
  const request = (item: number) => requestFor(stage, item, model, logprobs);
  const asked = (item: number) => askedOf(stage, item, request(item));
  const strangers = new Set<string>();
  const wanted = new Set(items);
  const unanswered = unansweredItems(stage, record);
  const failures: FailedAttempt[] = [];
  let unwritten: unknown = null;
  let asks = false;
  const requireGood = () => {
    if (unwritten !== null) throw unwritten;
    if (guard.stopped && !keepVoid) throw guard.stopped;
  };

  for await (const outcome of runBatches(stage.id, batchItems(items, request), {
    study: study.id,
    call: client.call,
    journal: record.journal,
    clock,
    pollSeconds: configuration.server.poll_seconds,
    signal: stop,
    retryFailed: retryFailed === 'retry',
    beforeCreate: async (batch) => {
      asks = true;
      requireGood();
      await money.beforeCreate(batch);
      try {
        // While this one waited, another may have come home.
        requireGood();
      } catch (error) {
        money.onSettled(batch);
        throw error;
      }
    },
    onSettled: money.onSettled,
    onWarning,
    onFailedAttempt: (id, failed) => {
      const item = itemWithId(stage, id);
      if (item === null) {
        strangers.add(id);
        return;
      }
      void keepFailure(record, asked(item), failed).catch((error: unknown) => {
        unwritten ??= error;
      });
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
    const told = stored(item, model, answer);
    // A batch of an earlier run may bring an answer that is on record already.
    if (unanswered.has(item) && record.isAccepted(stage.id, item, answer.raw)) continue;
    const isBetter = unanswered.has(item) && outcomeOf(told) === 'said';
    if (!wanted.delete(item) && !isBetter) continue;
    const spent = spentOn(answer, request(item), prices);
    await record.answer(asked(item), answer, spent, unanswered.delete(item) ? 'replace' : 'first');
    money.spend(spent);
    // Whoever asks again has mended the cause: what an earlier run asked for tells nothing of it.
    if (asks || !control.retryInvalid) guard.note(told, answer.raw);
    yield told;
  }
  if (strangers.size > 0) onWarning?.(strangersLine(stage.id, strangers));
  requireGood();
  requireNoFailures(stage, failures);
}

/** @throws WeighbridgeError `job-failed` */
function requireNoFailures({ id }: CollectionStage, failures: readonly FailedAttempt[]): void {
  const [first] = failures;
  if (!first) return;
  throw new WeighbridgeError(
    'job-failed',
    `${id}: ${failures.length} requests failed in batches, the first because ${first.reason}; run again to send them once more`,
  );
}

function strangersLine(stage: string, ids: ReadonlySet<string>): string {
  const [first = ''] = ids;
  return `${stage}: batches of an earlier run brought ${ids.size} lines with ids that no trial has, which were skipped; the first: ${JSON.stringify(first.slice(0, 60))}`;
}

function* batchItems(
  items: readonly number[],
  request: (item: number) => BatchItem['request'],
): Iterable<BatchItem> {
  for (const item of items) yield { id: String(item), request: request(item) };
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
