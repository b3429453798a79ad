/**
 * From what a model said to a typed choice or report, or to the reason why it is none. The raw
 * text stays in the record: another policy reads it anew.
 */
import { parseChoice } from '../study/parse-choice.js';
import { type AnswerPolicy, parseReport, type ReportRejection } from '../study/parse-report.js';
import type { ChoiceRow, ReportRow } from '../study/write-study.js';
import { filePrefix } from './configuration/schema.js';
import type { CollectionStage } from './plan.js';
import type { StoredAnswer } from './record/record.js';

export type InvalidReason = ReportRejection['reason'] | 'neither-a-nor-b';

/** An answer that the policy does not take, as it was given. */
export interface InvalidAnswer {
  readonly stage: string;
  readonly item: number;
  readonly context: string;
  readonly reason: InvalidReason;
  readonly detail: string;
  readonly text: string;
}

export type Reading<Row> =
  | {
      readonly valid: true;
      readonly row: Row;
      /** What the lenient policy mended; empty under the paper's. */
      readonly repairs: readonly string[];
      readonly outOfRange: boolean;
    }
  | { readonly valid: false; readonly invalid: InvalidAnswer };

export function readChoice(
  stage: CollectionStage,
  answer: StoredAnswer,
  policy: AnswerPolicy,
): Reading<ChoiceRow> {
  const trial = trialOf(stage, answer);
  const selection = parseChoice(answer.text, policy);
  if (selection === null) {
    return rejected(stage, answer, 'neither-a-nor-b', 'expected A or B and nothing else');
  }
  const strict = parseChoice(answer.text, 'paper');
  const { logprobA, logprobB } = answer;
  return {
    valid: true,
    row: {
      model: modelName(stage, answer.model),
      context: trial.context.name,
      choseA: selection === 'A',
      a: trial.a,
      b: trial.b,
      ...(logprobA !== null && logprobB !== null
        ? { probabilityA: 1 / (1 + Math.exp(logprobB - logprobA)) }
        : {}),
    },
    repairs: strict === null ? [`${JSON.stringify(answer.text)} as ${selection}`] : [],
    outOfRange: false,
  };
}

export function readReport(
  stage: CollectionStage,
  answer: StoredAnswer,
  policy: AnswerPolicy,
): Reading<ReportRow> {
  const trial = trialOf(stage, answer);
  const { context } = trial;
  const parsed = parseReport(
    answer.text,
    context.attributes.map(({ name }) => name),
    policy,
  );
  if (!parsed.ok) return rejected(stage, answer, parsed.reason, parsed.detail);
  return {
    valid: true,
    row: {
      model: modelName(stage, answer.model),
      version: contextSet(stage),
      context: context.name,
      weights: parsed.weights,
      a: trial.a,
      b: trial.b,
    },
    repairs: parsed.repairs.map(({ from, to }) => `${from} as ${to}`),
    outOfRange: parsed.outOfRange,
  };
}

/**
 * The name by which the authors' scripts know what a model was trained on, and from which. A model
 * whose own name does not say so has it put before its name.
 */
function modelName({ base, suffix }: CollectionStage, model: string): string {
  if (suffix === null || (model.startsWith('ft:') && model.includes(suffix))) return model;
  return `ft:${filePrefix(base.name)}:weighbridge:${suffix}:${model}`;
}

/** The authors' names for their two sets of contexts. */
function contextSet({ file }: CollectionStage): string {
  return file === 'nativeReports' || file === 'nativeTrainedReports'
    ? 'latent_100-200'
    : 'instilled_100';
}

function trialOf(stage: CollectionStage, { item }: StoredAnswer) {
  const trial = stage.trials[item];
  if (!trial) throw new RangeError(`${stage.id} has no trial ${item}`);
  return trial;
}

function rejected(
  stage: CollectionStage,
  answer: StoredAnswer,
  reason: InvalidReason,
  detail: string,
): Reading<never> {
  const { item, text } = answer;
  const context = trialOf(stage, answer).context.name;
  return { valid: false, invalid: { stage: stage.id, item, context, reason, detail, text } };
}
