/**
 * Reads a study in the authors' layout into typed choices and reports. Invalid data throws a one-
 * line error; the paper's exclusions apply here too, and are counted.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readText } from '../data-files/read-bytes.js';
import {
  type ColumnsOf,
  parseNumber,
  parseTextTable,
  type TextRow,
  type TextTable,
} from '../data-files/text-table.js';
import { WeighbridgeError } from '../errors.js';
import { type Context, expectedOfRange } from '../study/context.js';
import {
  type BaseModelRecord,
  type ChoiceFile,
  type Provenance,
  type ReportFile,
  type Study,
  untrainedWarnings,
} from '../study/study.js';
import {
  assembleModel,
  type ChoiceSource,
  type ModelSource,
  probabilityColumns,
  probabilityInRow,
  type ReportRows,
} from './assemble-study.js';
import { attributeColumns, layoutOf, modelFiles, sharedFiles } from './layout.js';

export interface ReadOptions {
  /**
   * Reports with a weight beyond ±100: 'keep' as the authors did (their published correlations
   * include two of them), or 'omit'.
   */
  readonly outOfRangeReports?: 'keep' | 'omit';
}

/** @throws WeighbridgeError `missing-file`, `bad-data` */
export async function readStudy(
  folder: string,
  { outOfRangeReports = 'keep' }: ReadOptions = {},
): Promise<Study> {
  return readFrom(folder, await listFolder(folder), outOfRangeReports);
}

async function readFrom(
  folder: string,
  names: readonly string[],
  outOfRangeReports: 'keep' | 'omit',
): Promise<Study> {
  const layout = layoutOf(folder, names);
  const text = (file: string, purpose: string) => readText(join(folder, file), purpose);
  const provenance = names.includes(sharedFiles.provenance)
    ? parseProvenance(await text(sharedFiles.provenance, 'where the data come from'))
    : null;
  const warnings: string[] = [];
  const warn = (line: string) => void warnings.push(line);
  if (layout.unread.length > 0) {
    warn(`left unread, not names of the layout: ${layout.unread.join(', ')}`);
  }
  const table: ReadTable = async (file, purpose, columnsOf) =>
    parseTextTable(await text(file, purpose), { file, purpose, columnsOf });
  untrainedWarnings(provenance).forEach(warn);
  const contexts = await readContexts(table);
  const targets = await readTargets(table, contexts);
  const models: BaseModelRecord[] = [];
  for (const name of layout.models) {
    const source = modelSource({ table, contexts, targets }, name);
    models.push(await assembleModel(source, { outOfRangeReports, warn }));
  }
  return { folder, provenance, contexts, targets, models, warnings };
}

/** @throws WeighbridgeError `missing-file` */
export async function listFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : '';
    const reason = code === 'ENOTDIR' ? 'is not a folder' : `cannot be read (${code})`;
    throw new WeighbridgeError(
      'missing-file',
      `${folder} ${code === 'ENOENT' ? 'does not exist' : reason}: expected a folder in the layout of the authors' data`,
      { cause },
    );
  }
}

type ReadTable = (file: string, purpose: string, columnsOf: ColumnsOf) => Promise<TextTable>;

interface Reader {
  readonly table: ReadTable;
  readonly contexts: ReadonlyMap<string, Context>;
  readonly targets: ReadonlyMap<string, unknown>;
}

function modelSource(reader: Reader, name: string): ModelSource {
  return {
    name,
    choices: (kind) => readChoices(reader, name, kind),
    reports: (kind) => readReports(reader, name, kind),
  };
}

/** Number of attributes in the contexts file's header (attr1, attr2, …); at least two. */
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
    const name = requireNewName(row, contexts);
    const attributes = attributeColumns('attr', count).map((column) => {
      const min = row.number(`${column}_min`);
      const max = row.number(`${column}_max`);
      const expected = max > min ? expectedOfRange(min, max) : `more than the minimum ${min}`;
      if (expected) throw row.error(`${column}_max`, expected);
      return { name: row.text(column), min, max };
    });
    contexts.set(name, { name, question: row.text('question'), attributes });
  }
  if (contexts.size === 0) throw noRows(table, 'the decision contexts');
  return contexts;
}

