/**
 * Exports a study as files: its answers in the authors' layout, which their scripts and `reproduce`
 * read, and its stimuli, for training elsewhere.
 */
import {
  assembleModel,
  type ChoiceSource,
  type ReportRows,
  type ReportSource,
} from '../authors-files/assemble-study.js';
import { layoutOf, modelFiles, sharedFiles } from '../authors-files/layout.js';
import { parseProvenance, type ReadOptions } from '../authors-files/read-study.js';
import {
  type ChoiceRow,
  choiceCells,
  choicesCsv,
  contextsCsv,
  filePrefix,
  type ReportRow,
  reportCells,
  reportsCsv,
  weightsCsv,
} from '../authors-files/write-study.js';
import { formatSafeCsv } from '../data-files/text-table.js';
import { WeighbridgeError } from '../errors.js';
import type { DescribedConfiguration } from '../packs/described/configuration.js';
import type { DescribedDesign } from '../packs/described/design.js';
import type { AnswerReading, CollectionStage } from '../packs/design.js';
import { trainings } from '../packs/self-interpretability/configuration.js';
import type { PaperDesign } from '../packs/self-interpretability/design.js';
import {
  type PaperStage,
  paperStages,
  trainingText,
} from '../packs/self-interpretability/stages.js';
import type { AnswerPolicy } from '../study/parse-report.js';
import { type BaseModelRecord, type Study, untrainedWarnings } from '../study/study.js';
import type { PlannedStudy } from './open-study.js';
import { type Reading, readChoice, readReport } from './paper-answers.js';
import { provenanceText } from './provenance.js';
import { type InvalidAnswer, readAnswer } from './read-answers.js';
import type { StoredAnswer, StudyRecord } from './record/record.js';
import { trainingFiles } from './training-files.js';

/** Counts of the answers of a stage. */
export interface AnswerCounts {
  readonly stage: string;
  readonly asked: number;
  readonly answered: number;
  readonly valid: number;
  /**
   * Number of answers valid only by a near-match of names or letters; always 0 under the paper's
   * policy.
   */
  readonly repaired: number;
  /** Number of valid answers with a weight beyond ±100. */
  readonly outOfRange: number;
  /** Number of invalid answers by reason. */
  readonly invalid: ReadonlyMap<string, number>;
}

/** The answers of a study, read under one policy. */
export interface StudyAnswers {
  readonly policy: AnswerPolicy;
  /** Valid answers by the name of their file in an export. */
  readonly choices: ReadonlyMap<string, readonly ChoiceRow[]>;
  readonly reports: ReadonlyMap<string, readonly ReportRow[]>;
  readonly counts: readonly AnswerCounts[];
  readonly invalid: readonly InvalidAnswer[];
}

export interface StudyExport extends Pick<StudyAnswers, 'counts' | 'invalid'> {
  /** File contents by file name. */
  readonly files: ReadonlyMap<string, string>;
}

/** A study that has a record. */
export type BegunStudy = Pick<PlannedStudy, 'folder' | 'configuration' | 'design' | 'stages'> & {
  readonly record: StudyRecord;
};

/** A study of the paper's pack that has a record. */
export type BegunPaperStudy = BegunStudy & { readonly design: PaperDesign };

/** A described study that has a record. */
export type BegunDescribedStudy = BegunStudy & {
  readonly design: DescribedDesign;
  readonly configuration: DescribedConfiguration;
};

/** Narrows a study by its design. */
export function isDescribedStudy(study: BegunStudy): study is BegunDescribedStudy {
  return study.design.kind === 'described';
}

/** @throws WeighbridgeError `bad-argument` for a study of another pack */
export function requirePaperStudy<Study extends Pick<PlannedStudy, 'folder' | 'design'>>(
  study: Study,
): Study & { readonly design: PaperDesign } {
  const { design, folder } = study;
  if (design.kind === 'paper') return { ...study, design };
  throw new WeighbridgeError(
    'bad-argument',
    `${folder} is not a study of the pack self-interpretability, so it has no files in the authors' layout: export one table, to a file that ends in .csv, .jsonl or .parquet`,
  );
}

/** Counts every stage's answers, read under one policy. */
export function countAnswers(
  { stages, record }: Pick<BegunStudy, 'stages' | 'record'>,
  policy: AnswerPolicy,
): AnswerCounts[] {
  return stages.flatMap((stage) => {
    if (stage.kind === 'training') return [];
    const count = createCounter(stage);
    for (const answer of record.answers(stage.id)) count.add(readAnswer(stage, answer, policy));
    return [count.result()];
  });
}

const INVALID_FILE = 'invalid_answers.csv';

/** @throws WeighbridgeError `bad-argument` for a study of another pack */
export function exportStudy(begun: BegunStudy, policy: AnswerPolicy): StudyExport {
  const study = requirePaperStudy(begun);
  const answers = studyAnswers(study, policy);
  const { counts, invalid } = answers;
  return { files: exportFiles(study, answers), counts, invalid };
}

