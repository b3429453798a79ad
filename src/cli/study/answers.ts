/**
 * The answers of a collected study for its result folder: what was shown, what was said, word for
 * word, and what was made of it.
 */
import { filePrefix } from '../../harness/configuration/schema.js';
import type { AnswerCounts, BegunStudy } from '../../harness/export-study.js';
import type { CollectionStage } from '../../harness/plan.js';
import { readChoice, readReport, trialOf } from '../../harness/read-answers.js';
import type { StoredAnswer } from '../../harness/record/record.js';
import { type Answers, grouped } from '../../report/result-folder/asked.js';
import type { ReportRecord, TrialRecord } from '../../report/result-folder/format.js';
import type { ReasonsOf } from '../../report/result-folder/write-result.js';
import type { AnswerPolicy } from '../../study/parse-report.js';
import type { Trial } from '../../study/stimuli.js';

interface AskedAndSaid {
  readonly context: string;
  readonly trial: Trial;
  readonly answer: StoredAnswer;
}

export function collectedAnswers({ stages, record }: BegunStudy, policy: AnswerPolicy): Answers {
  const trials: Record<string, Record<string, TrialRecord[]>> = {};
  const reports: Record<string, Record<string, ReportRecord[]>> = {};
  for (const stage of stages) {
    if (stage.kind === 'training') continue;
    const answers = Array.from(record.answers(stage.id), (answer) => asked(stage, answer));
    const model = filePrefix(stage.base.name);
    if (stage.kind === 'choices') {
      const setting = stage.file === 'instilledChoices' ? 'instilled' : 'native';
      trials[`${model}/${setting}`] = grouped(answers, (one) => trialRecord(stage, one, policy));
    } else {
      reports[`${model}/${stage.file}`] = grouped(answers, (one) =>
        reportRecord(stage, one, policy),
      );
    }
  }
  return { trials, reports };
}

function asked(stage: CollectionStage, answer: StoredAnswer): AskedAndSaid {
  const trial = trialOf(stage, answer);
  return { context: trial.context.name, trial, answer };
}

function trialRecord(
  stage: CollectionStage,
  { trial: { a, b }, answer }: AskedAndSaid,
  policy: AnswerPolicy,
): TrialRecord {
  const shown = { a: [...a], b: [...b], raw: answer.text };
  const reading = readChoice(stage, answer, policy);
  if (!reading.valid) return { ...shown, choice: null };
  const { choseA, probabilityA } = reading.row;
  return {
    ...shown,
    choice: choseA ? 'A' : 'B',
    ...(probabilityA !== undefined && { probability: probabilityA }),
  };
}

function reportRecord(
  stage: CollectionStage,
  { trial: { a, b }, answer }: AskedAndSaid,
  policy: AnswerPolicy,
): ReportRecord {
  const reading = readReport(stage, answer, policy);
  return {
    weights: reading.valid ? [...reading.row.weights] : null,
    a: [...a],
    b: [...b],
    raw: answer.text,
  };
}

/** Why reports could not be used, by reason, over the stages whose files count together. */
export function collectedReasons(
  { stages }: BegunStudy,
  counts: readonly AnswerCounts[],
): ReasonsOf {
  return (model, files) => {
    const reasons: Record<string, number> = {};
    for (const stage of stages) {
      if (stage.kind !== 'reports' || filePrefix(stage.base.name) !== model) continue;
      if (!files.includes(stage.file)) continue;
      const invalid = counts.find((one) => one.stage === stage.id)?.invalid ?? [];
      for (const [reason, count] of invalid) reasons[reason] = (reasons[reason] ?? 0) + count;
    }
    return reasons;
  };
}
