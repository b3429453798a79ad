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
    const rows: Row[] = [];
    const count = openCount(stage);
    for (const answer of record.answers(stage.id)) {
      const one = read(stage, answer, policy);
      count.add(one);
      if (one.valid) rows.push(one.row);
      else invalid.push(one.invalid);
    }
    counts.push(count.result());
    return rows;
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

/** Counts readings as they come: all of a stage take much memory. */
function openCount({ id, trials }: CollectionStage) {
  const sums = { answered: 0, valid: 0, repaired: 0, outOfRange: 0 };
  const invalid = new Map<InvalidReason, number>();
  return {
    add(one: Reading<unknown>): void {
      sums.answered++;
      if (one.valid) {
        sums.valid++;
        if (one.repairs.length > 0) sums.repaired++;
        if (one.outOfRange) sums.outOfRange++;
      } else {
        invalid.set(one.invalid.reason, (invalid.get(one.invalid.reason) ?? 0) + 1);
      }
    },
    result: (): AnswerCounts => ({ stage: id, asked: trials.length, ...sums, invalid }),
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
