/**
 * A study's answers as files in the authors' layout: what their scripts and `reproduce` read.
 */
import { formatSafeCsv } from '../study/csv.js';
import { modelFiles, sharedFiles } from '../study/layout.js';
import type { AnswerPolicy } from '../study/parse-report.js';
import { choicesCsv, contextsCsv, reportsCsv, weightsCsv } from '../study/write-study.js';
import { filePrefix } from './configuration/schema.js';
import type { PlannedStudy } from './open-study.js';
import type { CollectionStage } from './plan.js';
import { provenanceText } from './provenance.js';
import {
  type InvalidAnswer,
  type InvalidReason,
  type Reading,
  readChoice,
  readReport,
} from './read-answers.js';
import type { StoredAnswer, StudyRecord } from './record/record.js';

/** What became of the answers of one stage. */
export interface AnswerCounts {
  readonly stage: string;
  readonly asked: number;
  readonly answered: number;
  readonly valid: number;
  /** Valid only by a near-match of names or letters; always 0 under the paper's policy. */
  readonly repaired: number;
  /** Valid, with a weight beyond ±100. */
  readonly outOfRange: number;
  /** Invalid answers by reason. */
  readonly invalid: ReadonlyMap<InvalidReason, number>;
}

export interface StudyExport {
  /** File contents by file name. */
  readonly files: ReadonlyMap<string, string>;
  readonly counts: readonly AnswerCounts[];
  readonly invalid: readonly InvalidAnswer[];
}

/** A study with a record: one that has begun. */
export type BegunStudy = Pick<PlannedStudy, 'configuration' | 'stimuli' | 'stages'> & {
  readonly record: StudyRecord;
};

const INVALID_FILE = 'invalid_answers.csv';

export function exportStudy(study: BegunStudy, policy: AnswerPolicy): StudyExport {
  const { configuration, stimuli, stages, record } = study;
  const attributes = stimuli.contexts[0]?.attributes.length ?? 0;
  const files = new Map<string, string>([
    [sharedFiles.provenance, provenanceText(configuration, stimuli, record, policy)],
    [sharedFiles.contexts, contextsCsv(stimuli.contexts)],
    [sharedFiles.targets, weightsCsv(stimuli.targets)],
  ]);
  const counts: AnswerCounts[] = [];
  const invalid: InvalidAnswer[] = [];
  const keep = <Row>(
    stage: CollectionStage,
    read: (stage: CollectionStage, answer: StoredAnswer, policy: AnswerPolicy) => Reading<Row>,
  ): Row[] => {
    const readings = Array.from(record.answers(stage.id), (answer) => read(stage, answer, policy));
    counts.push(countReadings(stage, readings));
    invalid.push(...readings.flatMap((one) => (one.valid ? [] : [one.invalid])));
    return readings.flatMap((one) => (one.valid ? [one.row] : []));
  };
  for (const stage of stages) {
    if (stage.kind === 'training') continue;
    const text =
      stage.kind === 'choices'
        ? choicesCsv(keep(stage, readChoice), attributes)
        : reportsCsv(keep(stage, readReport), attributes);
    files.set(filePrefix(stage.base.name) + modelFiles[stage.file].suffix, text);
  }
  files.set(INVALID_FILE, invalidCsv(invalid));
  return { files, counts, invalid };
}

function countReadings<Row>(
  { id, trials }: CollectionStage,
  readings: readonly Reading<Row>[],
): AnswerCounts {
  const valid = readings.filter((one) => one.valid);
  const invalid = new Map<InvalidReason, number>();
  for (const one of readings) {
    if (!one.valid) invalid.set(one.invalid.reason, (invalid.get(one.invalid.reason) ?? 0) + 1);
  }
  return {
    stage: id,
    asked: trials.length,
    answered: readings.length,
    valid: valid.length,
    repaired: valid.filter(({ repairs }) => repairs.length > 0).length,
    outOfRange: valid.filter(({ outOfRange }) => outOfRange).length,
    invalid,
  };
}

function invalidCsv(invalid: readonly InvalidAnswer[]): string {
  return formatSafeCsv(
    ['stage', 'item', 'scenario', 'reason', 'detail', 'text'],
    invalid.map(({ stage, item, context, reason, detail, text }) => [
      ...[stage, item, context, reason, detail, text],
    ]),
  );
}
