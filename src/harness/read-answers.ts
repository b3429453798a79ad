/**
 * From what a model said to a typed choice or report, or to the reason why it is none. The raw
 * text stays in the record: another policy reads it anew.
 */
import { WeighbridgeError } from '../errors.js';
import { parseChoice } from '../study/parse-choice.js';
import { type AnswerPolicy, parseReport, type ReportRejection } from '../study/parse-report.js';
import type { Trial } from '../study/stimuli.js';
import { isVoid } from '../study/thinking.js';
import type { ChoiceRow, ReportRow } from '../study/write-study.js';
import { isFilterFinish, promptRefused } from './client/completion.js';
import { filePrefix } from './configuration/schema.js';
import type { CollectionStage } from './plan.js';
import type { StoredAnswer } from './record/record.js';

export type InvalidReason =
  | ReportRejection['reason']
  | 'neither-a-nor-b'
  /** The model refused; the text says how. */
  | 'refusal'
  /** Cut off at the limit of tokens. */
  | 'length'
  /** A content filter kept the prompt from the model, or the answer from us. */
  | 'content_filter'
  /** No text at all. */
  | 'empty';

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
  const selection = notSaid(answer) ? null : parseChoice(answer.text, policy);
  if (selection === null) {
    const why = { reason: 'neither-a-nor-b', detail: 'expected A or B and nothing else' } as const;
    return rejected(stage, answer, notSaid(answer) ?? cutOff(answer) ?? why);
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
  const unsaid = notSaid(answer);
  if (unsaid) return rejected(stage, answer, unsaid);
  const parsed = parseReport(
    answer.text,
    context.attributes.map(({ name }) => name),
    policy,
  );
  if (!parsed.ok) return rejected(stage, answer, cutOff(answer) ?? parsed);
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

/** @throws WeighbridgeError `bad-data` for an answer of another study */
export function trialOf(stage: CollectionStage, { item }: StoredAnswer): Trial {
  const trial = stage.trials[item];
  if (trial) return trial;
  throw new WeighbridgeError(
    'bad-data',
    `the record holds an answer to trial ${item} of ${stage.id}, which has ${stage.trials.length}: it is damaged, or the record of another study`,
  );
}

interface Invalid {
  readonly reason: InvalidReason;
  readonly detail: string;
}

/** Why an answer is none of the model's words on what it was asked, whatever its text. */
function notSaid({ text, finishReason }: StoredAnswer): Invalid | null {
  const reason = finishReason?.toLowerCase() ?? '';
  if (reason === promptRefused) {
    return { reason: 'content_filter', detail: 'a content filter refused the prompt' };
  }
  if (isFilterFinish(reason)) {
    return { reason: 'content_filter', detail: 'a content filter cut the answer' };
  }
  if (reason === 'refusal') return { reason: 'refusal', detail: 'the model refused' };
  if (!isVoid(text)) return null;
  if (lengths.has(reason)) {
    return { reason: 'length', detail: 'the limit of tokens was reached before any text' };
  }
  return { reason: 'empty', detail: `the answer is empty (finish reason ${reason || 'unknown'})` };
}

/** Whether an invalid answer may be invalid because its end is missing. */
function cutOff({ finishReason }: StoredAnswer): Invalid | null {
  if (!lengths.has(finishReason?.toLowerCase() ?? '')) return null;
  return { reason: 'length', detail: 'cut off at the limit of tokens' };
}

/** Finish reasons, of OpenAI and of servers that have words of their own. */
const lengths: ReadonlySet<string> = new Set(['length', 'max_tokens', 'model_length']);

/**
 * What an answer is to a run: `void` holds no text that the model said, `filtered` was kept back by
 * a content filter; all else, refusals and nonsense too, is the model's answer, and data.
 */
export function outcomeOf(answer: StoredAnswer): 'said' | 'void' | 'filtered' {
  const reason = notSaid(answer)?.reason;
  if (reason === 'content_filter') return 'filtered';
  return isVoid(answer.text) ? 'void' : 'said';
}

function rejected(
  stage: CollectionStage,
  answer: StoredAnswer,
  { reason, detail }: Invalid,
): Reading<never> {
  const { item, text } = answer;
  const context = trialOf(stage, answer).context.name;
  return { valid: false, invalid: { stage: stage.id, item, context, reason, detail, text } };
}
