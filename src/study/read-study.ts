/**
 * Reads a study in the authors' layout into typed choices and reports. What cannot be right stops
 * it with one line; what the paper left out is left out here too, and counted.
 */
import { join } from 'node:path';
import { WeighbridgeError } from '../errors.js';
import {
  probabilityColumns,
  probabilityInRow,
  probabilityWarnings,
} from './choice-probabilities.js';
import { type Choice, type Context, expectedOfRange, type WeightReport } from './context.js';
import {
  type ColumnsOf,
  cellError,
  parseNumber,
  parseTable,
  readText,
  requireNumber,
  type Table,
  type TableRow,
} from './csv.js';
import { layoutOf, listFolder } from './folder-layout.js';
import {
  attributeColumns,
  type ModelFile,
  modelFiles,
  type ReportFile,
  sharedFiles,
} from './layout.js';
import { type Provenance, parseProvenance } from './provenance.js';

/** Everything that was collected from one base model and its fine-tuned descendants. */
export interface BaseModelRecord {
  readonly name: string;
  readonly instilledChoices: readonly Choice[];
  readonly nativeChoices: readonly Choice[];
  readonly offTheShelfReports: readonly WeightReport[];
  readonly instilledReports: readonly WeightReport[];
  readonly firstHalfTrainedReports: readonly WeightReport[];
  readonly lastHalfTrainedReports: readonly WeightReport[];
  readonly nativeReports: readonly WeightReport[];
  readonly nativeTrainedReports: readonly WeightReport[];
}

export interface Study {
  readonly folder: string;
  readonly provenance: Provenance | null;
  readonly contexts: ReadonlyMap<string, Context>;
  /** Target weights by context. */
  readonly targets: ReadonlyMap<string, readonly number[]>;
  readonly models: readonly BaseModelRecord[];
  /** What was left out or looks odd, counted, a line each. */
  readonly warnings: readonly string[];
}

export interface ReadOptions {
  /**
   * Reports with a weight beyond ±100: 'keep' as the authors did (their published correlations
   * hold two of them), or 'omit'.
   */
  readonly outOfRangeReports?: 'keep' | 'omit';
}

/** @throws WeighbridgeError `missing-file`, `bad-data` */
export async function readStudy(
  folder: string,
  { outOfRangeReports = 'keep' }: ReadOptions = {},
): Promise<Study> {
  const names = await listFolder(folder);
  const text = (name: string, purpose: string) => readText(join(folder, name), purpose);
  return readFrom({ folder, names, text }, outOfRangeReports);
}

/**
 * The same from files in memory, by name.
 * @param folder what the study is called in messages and in the result
 * @throws WeighbridgeError `missing-file`, `bad-data`
 */
export async function readStudyFiles(
  folder: string,
  files: ReadonlyMap<string, string>,
  { outOfRangeReports = 'keep' }: ReadOptions = {},
): Promise<Study> {
  const text = async (name: string) => files.get(name) ?? '';
  return readFrom({ folder, names: [...files.keys()], text }, outOfRangeReports);
}

/** The files of a study, on disk or in memory. */
interface StudySource {
  readonly folder: string;
  readonly names: readonly string[];
  /** `purpose` says in a message what the file would have held. */
  text(name: string, purpose: string): Promise<string>;
}

async function readFrom(source: StudySource, outOfRangeReports: 'keep' | 'omit'): Promise<Study> {
  const { folder, names } = source;
  const layout = layoutOf(folder, names);
  const provenance = names.includes(sharedFiles.provenance)
    ? parseProvenance(await source.text(sharedFiles.provenance, 'where the data come from'))
    : null;
  const warnings: string[] = [];
  if (layout.unread.length > 0) {
    warnings.push(`left unread, not names of the layout: ${layout.unread.join(', ')}`);
  }
  const table: ReadTable = async (file, purpose, columnsOf) =>
    parseTable(await source.text(file, purpose), { file, purpose, columnsOf });
  const contexts = await readContexts(table);
  const targets = await readTargets(table, contexts);
  const reader: Reader = { table, contexts, outOfRangeReports, warnings };
  const models: BaseModelRecord[] = [];
  for (const name of layout.models) models.push(await readModel(reader, name, targets));
  return { folder, provenance, contexts, targets, models, warnings };
}

type ReadTable = (file: string, purpose: string, columnsOf: ColumnsOf) => Promise<Table>;

interface Reader {
  readonly table: ReadTable;
  readonly contexts: ReadonlyMap<string, Context>;
  readonly outOfRangeReports: 'keep' | 'omit';
  readonly warnings: string[];
}

