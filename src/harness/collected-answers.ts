/** The answers of a collected study for its result folder: options shown, raw text, and reading. */

import { filePrefix } from '../authors-files/write-study.js';
import { type PaperStage, paperStages } from '../packs/self-interpretability/stages.js';
import type { Answers } from '../result/answers.js';
import type { ReportRecord, TrialRecord } from '../result/format.js';
import type { ReasonsOf } from '../result/write-result.js';
import { grouped } from '../study/context.js';
import type { AnswerPolicy } from '../study/parse-report.js';
import type { Trial } from '../study/stimuli.js';
import type { AnswerCounts, BegunStudy } from './export-study.js';
import { readChoice, readReport, trialOf } from './paper-answers.js';
import { requireTrial } from './read-answers.js';
import type { StoredAnswer } from './record/record.js';

interface AskedAndSaid {
  readonly context: string;
  readonly trial: Trial;
  readonly answer: StoredAnswer;
}

export function collectedAnswers({ stages, record }: BegunStudy, policy: AnswerPolicy): Answers {
  const trials: Record<string, Record<string, TrialRecord[]>> = {};
  const reports: Record<string, Record<string, ReportRecord[]>> = {};
  for (const stage of paperStages(stages)) {
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

function asked(stage: PaperStage, answer: StoredAnswer): AskedAndSaid {
  requireTrial(stage, answer);
  const trial = trialOf(stage, answer);
  return { context: trial.context.name, trial, answer };
}

function trialRecord(
  stage: PaperStage,
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
  stage: PaperStage,
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

/** Invalid reports by reason, summed over the given files of a model. */
export function collectedReasons(
  { stages }: BegunStudy,
  counts: readonly AnswerCounts[],
): ReasonsOf {
  return (model, files) => {
    const reasons: Record<string, number> = {};
    for (const stage of paperStages(stages)) {
      if (stage.kind !== 'reports' || filePrefix(stage.base.name) !== model) continue;
      if (!files.includes(stage.file)) continue;
      const invalid = counts.find((one) => one.stage === stage.id)?.invalid ?? [];
      for (const [reason, count] of invalid) reasons[reason] = (reasons[reason] ?? 0) + count;
    }
    return reasons;
  };
}
