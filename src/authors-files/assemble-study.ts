/**
 * Converts rows of choices and reports, read from files or from a record, to a study. The paper's
 * exclusions apply here too, each with a warning that counts the excluded rows.
 */
import { badData } from '../checks/values.js';
import { parseNumber, type TextRow } from '../data-files/text-table.js';
import type { WeighbridgeError } from '../errors.js';
import type { Choice, WeightReport } from '../study/context.js';
import type { BaseModelRecord, ChoiceFile, ModelFile, ReportFile } from '../study/study.js';
import { modelFiles, probabilityColumn } from './layout.js';

/** A row of a file. */
interface SourceRow {
  /** Row number as in a spreadsheet: the header is row 1. */
  readonly place: number;
  /** The text of its cells: rows with equal cells are copies. */
  readonly cells: readonly string[];
}

export interface ChoiceSource extends SourceRow {
  readonly choice: Choice;
}

export interface ReportSource extends SourceRow {
  readonly context: string;
  /** null if the cell is not a number. */
  readonly weights: readonly (number | null)[];
}

/** The rows of a base model, by file. */
export interface ModelSource {
  readonly name: string;
  choices(file: ChoiceFile): Promise<readonly ChoiceSource[]>;
  reports(file: ReportFile): Promise<ReportRows>;
}

export interface ReportRows {
  readonly rows: readonly ReportSource[];
  /**
   * True if cells include the options shown, which distinguish a repeated answer from a copied
   * row.
   */
  readonly showsOptions: boolean;
}

interface AssembleOptions {
  readonly outOfRangeReports: 'keep' | 'omit';
  /** Called with each warning. */
  readonly warn: (line: string) => void;
}

/** @throws WeighbridgeError `bad-data` if a file has no usable rows */
export async function assembleModel(
  source: ModelSource,
  options: AssembleOptions,
): Promise<BaseModelRecord> {
  const { name } = source;
  const choices = async (kind: ChoiceFile) =>
    selectChoices(fileOf(name, kind), await source.choices(kind), options);
  const instilledChoices = await choices('instilledChoices');
  const nativeChoices = await choices('nativeChoices');
  const reports = async (kind: ReportFile, made: readonly Choice[]) => {
    const chosen = new Set(made.map(({ context }) => context));
    return selectReports(fileOf(name, kind), await source.reports(kind), chosen, options);
  };
  return {
    name,
    instilledChoices,
    nativeChoices,
    offTheShelfReports: await reports('offTheShelfReports', instilledChoices),
    instilledReports: await reports('instilledReports', instilledChoices),
    firstHalfTrainedReports: await reports('firstHalfTrainedReports', instilledChoices),
    lastHalfTrainedReports: await reports('lastHalfTrainedReports', instilledChoices),
    nativeReports: await reports('nativeReports', nativeChoices),
    nativeTrainedReports: await reports('nativeTrainedReports', nativeChoices),
  };
}

interface NamedFile {
  readonly file: string;
  /** The file's content, in words for messages. */
  readonly holds: string;
}

function fileOf(model: string, kind: ModelFile): NamedFile {
  const { suffix, holds } = modelFiles[kind];
  return { file: model + suffix, holds };
}

function selectChoices(
  named: NamedFile,
  rows: readonly ChoiceSource[],
  { warn }: AssembleOptions,
): Choice[] {
  const choices = withoutCopies(named, rows, warn).map(({ choice }) => choice);
  if (choices.length === 0) throw noRows(named);
  warnOfOneSided(named, choices, warn);
  for (const line of probabilityWarnings(named.file, choices)) warn(line);
  return choices;
}