/** Reads every recorded answer. */
export function studyAnswers(
  { stages, record }: BegunPaperStudy,
  policy: AnswerPolicy,
): StudyAnswers {
  const counts: AnswerCounts[] = [];
  const invalid: InvalidAnswer[] = [];
  const validRows = <Row>(
    stage: PaperStage,
    read: (stage: PaperStage, answer: StoredAnswer, policy: AnswerPolicy) => Reading<Row>,
  ): Row[] => {
    const rows: Row[] = [];
    const count = createCounter(stage);
    for (const answer of record.answers(stage.id)) {
      const one = read(stage, answer, policy);
      count.add(one.valid ? one : { valid: false, ...one.invalid });
      if (one.valid) rows.push(one.row);
      else invalid.push(one.invalid);
    }
    counts.push(count.result());
    return rows;
  };
  const choices = new Map<string, ChoiceRow[]>();
  const reports = new Map<string, ReportRow[]>();
  for (const stage of paperStages(stages)) {
    const file = filePrefix(stage.base.name) + modelFiles[stage.file].suffix;
    if (stage.kind === 'choices') choices.set(file, validRows(stage, readChoice));
    else reports.set(file, validRows(stage, readReport));
  }
  return { policy, choices, reports, counts, invalid };
}

/** The answers as files in the authors' layout, by file name. */
export function exportFiles(study: BegunPaperStudy, answers: StudyAnswers): Map<string, string> {
  const { design, record } = study;
  const { stimuli } = design;
  const attributes = stimuli.contexts[0]?.attributes.length ?? 0;
  const csv = <Row>(
    files: ReadonlyMap<string, readonly Row[]>,
    format: (rows: readonly Row[], attributes: number) => string,
  ) => [...files].map(([name, rows]) => [name, format(rows, attributes)] as const);
  return new Map([
    [sharedFiles.provenance, provenanceText(design, record, answers.policy)],
    [sharedFiles.contexts, contextsCsv(stimuli.contexts)],
    [sharedFiles.targets, weightsCsv(stimuli.targets)],
    ...csv(answers.choices, choicesCsv),
    ...csv(answers.reports, reportsCsv),
    [INVALID_FILE, invalidCsv(answers.invalid)],
  ]);
}

/**
 * The study that `readStudy` reads from the exported files.
 *
 * @param folder name of the study in messages and results
 * @throws WeighbridgeError `missing-file`, `bad-data` as `readStudy`
 */
export async function studyFromAnswers(
  folder: string,
  study: BegunPaperStudy,
  answers: StudyAnswers,
  { outOfRangeReports = 'keep' }: ReadOptions = {},
): Promise<Study> {
  const { design, record } = study;
  const { stimuli } = design;
  const { models } = layoutOf(folder, [...answers.choices.keys(), ...answers.reports.keys()]);
  const provenance = parseProvenance(provenanceText(design, record, answers.policy));
  const warnings = untrainedWarnings(provenance);
  const assembled: BaseModelRecord[] = [];
  for (const name of models) {
    const source = {
      name,
      choices: async (kind: keyof typeof modelFiles) =>
        choiceSources(answers.choices.get(name + modelFiles[kind].suffix)),
      reports: async (kind: keyof typeof modelFiles) =>
        reportSources(answers.reports.get(name + modelFiles[kind].suffix)),
    };
    const warn = (line: string) => void warnings.push(line);
    assembled.push(await assembleModel(source, { outOfRangeReports, warn }));
  }
  return {
    folder,
    provenance,
    contexts: new Map(
      stimuli.contexts.map(({ name, question, attributes }) => [
        name,
        {
          name,
          question,
          // The authors' files have no units.
          attributes: attributes.map(({ name, min, max }) => ({ name, min, max })),
        },
      ]),
    ),
    targets: stimuli.targets,
    models: assembled,
    warnings,
  };
}

/** The header of a file is its row 1. */
const FIRST_ROW = 2;

function choiceSources(rows: readonly ChoiceRow[] = []): ChoiceSource[] {
  return rows.map(({ model: _, ...choice }, i) => ({
    place: i + FIRST_ROW,
    cells: choiceCells(choice, choice.probabilityA !== undefined),
    choice,
  }));
}

function reportSources(rows: readonly ReportRow[] = []): ReportRows {
  const sources = rows.map(
    (row, i): ReportSource => ({
      place: i + FIRST_ROW,
      cells: reportCells(row),
      context: row.context,
      weights: row.weights,
    }),
  );
  return { rows: sources, showsOptions: true };
}

type CountedReading =
  | Pick<Extract<AnswerReading, { valid: true }>, 'valid' | 'repairs' | 'outOfRange'>
  | { readonly valid: false; readonly reason: string };

/** Counts readings as they arrive, because keeping all readings of a stage takes much memory. */
function createCounter({ id, trials }: CollectionStage) {
  const sums = { answered: 0, valid: 0, repaired: 0, outOfRange: 0 };
  const invalid = new Map<string, number>();
  return {
    add(one: CountedReading): void {
      sums.answered++;
      if (one.valid) {
        sums.valid++;
        if (one.repairs.length > 0) sums.repaired++;
        if (one.outOfRange) sums.outOfRange++;
      } else {
        invalid.set(one.reason, (invalid.get(one.reason) ?? 0) + 1);
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

/**
 * File contents by file name: contexts, target weights and training files of the paper's pack, the
 * training files of another.
 * @throws WeighbridgeError `bad-argument` as `trainingFiles`
 */
export function stimuliFiles(
  study: Pick<PlannedStudy, 'folder' | 'design' | 'stages' | 'record'>,
): ReadonlyMap<string, string> {
  if (study.design.kind !== 'paper') return trainingFiles(study);
  const { configuration, stimuli } = study.design;
  const files = new Map([
    [sharedFiles.contexts as string, contextsCsv(stimuli.contexts)],
    [sharedFiles.targets as string, weightsCsv(stimuli.targets)],
  ]);
  for (const what of trainings) {
    const { training, validation } = trainingText(configuration, stimuli, what);
    files.set(`${what}.jsonl`, training);
    if (validation !== null) files.set(`${what}_validation.jsonl`, validation);
  }
  return files;
}
