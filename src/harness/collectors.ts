/**
 * The parts of a run one by one, for programs: choices and reports as typed values, as they come.
 */
import type { AnswerPolicy } from '../study/parse-report.js';
import type { ChoiceRow, ReportRow } from '../study/write-study.js';
import { collect } from './collect.js';
import type { FineTuneProgress } from './fine-tuning/fine-tune.js';
import type { RunningStudy } from './open-study.js';
import { type CollectionStage, findTraining, type Training } from './plan.js';
import { type InvalidAnswer, type Reading, readChoice, readReport } from './read-answers.js';
import type { StoredAnswer } from './record/record.js';
import { askedModel, train } from './training.js';
import { itemsToAsk } from './trial-request.js';

export interface CollectOptions {
  /** Starts no more requests once aborted; those in flight are paid for and still yielded. */
  readonly signal?: AbortSignal;
  /** Only this base model; all of the study's by default. */
  readonly model?: string;
  /** How strictly answers are read; the paper's way by default. */
  readonly policy?: AnswerPolicy;
  /** Ask again where the accepted answer is void or was kept back by a content filter. */
  readonly retryInvalid?: boolean;
  /** Go on where the model answers nothing, which stops the collection otherwise. */
  readonly keepVoid?: boolean;
}

/** A choice or report with its place in the study, or why an answer is none. */
export type CollectedRow<Row> =
  | ({ readonly stage: string; readonly item: number; readonly valid: true } & Row)
  | (InvalidAnswer & { readonly valid: false });

/**
 * Every choice of the study: those on record first, then those still missing, each on disk before
 * it is yielded.
 * @throws WeighbridgeError `bad-argument` where the preference training is not done; `server`,
 *   `budget`, `disk-full`; `void-answers` where the model answers nothing
 */
export function collectChoices(
  study: RunningStudy,
  options: CollectOptions = {},
): AsyncGenerator<CollectedRow<ChoiceRow>, void, undefined> {
  return collectKind(study, 'choices', readChoice, options);
}

/** Every report of the study, as `collectChoices` does it. */
export function collectReports(
  study: RunningStudy,
  options: CollectOptions = {},
): AsyncGenerator<CollectedRow<ReportRow>, void, undefined> {
  return collectKind(study, 'reports', readReport, options);
}

async function* collectKind<Row>(
  study: RunningStudy,
  kind: CollectionStage['kind'],
  read: (stage: CollectionStage, answer: StoredAnswer, policy: AnswerPolicy) => Reading<Row>,
  { signal, model: wanted, policy = 'paper', ...control }: CollectOptions,
): AsyncGenerator<CollectedRow<Row>, void, undefined> {
  for (const stage of study.stages) {
    if (stage.kind !== kind) continue;
    if (wanted !== undefined && stage.base.name !== wanted) continue;
    const row = (answer: StoredAnswer): CollectedRow<Row> => {
      const reading = read(stage, answer, policy);
      return reading.valid
        ? { ...reading.row, stage: stage.id, item: answer.item, valid: true }
        : { ...reading.invalid, valid: false };
    };
    const asked = new Set(itemsToAsk(stage, study.record, control.retryInvalid));
    for (const answer of [...study.record.answers(stage.id)]) {
      if (!asked.has(answer.item)) yield row(answer);
    }
    const model = askedModel(stage.base, stage.after, study.record);
    for await (const answer of collect(study, stage, model, { ...control, stop: signal })) {
      yield row(answer);
    }
    if (signal?.aborted) return;
  }
}

export interface FineTuneOptions {
  /** Stops watching; the job goes on at the server, and the next call finds it. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FineTuneProgress) => void;
  readonly retryFailed?: 'retry' | 'stop';
}

/**
 * Trains one of a base model's descendants, or finds that it is trained, and gives its name.
 * @throws WeighbridgeError `bad-argument` where its own base is not trained; `job-failed`,
 *   `server`, `budget`
 */
export function fineTune(
  study: RunningStudy,
  model: string,
  training: Training,
  { signal, ...options }: FineTuneOptions = {},
): Promise<string> {
  const stage = findTraining(study.stages, model, training);
  return train(study, stage, { ...options, ...(signal ? { stop: signal } : {}) });
}