/** @param chosen contexts in which the model made choices */
function selectReports(
  named: NamedFile,
  { rows, showsOptions }: ReportRows,
  chosen: ReadonlySet<string>,
  { outOfRangeReports, warn }: AssembleOptions,
): WeightReport[] {
  const reports: WeightReport[] = [];
  const outOfRange: SourceRow[] = [];
  const notNumbers: SourceRow[] = [];
  const withoutChoices: SourceRow[] = [];
  for (const row of showsOptions ? withoutCopies(named, rows, warn) : rows) {
    const { context, weights } = row;
    if (!chosen.has(context)) {
      withoutChoices.push(row);
    } else if (!weights.every((weight) => weight !== null)) {
      notNumbers.push(row);
    } else {
      const inRange = weights.every((weight) => Math.abs(weight) <= 100);
      if (!inRange) outOfRange.push(row);
      if (inRange || outOfRangeReports === 'keep') reports.push({ context, weights });
    }
  }
  const { file } = named;
  if (withoutChoices.length === rows.length && rows.length > 0) {
    throw badData(
      `${file}: none of its contexts has choices of this model, expected reports on contexts with choices`,
      { file },
    );
  }
  const fate = outOfRangeReports === 'keep' ? 'kept, as in the paper' : 'left out';
  warnOfRows(file, withoutChoices, 'left out: the model made no choices in the context', warn);
  warnOfRows(file, notNumbers, 'left out: a weight is not a number', warn);
  warnOfRows(file, outOfRange, `${fate}: a weight is out of -100..100`, warn);
  if (reports.length === 0) throw noRows(named);
  return reports;
}

/** Trials are drawn at random, so a row equal to an earlier one in every cell is a copy of it. */
function withoutCopies<Row extends SourceRow>(
  { file }: NamedFile,
  rows: readonly Row[],
  warn: AssembleOptions['warn'],
): Row[] {
  const seen = new Set<string>();
  const copies: Row[] = [];
  const kept = rows.filter((row) => {
    const key = row.cells.join('\u001f');
    if (seen.has(key)) copies.push(row);
    else seen.add(key);
    return copies.at(-1) !== row;
  });
  warnOfRows(file, copies, 'left out: the row repeats an earlier one in every cell', warn);
  return kept;
}

/** Warns of contexts with all choices alike: the posterior there depends on the prior. */
function warnOfOneSided(
  { file }: NamedFile,
  choices: readonly Choice[],
  warn: AssembleOptions['warn'],
): void {
  const sides = new Map<string, Set<boolean>>();
  for (const { context, choseA } of choices) {
    sides.set(context, (sides.get(context) ?? new Set()).add(choseA));
  }
  const oneSided = [...sides].filter(([, side]) => side.size === 1).map(([context]) => context);
  if (oneSided.length === 0) return;
  warn(
    `${file}: all choices are alike in ${oneSided.length} context(s) (${oneSided.slice(0, 3).join(', ')}): their weights rest on the prior`,
  );
}

function warnOfRows(
  file: string,
  rows: readonly SourceRow[],
  reason: string,
  warn: AssembleOptions['warn'],
): void {
  const [first] = rows;
  if (!first) return;
  const where =
    rows.length === 1
      ? `row ${first.place}`
      : `${rows.length} rows, the first is row ${first.place}`;
  warn(`${file}: ${where} (${first.cells.slice(0, 6).join(', ')}) ${reason}`);
}

function noRows({ file, holds }: NamedFile): WeighbridgeError {
  return badData(`${file} has a header but no usable row: expected ${holds}`, {
    file,
    expected: holds,
  });
}

/** The column's name if the header has it. */
export function probabilityColumns(header: readonly string[]): string[] {
  return header.includes(probabilityColumn) ? [probabilityColumn] : [];
}

/** @throws WeighbridgeError `bad-data` if a cell is not a probability */
export function probabilityInRow(row: TextRow): Pick<Choice, 'probabilityA'> {
  const cell = row.text(probabilityColumn);
  if (cell === '') return {};
  const probabilityA = parseNumber(cell);
  if (probabilityA === null || probabilityA < 0 || probabilityA > 1) {
    throw row.error(probabilityColumn, 'a probability from 0 to 1, or nothing');
  }
  return { probabilityA };
}

/** Suspicious properties of a file's probabilities, one line each. */
function probabilityWarnings(file: string, choices: readonly Choice[]): string[] {
  const known = choices.flatMap(({ choseA, probabilityA }) =>
    probabilityA === undefined ? [] : [choseA ? probabilityA : 1 - probabilityA],
  );
  const warnings: string[] = [];
  const missing = choices.length - known.length;
  if (missing > 0 && known.length > 0) {
    warnings.push(
      `${file}: ${missing} of ${choices.length} choices have no ${probabilityColumn}: weighed by probability, they count as made`,
    );
  }
  // A model may sometimes choose the less probable option, but not as a rule.
  const against = known.filter((probability) => probability < 0.5).length;
  if (2 * against > known.length) {
    warnings.push(
      `${file}: ${against} of ${known.length} choices went to the option that ${probabilityColumn} calls the less probable one: does it hold the probability of B?`,
    );
  }
  return warnings;
}