async function readModel(
  reader: Reader,
  name: string,
  targets: ReadonlyMap<string, unknown>,
): Promise<BaseModelRecord> {
  const choices = (kind: ModelFile, known?: ReadonlyMap<string, unknown>) =>
    readChoices(reader, name + modelFiles[kind].suffix, modelFiles[kind].holds, known);
  const instilledChoices = await choices('instilledChoices', targets);
  const nativeChoices = await choices('nativeChoices');
  const reports = (kind: ReportFile, made: readonly Choice[]) => {
    const chosen = new Set(made.map(({ context }) => context));
    return readReports(reader, name + modelFiles[kind].suffix, modelFiles[kind].holds, chosen);
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

/** How many attributes the header of the contexts file declares: attr1, attr2, …; two at least. */
function attributeCount(header: readonly string[]): number {
  let count = 2;
  while (header.includes(`attr${count + 1}`)) count++;
  return count;
}

async function readContexts(read: ReadTable): Promise<Map<string, Context>> {
  let count = 0;
  const table = await read(sharedFiles.contexts, 'the decision contexts', (header) => {
    count = attributeCount(header);
    return [
      'scenario',
      'question',
      ...attributeColumns('attr', count),
      ...attributeColumns('attr', count, '_min'),
      ...attributeColumns('attr', count, '_max'),
    ];
  });
  const contexts = new Map<string, Context>();
  for (const row of table.rows) {
    const name = requireNewName(table, row, contexts);
    const attributes = Array.from({ length: count }, (_, i) => {
      const min = requireNumber(table, row, 2 + count + i);
      const max = requireNumber(table, row, 2 + 2 * count + i);
      if (!(max > min))
        throw cellError(table, row, 2 + 2 * count + i, `more than the minimum ${min}`);
      const expected = expectedOfRange(min, max);
      if (expected) throw cellError(table, row, 2 + 2 * count + i, expected);
      return { name: row.cells[2 + i] ?? '', min, max };
    });
    contexts.set(name, { name, question: row.cells[1] ?? '', attributes });
  }
  if (contexts.size === 0) throw noRows(table, 'the decision contexts');
  return contexts;
}

async function readTargets(
  read: ReadTable,
  contexts: ReadonlyMap<string, Context>,
): Promise<Map<string, number[]>> {
  const count = attributesPerContext(contexts);
  const table = await read(sharedFiles.targets, 'the target weights', () => [
    'scenario',
    ...attributeColumns('attr', count),
  ]);
  const targets = new Map<string, number[]>();
  for (const row of table.rows) {
    const name = requireNewName(table, row, targets);
    if (!contexts.has(name)) {
      throw cellError(table, row, 0, `a context listed in ${sharedFiles.contexts}`);
    }
    targets.set(
      name,
      Array.from({ length: count }, (_, i) => requireNumber(table, row, 1 + i)),
    );
  }
  return targets;
}

function attributesPerContext(contexts: ReadonlyMap<string, Context>): number {
  const [first] = contexts.values();
  return first ? first.attributes.length : 0;
}

async function readChoices(
  reader: Reader,
  file: string,
  purpose: string,
  targets?: ReadonlyMap<string, unknown>,
): Promise<Choice[]> {
  const count = attributesPerContext(reader.contexts);
  const table = await reader.table(file, purpose, (header) => [
    'scenario',
    'selection',
    ...attributeColumns('A_attribute_', count),
    ...attributeColumns('B_attribute_', count),
    ...probabilityColumns(header),
  ]);
  const choices = withoutDuplicates(reader, table).map((row): Choice => {
    const context = requireContext(reader, table, row);
    if (targets && !targets.has(context)) {
      throw cellError(table, row, 0, `a context with target weights in ${sharedFiles.targets}`);
    }
    const selection = row.cells[1];
    if (selection !== 'A' && selection !== 'B') throw cellError(table, row, 1, 'A or B');
    return {
      context,
      choseA: selection === 'A',
      a: Array.from({ length: count }, (_, i) => requireNumber(table, row, 2 + i)),
      b: Array.from({ length: count }, (_, i) => requireNumber(table, row, 2 + count + i)),
      ...probabilityInRow(table, row),
    };
  });
  if (choices.length === 0) throw noRows(table, purpose);
  warnOfOneSided(reader, table, choices);
  reader.warnings.push(...probabilityWarnings(table.file, choices));
  return choices;
}

async function readReports(
  reader: Reader,
  file: string,
  purpose: string,
  chosen: ReadonlySet<string>,
): Promise<WeightReport[]> {
  const count = attributesPerContext(reader.contexts);
  const table = await reader.table(file, purpose, (header) => [
    'scenario',
    ...attributeColumns('report_attr', count),
    // The options shown with the question: they tell a repeated answer from a repeated row.
    ...header.filter((column) => /^[AB]_attribute_\d+$/.test(column)),
  ]);
  const reports: WeightReport[] = [];
  const outOfRange: TableRow[] = [];
  const notNumbers: TableRow[] = [];
  const withoutChoices: TableRow[] = [];
  const showsOptions = table.columns.length > 1 + count;
  for (const row of showsOptions ? withoutDuplicates(reader, table) : table.rows) {
    const context = requireContext(reader, table, row);
    if (!chosen.has(context)) {
      withoutChoices.push(row);
      continue;
    }
    const weights = row.cells.slice(1, 1 + count).map(parseNumber);
    if (!weights.every((weight) => weight !== null)) {
      notNumbers.push(row);
      continue;
    }
    const inRange = weights.every((weight) => Math.abs(weight) <= 100);
    if (!inRange) outOfRange.push(row);
    if (inRange || reader.outOfRangeReports === 'keep') reports.push({ context, weights });
  }
  if (withoutChoices.length === table.rows.length && table.rows.length > 0) {
    throw new WeighbridgeError(
      'bad-data',
      `${file}: none of its contexts has choices of this model, expected reports on contexts with choices`,
    );
  }
  warnOfRows(reader, table, withoutChoices, 'left out: the model made no choices in the context');
  warnOfRows(reader, table, notNumbers, 'left out: a weight is not a number');
  const fate = reader.outOfRangeReports === 'keep' ? 'kept, as in the paper' : 'left out';
  warnOfRows(reader, table, outOfRange, `${fate}: a weight is out of -100..100`);
  if (reports.length === 0) throw noRows(table, purpose);
  return reports;
}

function requireNewName(table: Table, row: TableRow, seen: ReadonlyMap<string, unknown>): string {
  const name = row.cells[0] ?? '';
  if (name === '') throw cellError(table, row, 0, 'the name of a context');
  if (seen.has(name)) throw cellError(table, row, 0, 'a context that was not listed before');
  return name;
}

function requireContext(reader: Reader, table: Table, row: TableRow): string {
  const name = row.cells[0] ?? '';
  if (!reader.contexts.has(name)) {
    throw cellError(table, row, 0, `a context listed in ${sharedFiles.contexts}`);
  }
  return name;
}

/** Trials are drawn at random: a row that equals an earlier one in every cell is a copy of it. */
function withoutDuplicates(reader: Reader, table: Table): TableRow[] {
  const seen = new Set<string>();
  const copies: TableRow[] = [];
  const rows = table.rows.filter((row) => {
    const key = row.cells.join('\u001f');
    if (seen.has(key)) copies.push(row);
    else seen.add(key);
    return copies.at(-1) !== row;
  });
  warnOfRows(reader, table, copies, 'left out: the row repeats an earlier one in every cell');
  return rows;
}

/** A context in which all choices are alike still has a posterior, by its prior alone. */
function warnOfOneSided(reader: Reader, table: Table, choices: readonly Choice[]): void {
  const sides = new Map<string, Set<boolean>>();
  for (const { context, choseA } of choices) {
    sides.set(context, (sides.get(context) ?? new Set()).add(choseA));
  }
  const oneSided = [...sides].filter(([, side]) => side.size === 1).map(([context]) => context);
  if (oneSided.length > 0) {
    reader.warnings.push(
      `${table.file}: all choices are alike in ${oneSided.length} context(s) (${oneSided.slice(0, 3).join(', ')}): their weights rest on the prior`,
    );
  }
}

function warnOfRows(reader: Reader, table: Table, rows: readonly TableRow[], reason: string): void {
  const [first] = rows;
  if (!first) return;
  const where =
    rows.length === 1
      ? `row ${first.number}`
      : `${rows.length} rows, the first is row ${first.number}`;
  reader.warnings.push(`${table.file}: ${where} (${first.cells.slice(0, 6).join(', ')}) ${reason}`);
}

function noRows(table: Table, purpose: string): WeighbridgeError {
  return new WeighbridgeError(
    'bad-data',
    `${table.file} has a header but no usable row: expected ${purpose}`,
  );
}
