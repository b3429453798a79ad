/**
 * Collects the missing answers of a stage, by single requests or by the Batch API. An answer is on
 * disk before it is yielded.
 */
import { setMaxListeners } from 'node:events';
import type { AnswersSoFar, CollectionStage } from '../packs/design.js';
import { AnswerGuard } from './answer-guard.js';
import { collectByBatch } from './collect-by-batch.js';
import type { RunningStudy } from './open-study.js';
import type { StoredAnswer } from './record/record.js';
import {
  acceptance,
  answersSoFar,
  askedOf,
  itemsToAsk,
  keepFailure,
  requestFor,
  stored,
} from './trial-request.js';
import { unordered } from './unordered.js';

interface CollectControl {
  /** Once aborted, no more requests start; those in flight are paid for, so they are awaited. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Repeat, and pay for, batches that are gone from the server, and trials whose prompt was refused
   * or whose answers could not be read. @default false
   */
  readonly retryFailed?: boolean | undefined;
  /**
   * Repeat trials whose accepted answer is void or filtered; the new answer replaces it. @default
   * false
   */
  readonly retryInvalid?: boolean | undefined;
  /** Continue even if all answers are invalid at first, or hold no text. @default false */
  readonly keepGoing?: boolean | undefined;
  /** Receives one line for each problem that was handled. */
  readonly onWarning?: ((line: string) => void) | undefined;
  /**
   * Receives the first failure immediately; the iteration ends when requests in flight have
   * finished.
   */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/** A collection: the stage, the model, and how it is asked. */
export interface Collection {
  readonly study: RunningStudy;
  readonly stage: CollectionStage;
  /** The model to ask, base or trained. */
  readonly model: string;
  /** Answers of the stages that this one needs. */
  readonly answers: AnswersSoFar;
  readonly control: CollectControl;
  readonly guard: AnswerGuard;
}

/**
 * Yields answers in order of arrival.
 * @param model the model to ask, base or trained
 * @throws WeighbridgeError `invalid-answers` if the first 20 answers are all invalid, or the model returns no text; `job-failed`, `server`,
 * `unknown-model`, `budget`, `disk-full`
 */
export async function* collect(
  study: RunningStudy,
  stage: CollectionStage,
  model: string,
  control: CollectControl = {},
): AsyncGenerator<StoredAnswer, void, undefined> {
  const { record, configuration } = study;
  const { signal, keepGoing } = control;
  const items = itemsToAsk(stage, record, control);
  const guard = new AnswerGuard(stage, () => record.answers(stage.id));
  const answers = answersSoFar(study.stages, record);
  const collection = { study, stage, model, answers, control, guard };
  if (configuration.server.mode === 'batch') {
    yield* collectByBatch(collection, items);
  } else {
    const live = new LiveCollection(collection);
    yield* unordered(items, study.places, (item) => live.ask(item), signal);
    live.throwIfFailed();
  }
  const reason = signal?.aborted ? null : guard.atEnd();
  if (reason && !keepGoing) throw reason;
}

/** Collects by single requests. The first failure aborts all requests that have not been sent. */
class LiveCollection {
  private readonly failure = new AbortController();
  private readonly signal: AbortSignal;

  constructor(private readonly collection: Collection) {
    const { signal } = collection.control;
    this.signal = signal ? AbortSignal.any([signal, this.failure.signal]) : this.failure.signal;
    // One listener per waiting request is not a leak.
    setMaxListeners(0, this.signal);
  }

  /** Resolves when the answer is on disk. */
  async ask(item: number): Promise<StoredAnswer> {
    const { study, stage, model, answers, control, guard } = this.collection;
    const { client, record } = study;
    const request = requestFor(stage, item, model, answers);
    const asked = askedOf(stage, item, request);
    const kept: Promise<void>[] = [];
    try {
      const answer = await client.chat(request, {
        signal: this.signal,
        onFailedAttempt: (failed) =>
          kept.push(keepFailure(record, asked, failed).catch((error) => this.fail(error))),
      });
      await Promise.all(kept);
      await record.answer(asked, answer, answer.spent, acceptance(control));
      const answered = stored(item, model, answer);
      const reason = guard.note(answered, answer.raw);
      if (reason && !control.keepGoing) throw reason;
      return answered;
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  throwIfFailed(): void {
    this.failure.signal.throwIfAborted();
  }

  /** Keeps the first failure, including that of a write: later answers might not be stored. */
  private fail(error: unknown): void {
    if (this.signal.aborted) return;
    this.failure.abort(error);
    this.collection.control.onFailure?.(error);
  }
}
