/**
 * The steps of a run as separate functions: choices and reports as typed values, in order of
 * arrival.
 */
import type { ChoiceRow, ReportRow } from '../authors-files/write-study.js';
import { WeighbridgeError } from '../errors.js';
import type { TrainingStage } from '../packs/design.js';
import { type PaperStage, paperStages } from '../packs/self-interpretability/stages.js';
import type { AnswerPolicy } from '../study/parse-report.js';
import { collect } from './collect.js';
import type { RunningStudy } from './open-study.js';
import { type Reading, readChoice, readReport } from './paper-answers.js';
import type { InvalidAnswer } from './read-answers.js';
import type { StoredAnswer } from './record/record.js';
import type { StageProgress } from './run-study.js';
import { askedModel, type FineTuneOptions, train } from './training.js';
import { itemsToAsk } from './trial-request.js';

export interface CollectOptions {
  /** Once aborted, no more requests start; those in flight are paid for and still yielded. */
  readonly signal?: AbortSignal;
  /** Called for each answer collected. `total` counts all trials of the stage. */
  readonly onProgress?: (progress: StageProgress) => void;
  /** A base model. @default all models of the study */
  readonly model?: string;
  /** How strictly answers are read. @default 'paper' */
  readonly policy?: AnswerPolicy;
  /**
   * Repeat trials whose accepted answer is void or was stopped by a content filter. @default false
   */
  readonly retryInvalid?: boolean;
  /**
   * Continue if the first 20 answers of a stage are all invalid or the model returns no text, which
   * otherwise stops the collection. @default false
   */
  readonly keepGoing?: boolean;
}

/** A choice or report with its place in the study, or the reason why the answer is invalid. */
export type CollectedRow<Row> =
  | ({ readonly stage: string; readonly item: number; readonly valid: true } & Row)
  | (InvalidAnswer & { readonly valid: false });

/**
 * Yields every choice of the study: first those on record, then the missing ones, each stored on
 * disk before it is yielded.
 * @throws WeighbridgeError `bad-argument` if the preference training is not done; `server`,
 * `unknown-model`, `budget`, `disk-full`; `invalid-answers` if the first 20 answers are all invalid, or the
 * model returns no text
 */
export function collectChoices(
  study: RunningStudy,
  options: CollectOptions = {},
): AsyncGenerator<CollectedRow<ChoiceRow>, void, undefined> {
  return collectKind(study, 'choices', readChoice, options);
}

/** Yields every report of the study, as `collectChoices` yields choices. */
export function collectReports(
  study: RunningStudy,
  options: CollectOptions = {},
): AsyncGenerator<CollectedRow<ReportRow>, void, undefined> {
  return collectKind(study, 'reports', readReport, options);
}

async function* collectKind<Row>(
  study: RunningStudy,
  kind: PaperStage['kind'],
  read: (stage: PaperStage, answer: StoredAnswer, policy: AnswerPolicy) => Reading<Row>,
  { signal, onProgress, model: wanted, policy = 'paper', ...control }: CollectOptions,
): AsyncGenerator<CollectedRow<Row>, void, undefined> {
  for (const stage of paperStages(study.stages)) {
    if (stage.kind !== kind) continue;
    if (wanted !== undefined && stage.base.name !== wanted) continue;
    const row = (answer: StoredAnswer): CollectedRow<Row> => {
      const reading = read(stage, answer, policy);
      return reading.valid
        ? { ...reading.row, stage: stage.id, item: answer.item, valid: true }
        : { ...reading.invalid, valid: false };
    };
    const asked = new Set(itemsToAsk(stage, study.record, control));
    for (const answer of [...study.record.answers(stage.id)]) {
      if (!asked.has(answer.item)) yield row(answer);
    }
    const model = askedModel(stage.base, stage.after, study.record);
    const total = stage.trials.length;
    let done = total - asked.size;
    for await (const answer of collect(study, stage, model, { ...control, signal })) {
      done++;
      onProgress?.({ stage, done, total, training: null });
      yield row(answer);
    }
    if (signal?.aborted) return;
  }
}

/**
 * Trains one of the models derived from a base model, unless it is already trained.
 * @returns its name
 * @throws WeighbridgeError `bad-argument` if its parent model is not trained; `job-failed`,
 * `server`, `budget`
 */
export function fineTune(
  study: RunningStudy,
  model: string,
  training: string,
  options: FineTuneOptions = {},
): Promise<string> {
  return train(study, findTraining(study, model, training), options);
}

/** @throws WeighbridgeError `bad-argument` for a training that the study does not have */
function findTraining({ stages }: RunningStudy, model: string, training: string): TrainingStage {
  for (const stage of stages) {
    if (stage.kind !== 'training') continue;
    if (stage.base.name === model && stage.training === training) return stage;
  }
  throw new WeighbridgeError(
    'bad-argument',
    `the study has no training '${training}' of a model '${model}'`,
  );
}
