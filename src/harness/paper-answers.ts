/** The answers of the paper's stages as rows of the authors' files. */
import { type ChoiceRow, filePrefix, type ReportRow } from '../authors-files/write-study.js';
import type { PaperStage } from '../packs/self-interpretability/stages.js';
import type { AnswerPolicy } from '../study/parse-report.js';
import type { Trial } from '../study/stimuli.js';
import { type InvalidAnswer, invalidAnswer, readAnswer } from './read-answers.js';
import type { StoredAnswer } from './record/record.js';

export type Reading<Row> =
  | {
      readonly valid: true;
      readonly row: Row;
      /** Repairs of the lenient policy; empty under the paper's. */
      readonly repairs: readonly string[];
      readonly outOfRange: boolean;
    }
  | { readonly valid: false; readonly invalid: InvalidAnswer };

export function readChoice(
  stage: PaperStage,
  answer: StoredAnswer,
  policy: AnswerPolicy,
): Reading<ChoiceRow> {
  const reading = readAnswer(stage, answer, policy);
  if (!reading.valid) return { valid: false, invalid: invalidAnswer(stage, answer, reading) };
  const { context, a, b } = trialOf(stage, answer);
  const [logprobA, logprobB] = [answer.logprobs?.get('A'), answer.logprobs?.get('B')];
  const row = {
    model: modelName(stage, answer.model),
    context: context.name,
    choseA: reading.value === 'A',
    ...{ a, b },
    ...(logprobA !== undefined && logprobB !== undefined
      ? { probabilityA: 1 / (1 + Math.exp(logprobB - logprobA)) }
      : {}),
  };
  return { ...reading, row };
}

export function readReport(
  stage: PaperStage,
  answer: StoredAnswer,
  policy: AnswerPolicy,
): Reading<ReportRow> {
  const reading = readAnswer(stage, answer, policy);
  if (!reading.valid) return { valid: false, invalid: invalidAnswer(stage, answer, reading) };
  const { context, a, b } = trialOf(stage, answer);
  const row = {
    model: modelName(stage, answer.model),
    version: contextSet(stage),
    context: context.name,
    weights: reading.value instanceof Map ? [...reading.value.values()] : [],
    ...{ a, b },
  };
  return { ...reading, row };
}

/** The trial of an answer that has been read. */
export function trialOf(stage: PaperStage, { item }: StoredAnswer): Trial {
  const trial = stage.trials[item];
  if (!trial) throw new RangeError(`${stage.id} has no trial ${item}`);
  return trial;
}

/**
 * The model name for the authors' scripts, which read from it what a model was trained on. A prefix is
 * added if the name itself does not say so.
 */
function modelName({ base, suffix }: PaperStage, model: string): string {
  if (suffix === null || (model.startsWith('ft:') && model.includes(suffix))) return model;
  return `ft:${filePrefix(base.name)}:weighbridge:${suffix}:${model}`;
}

/** The authors' names for their two sets of contexts. */
function contextSet({ file }: PaperStage): string {
  return file === 'nativeReports' || file === 'nativeTrainedReports'
    ? 'latent_100-200'
    : 'instilled_100';
}