async function readTargets(
  read: ReadTable,
  contexts: ReadonlyMap<string, Context>,
): Promise<Map<string, number[]>> {
  const attributes = attributeColumns('attr', attributesPerContext(contexts));
  const table = await read(sharedFiles.targets, 'the target weights', () => [
    'scenario',
    ...attributes,
  ]);
  const targets = new Map<string, number[]>();
  for (const row of table.rows) {
    const name = requireNewName(row, targets);
    if (!contexts.has(name)) {
      throw row.error('scenario', `a context listed in ${sharedFiles.contexts}`);
    }
    targets.set(
      name,
      attributes.map((column) => row.number(column)),
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
  model: string,
  kind: ChoiceFile,
): Promise<ChoiceSource[]> {
  const { suffix, holds } = modelFiles[kind];
  const count = attributesPerContext(reader.contexts);
  const ofA = attributeColumns('A_attribute_', count);
  const ofB = attributeColumns('B_attribute_', count);
  const table = await reader.table(model + suffix, holds, (header) => [
    'scenario',
    'selection',
    ...ofA,
    ...ofB,
    ...probabilityColumns(header),
  ]);
  return table.rows.map((row) => {
    const context = requireContext(reader, row);
    if (kind === 'instilledChoices' && !reader.targets.has(context)) {
      throw row.error('scenario', `a context with target weights in ${sharedFiles.targets}`);
    }
    const selection = row.text('selection');
    if (selection !== 'A' && selection !== 'B') throw row.error('selection', 'A or B');
    const choice = {
      context,
      choseA: selection === 'A',
      a: ofA.map((column) => row.number(column)),
      b: ofB.map((column) => row.number(column)),
      ...probabilityInRow(row),
    };
    return { place: row.place, cells: row.cells, choice };
  });
}

async function readReports(reader: Reader, model: string, kind: ReportFile): Promise<ReportRows> {
  const { suffix, holds } = modelFiles[kind];
  const reported = attributeColumns('report_attr', attributesPerContext(reader.contexts));
  const table = await reader.table(model + suffix, holds, (header) => [
    'scenario',
    ...reported,
    ...header.filter((column) => /^[AB]_attribute_\d+$/.test(column)),
  ]);
  const rows = table.rows.map((row) => ({
    place: row.place,
    cells: row.cells,
    context: requireContext(reader, row),
    weights: reported.map((column) => parseNumber(row.text(column))),
  }));
  return { rows, showsOptions: table.columns.length > 1 + reported.length };
}

function requireNewName(row: TextRow, seen: ReadonlyMap<string, unknown>): string {
  const name = row.text('scenario');
  if (name === '') throw row.error('scenario', 'the name of a context');
  if (seen.has(name)) throw row.error('scenario', 'a context that was not listed before');
  return name;
}

function requireContext(reader: Reader, row: TextRow): string {
  const name = row.text('scenario');
  if (!reader.contexts.has(name)) {
    throw row.error('scenario', `a context listed in ${sharedFiles.contexts}`);
  }
  return name;
}

function noRows(table: TextTable, purpose: string): WeighbridgeError {
  return new WeighbridgeError(
    'bad-data',
    `${table.file} has a header but no usable row: expected ${purpose}`,
  );
}

const provenanceSchema = z.object({
  simulated: z.boolean(),
  /** A one-line description for readers. */
  description: z.string().min(1),
  /** The seed of generated data. */
  seed: z.union([z.number(), z.string()]).optional(),
  /** Number of reports asked for per context. @default the paper's ten */
  reports_per_context: z.number().int().min(1).optional(),
  models: z
    .array(z.object({ name: z.string(), trained: z.record(z.string(), z.string()).optional() }))
    .optional()
    // Other programs may keep something else under this name.
    .catch(undefined),
});

/**
 * Parses a folder's `provenance.json`.
 * @throws WeighbridgeError `bad-data`
 */
export function parseProvenance(text: string): Provenance {
  try {
    return provenanceSchema.parse(JSON.parse(text.replace(/^\uFEFF/, '')));
  } catch (cause) {
    throw new WeighbridgeError(
      'bad-data',
      `${sharedFiles.provenance} is not what it should be: expected JSON with "simulated" (true or false) and "description" (text)`,
      { cause },
    );
  }
}
