/** Collects a stage's answers by the Batch API, at half the price and within a day. */
import { WeighbridgeError } from '../errors.js';
import {
  type BatchEstimate,
  type BatchItem,
  type BatchOutcome,
  runBatches,
} from './batch/run-batches.js';
import { type Answer, type FailedAttempt, mostUsage } from './client/chat.js';
import { unreadableAnswer } from './client/completion.js';
import {
  addSpent,
  costOf,
  type Reservation,
  type Spent,
  spentOn,
  zeroSpent,
} from './client/spending.js';
import type { Collection } from './collect.js';
import type { RunningStudy } from './open-study.js';
import { outcomeOf } from './read-answers.js';
import type { StoredAnswer } from './record/record.js';
import {
  acceptance,
  askedOf,
  itemWithId,
  keepFailure,
  requestFor,
  stored,
  unansweredItems,
} from './trial-request.js';

/** @throws WeighbridgeError `job-failed` at the end, if requests failed */
export async function* collectByBatch(
  collection: Collection,
  items: readonly number[],
): AsyncGenerator<StoredAnswer, void, undefined> {
  const { study, stage, control } = collection;
  const batches = new BatchCollection(collection, items);
  const outcomes = runBatches(stage.id, batches.requests(items), {
    study: study.id,
    call: study.client.call,
    journal: study.record.journal,
    clock: study.clock,
    pollSeconds: study.configuration.server.pollSeconds,
    labelsOf: (id) => batches.labelsOf(id),
    refused: study.refused,
    signal: control.signal,
    retryFailed: control.retryFailed,
    beforeCreate: (batch) => batches.beforeCreate(batch),
    onSettled: (batch) => batches.budget.settle(batch),
    onWarning: control.onWarning,
    onFailedAttempt: (id, failed) => batches.noteFailedAttempt(id, failed),
  });
  for await (const outcome of outcomes) {
    const answered = await batches.keep(outcome);
    if (answered) yield answered;
  }
  batches.end();
}

class BatchCollection {
  readonly budget: BatchBudget;
  private readonly wanted: Set<number>;
  /** Trials whose accepted answer is void or filtered. */
  private readonly unanswered: Set<number>;
  /** Ids in the output that match none of our requests. */
  private readonly unknownIds = new Set<string>();
  private readonly failures: FailedAttempt[] = [];
  private writeError: unknown = null;
  /** True if this run has created a batch. */
  private hasCreated = false;

  constructor(
    private readonly collection: Collection,
    items: readonly number[],
  ) {
    const { study, stage, model } = collection;
    this.budget = new BatchBudget(study, model);
    this.wanted = new Set(items);
    this.unanswered = unansweredItems(stage, study.record);
  }

  *requests(items: readonly number[]): Iterable<BatchItem> {
    for (const item of items) yield { id: String(item), request: this.request(item) };
  }

  labelsOf(id: string): readonly string[] | null {
    const item = itemWithId(this.collection.stage, id);
    return item === null ? null : this.request(item).labels;
  }

  async beforeCreate(batch: BatchEstimate): Promise<void> {
    this.hasCreated = true;
    this.requireGoodAnswers();
    await this.budget.reserve(batch);
    try {
      // Another batch may have ended while this one waited.
      this.requireGoodAnswers();
    } catch (error) {
      this.budget.settle(batch);
      throw error;
    }
  }

  /** Records an attempt that is not the last, without waiting for the disk. */
  noteFailedAttempt(id: string, failed: FailedAttempt): void {
    const item = this.itemOf(id);
    if (item === null) return;
    this.keepFailure(item, failed).catch((error: unknown) => {
      this.writeError ??= error;
    });
  }

  /** Resolves when the outcome is on disk. @returns the answer, or null if it was not wanted */
  async keep(outcome: BatchOutcome): Promise<StoredAnswer | null> {
    const item = this.itemOf(outcome.id);
    if (item === null) return null;
    if ('answer' in outcome) return this.keepAnswer(item, outcome.answer);
    if (!this.wanted.has(item)) return null;
    const { failed } = outcome;
    await this.keepFailure(item, failed);
    const { study, stage, model } = this.collection;
    if (failed.unreadable !== undefined && study.record.answered(stage.id).size > 0) {
      return this.keepAnswer(item, unreadableAnswer(model, failed.unreadable, failed.attempt));
    }
    this.failures.push(failed);
    return null;
  }

  /** @throws WeighbridgeError `job-failed`, `invalid-answers`, `disk-full` */
  end(): void {
    const { stage, control } = this.collection;
    const [firstId] = this.unknownIds;
    if (firstId !== undefined) {
      control.onWarning?.(
        `${stage.id}: batches of an earlier run brought ${this.unknownIds.size} lines with ids that no trial has, which were skipped; the first: ${JSON.stringify(firstId.slice(0, 60))}`,
      );
    }
    this.requireGoodAnswers();
    const [first] = this.failures;
    if (!first) return;
    throw new WeighbridgeError(
      'job-failed',
      `${stage.id}: ${this.failures.length} requests failed in batches, the first because ${first.reason}; run again to send them once more`,
    );
  }

  private async keepAnswer(item: number, answer: Answer): Promise<StoredAnswer | null> {
    const { study, stage, model, control, guard } = this.collection;
    const { record, prices } = study;
    const { wanted, unanswered } = this;
    const answered = stored(item, model, answer);
    // A batch of an earlier run may deliver an answer that is already on record.
    if (unanswered.has(item) && record.isAccepted(stage.id, item, answer.raw)) return null;
    const isBetter = unanswered.has(item) && outcomeOf(answered) === 'said';
    if (!wanted.delete(item) && !isBetter) return null;
    const request = this.request(item);
    const usage = answer.usage ?? mostUsage(request);
    const spent = answer.spent ?? spentOn(prices.of(model), usage);
    const accept = unanswered.delete(item) ? 'replace' : 'first';
    await record.answer(askedOf(stage, item, request), answer, spent, accept);
    this.budget.spend(spent);
    // If trials are asked again, answers that an earlier run requested do not count.
    if (this.hasCreated || acceptance(control) === 'first') guard.note(answered, answer.raw);
    return answered;
  }

  private keepFailure(item: number, failed: FailedAttempt): Promise<void> {
    const { study, stage } = this.collection;
    return keepFailure(study.record, askedOf(stage, item, this.request(item)), failed);
  }

  private request(item: number): BatchItem['request'] {
    const { stage, model, answers } = this.collection;
    return requestFor(stage, item, model, answers);
  }

  private itemOf(id: string): number | null {
    const item = itemWithId(this.collection.stage, id);
    if (item === null) this.unknownIds.add(id);
    return item;
  }

  private requireGoodAnswers(): void {
    const { guard, control } = this.collection;
    if (this.writeError !== null) throw this.writeError;
    if (guard.stopped && !control.keepGoing) throw guard.stopped;
  }
}

/**
 * The budget of a stage's batches. The estimated maximum is reserved, in the record too, before a
 * batch is created, and replaced by the actual cost when all answers have arrived. Batches are
 * delivered one at a time, so spending since the last delivery belongs to the current batch.
 */
class BatchBudget {
  private readonly reservations = new Map<string, Reservation>();
  private spent = zeroSpent();

  constructor(
    private readonly study: RunningStudy,
    private readonly model: string,
  ) {}

  spend(cost: Spent): void {
    addSpent(this.spent, cost);
  }

  async reserve(batch: BatchEstimate): Promise<void> {
    const { prices, spending, record } = this.study;
    const {
      requests,
      mostPromptTokens: promptTokens,
      mostCompletionTokens: completionTokens,
    } = batch;
    const cost = {
      requests,
      tokens: promptTokens + completionTokens,
      usd: costOf(prices.of(this.model), { promptTokens, completionTokens }),
    };
    this.reservations.set(batch.reservation, await spending.reserve(cost));
    record.charge(batch.reservation, cost);
  }

  settle({ reservation }: BatchEstimate): void {
    // A batch of an earlier run counts at its maximum cost until this run ends.
    this.reservations.get(reservation)?.settle(this.spent);
    this.study.record.uncharge(reservation);
    this.spent = zeroSpent();
  }
}
