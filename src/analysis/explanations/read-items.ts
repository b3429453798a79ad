/**
 * Per-item tables of an experiment on explanations, checked and scored: one row for each answer of an
 * explainer to a question about the computations of a target.
 */
import { didYouMean, listed, onOneLine } from '../../checks/names.js';
import { badData } from '../../checks/values.js';
import { groupBy } from './table.js';
import { saysChange } from './verdicts.js';

/** A table as it was read; null is a missing cell. */
export interface GivenTable {
  /** For messages. */
  readonly file: string;
  readonly columns: Readonly<Record<string, readonly unknown[]>>;
}

/** What an explainer is given of the target's activations. */
const vectors = ['given', 'none', 'rotated', 'aligned'] as const;
export type Vector = (typeof vectors)[number];

/** The name of explainers that are the target itself. */
export const SELF = 'self';

export interface ItemRow {
  readonly task: string;
  readonly item: string;
  readonly target: string;
  /** `self` if the explainer is the target. */
  readonly explainer: string;
  readonly vector: Vector;
  /** The training of the explainer, or the draw of its examples; null: none. */
  readonly seed: string | null;
  /** Number of training examples; null: unknown, or not trained. */
  readonly n: number | null;
  /** The model that the explainer was trained from; null: unknown, or none. */
  readonly model: string | null;
  /** Items of one cluster are not independent: the prompt that they share. */
  readonly cluster: string;
  /** From -1 to 1; the mean if there are several answers. */
  readonly score: number;
  /** Number of answers of this explainer to this item. */
  readonly answers: number;
  /** Answers that are missing; their score is 0. */
  readonly invalid: number;
  /**
   * Whether the output changed, and whether the explainer says so (null: neither), from these columns or
   * from sentences as truth and answer; null without them.
   */
  readonly verdict: { readonly changed: boolean; readonly says: boolean | null } | null;
}

const needed = ['item', 'target', 'explainer', 'task'] as const;
const scored = ['score', 'truth', 'answer'] as const;
const optional = [
  ...['seed', 'n', 'model', 'vector', 'cluster', 'sample', 'changed', 'says_changed'],
] as const;
export const itemColumns: readonly string[] = [...needed, ...scored, ...optional];

interface ReadItemsOptions {
  /** Columns of other names: fail, or ignore them. @default 'fail' */
  readonly unknownColumns?: 'fail' | 'ignore';
  /** Items with answers of one explainer only: fail, or drop them. @default 'fail' */
  readonly unpaired?: 'fail' | 'drop';
}

interface ReadItems {
  readonly rows: readonly ItemRow[];
  /** What was left out or averaged, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Reads tables. The score of a row is its column `score`, or 1 if `answer` is `truth` and 0 if not; white
 * space at the ends and case do not matter, and a missing answer is wrong.
 *
 * @throws WeighbridgeError `bad-data` with file, row and column: an unknown or missing column, a missing
 *   truth, a score out of range, a repeated row, an item with one explainer only, a task that is not in
 *   all files
 */
export function readItems(
  tables: readonly GivenTable[],
  { unknownColumns = 'fail', unpaired = 'fail' }: ReadItemsOptions = {},
): ReadItems {
  const read = tables.flatMap((table) => {
    requireColumns(table, unknownColumns);
    return answersOf(table);
  });
  requireSameTasks(read, tables);
  requireOnce(read);
  requireOneTruth(read);
  const { rows, notes } = averaged(read);
  const paired = pairedRows(rows, unpaired);
  return { rows: paired.rows, notes: [...notes, ...paired.notes] };
}

/** One row of a table. */
interface Answer extends Omit<ItemRow, 'answers' | 'invalid'> {
  /** `d.csv, row 3` */
  readonly place: string;
  readonly file: string;
  readonly sample: string | null;
  readonly isInvalid: boolean;
  /** Null if it is not scored by its truth. */
  readonly truth: string | null;
}

const expectedColumns = `${needed.join(', ')}, and score, or truth and answer; also known: ${optional.join(', ')}`;

function requireColumns({ file, columns }: GivenTable, unknownColumns: 'fail' | 'ignore'): void {
  const names = Object.keys(columns);
  const unknown = names.filter((name) => !itemColumns.includes(name));
  const missing = needed.find((name) => !names.includes(name)) ?? missingScore(names);
  if (missing !== undefined) {
    throw badData(
      `${file} has no column '${missing}'${didYouMean(missing, unknown)}${guessed(missing, unknown) ? '' : `: it has ${listed(names)}`}; expected ${expectedColumns}`,
      { file, column: missing, expected: missing },
    );
  }
  const [first] = unknown;
  if (first === undefined || unknownColumns === 'ignore') return;
  throw badData(
    `${file} has a column '${onOneLine(first, 60)}' that is unknown${didYouMean(first, itemColumns)}; expected ${expectedColumns}`,
    { file, column: first, expected: itemColumns.join(', ') },
  );
}

function guessed(missing: string, unknown: readonly string[]): boolean {
  return didYouMean(missing, unknown) !== '';
}

function missingScore(names: readonly string[]): string | undefined {
  if (names.includes('score')) return undefined;
  if (names.includes('truth')) return names.includes('answer') ? undefined : 'answer';
  return names.includes('answer') ? 'truth' : 'score';
}

/** The rows of one table. */
function answersOf(table: GivenTable): Answer[] {
  const { file, columns } = table;
  const count = columns.item?.length ?? 0;
  if (count === 0) throw badData(`${file} has no rows: expected one for each answer`, { file });
  const verdicts = ['changed', 'says_changed'].filter((name) => columns[name] !== undefined);
  if (verdicts.length === 1) {
    const other = verdicts[0] === 'changed' ? 'says_changed' : 'changed';
    throw badData(`${file} has a column '${verdicts[0]}' but no '${other}': expected both`, {
      ...{ file, column: other },
    });
  }
  return Array.from({ length: count }, (_, i) =>
    answerAt(new Cells(table, i), verdicts.length > 0),
  );
}

/** The cells of one row, with messages that name it. */
class Cells {
  readonly place: string;

  constructor(
    readonly table: GivenTable,
    private readonly index: number,
  ) {
    this.place = `${table.file}, row ${index + 1}`;
  }

  has(column: string): boolean {
    return this.table.columns[column] !== undefined;
  }

  /** Null if the cell or the column is missing. */
  text(column: string): string | null {
    const cell = this.table.columns[column]?.[this.index];
    if (cell === null || cell === undefined) return null;
    const text = String(cell).trim();
    return text === '' ? null : text;
  }

  required(column: string): string {
    return this.text(column) ?? this.fail(column, 'is missing', 'a name');
  }

  number(column: string): number | null {
    const text = this.text(column);
    if (text === null) return null;
    const truth = ['false', 'true'].indexOf(text.toLowerCase());
    const value = truth < 0 ? Number(text) : truth;
    return Number.isFinite(value)
      ? value
      : this.fail(column, `is '${onOneLine(text, 40)}'`, 'a number');
  }

  flag(column: string): boolean | null {
    const value = this.number(column);
    if (value === null || value === 0 || value === 1) return value === null ? null : value === 1;
    return this.fail(column, `is ${value}`, '0 or 1, true or false');
  }

  fail(column: string, found: string, expected: string): never {
    const { file } = this.table;
    throw badData(`${this.place}: ${column} ${found}, expected ${expected}`, {
      ...{ file, row: this.index + 1, column, expected },
    });
  }
}

function answerAt(cells: Cells, hasVerdicts: boolean): Answer {
  const item = cells.required('item');
  const target = cells.required('target');
  const named = cells.required('explainer');
  return {
    ...{ item, target, place: cells.place, file: cells.table.file },
    task: cells.required('task'),
    explainer: named === target ? SELF : named,
    vector: vectorOf(cells),
    seed: cells.text('seed'),
    n: sizeOf(cells),
    model: cells.text('model'),
    cluster: cells.text('cluster') ?? item,
    sample: cells.text('sample'),
    ...scoreOf(cells),
    verdict: hasVerdicts ? verdictOf(cells) : writtenVerdict(cells),
  };
}

function vectorOf(cells: Cells): Vector {
  const text = cells.text('vector') ?? 'given';
  const vector = vectors.find((known) => known === text.toLowerCase());
  return vector ?? cells.fail('vector', `is '${onOneLine(text, 40)}'`, vectors.join(', '));
}

function sizeOf(cells: Cells): number | null {
  const n = cells.number('n');
  if (n === null || (Number.isSafeInteger(n) && n >= 0)) return n;
  return cells.fail('n', `is ${n}`, 'a whole number of training examples');
}

function verdictOf(cells: Cells): ItemRow['verdict'] {
  const changed = cells.flag('changed') ?? cells.fail('changed', 'is missing', '0 or 1');
  return { changed, says: cells.flag('says_changed') };
}

/** From truth and answer, if the truth is a sentence that says whether the output changes. */
function writtenVerdict(cells: Cells): ItemRow['verdict'] {
  const changed = saysChange(cells.text('truth') ?? '');
  return changed === null ? null : { changed, says: saysChange(cells.text('answer') ?? '') };
}

function scoreOf(cells: Cells): Pick<Answer, 'score' | 'isInvalid' | 'truth'> {
  const answer = cells.text('answer');
  const isInvalid = cells.has('answer') && answer === null;
  if (cells.has('score')) {
    const score = cells.number('score');
    if (score === null) return cells.fail('score', 'is missing', '0 for an answer that is invalid');
    if (score < -1 || score > 1) cells.fail('score', `is ${score}`, 'a number from -1 to 1');
    return { score, isInvalid, truth: null };
  }
  const truth = cells.text('truth');
  if (truth === null) return cells.fail('truth', 'is missing', 'what is true of the target');
  const isRight = answer !== null && answer.toLowerCase() === truth.toLowerCase();
  return { score: isRight ? 1 : 0, isInvalid, truth };
}

/** A file for each task, or all tasks in each file. */
function requireSameTasks(read: readonly Answer[], tables: readonly GivenTable[]): void {
  const tasksOf = tables.map(
    ({ file }) => new Set(read.flatMap((row) => (row.file === file ? row.task : []))),
  );
  const all = [...new Set(read.map(({ task }) => task))];
  if (all.every((task) => tasksOf.filter((tasks) => tasks.has(task)).length === 1)) return;
  for (const task of all) {
    const without = tasksOf.findIndex((tasks) => !tasks.has(task));
    const table = tables[without];
    if (!table) continue;
    const other = tables[tasksOf.findIndex((tasks) => tasks.has(task))]?.file;
    const names = [...(tasksOf[without] ?? [])];
    throw badData(
      `${table.file} has no rows of the task '${task}', which ${other} has${didYouMean(task, names) || `: it has ${listed(names)}`}`,
      { file: table.file, column: 'task', expected: task },
    );
  }
}

/** What makes two rows answers of one explainer to one item. */
function conditionOf(row: ItemRow | Answer): string {
  const { task, target, item, explainer, vector, seed, n, model } = row;
  return JSON.stringify([task, target, item, explainer, vector, seed, n, model]);
}

function requireOnce(read: readonly Answer[]): void {
  const known = new Map<string, Answer>();
  for (const row of read) {
    const key = `${conditionOf(row)}${JSON.stringify(row.sample)}`;
    const first = known.get(key);
    known.set(key, row);
    if (!first) continue;
    const { file, item, target, explainer, task } = row;
    throw badData(
      `${row.place} repeats ${first.place}: item '${item}', target '${target}', explainer '${explainer}', task '${task}', and the same seed, n, model and vector; if these are several answers, number them in a column 'sample'`,
      { file },
    );
  }
}

function requireOneTruth(read: readonly Answer[]): void {
  const known = new Map<string, Answer>();
  for (const row of read) {
    if (row.truth === null) continue;
    const key = JSON.stringify([row.task, row.target, row.item]);
    const first = known.get(key) ?? row;
    known.set(key, first);
    if (first.truth?.toLowerCase() === row.truth.toLowerCase()) continue;
    throw badData(
      `${row.place}: truth is '${onOneLine(row.truth, 40)}' for item '${row.item}' of target '${row.target}', but '${onOneLine(first.truth ?? '', 40)}' in ${first.place}`,
      { file: row.file, column: 'truth' },
    );
  }
}

/** Several answers become one row with their mean: the best of k would not compare with one answer. */
function averaged(read: readonly Answer[]): ReadItems {
  const groups = [...groupBy(read, conditionOf).values()];
  const rows = groups.flatMap((group): ItemRow[] => {
    const [first] = group;
    if (!first) return [];
    const { place: _, file: __, sample: ___, isInvalid: ____, truth: _____, ...row } = first;
    const score = group.reduce((sum, answer) => sum + answer.score, 0) / group.length;
    const invalid = group.filter(({ isInvalid }) => isInvalid).length;
    const verdict = group.length === 1 ? row.verdict : null;
    return [{ ...row, score, answers: group.length, invalid, verdict }];
  });
  const several = groups.filter((group) => group.length > 1);
  if (several.length === 0) return { rows, notes: [] };
  const names = [...new Set(several.map((group) => group[0]?.explainer ?? ''))];
  return {
    rows,
    notes: [
      `${listed(names)} gave several answers to an item: their mean score counts, because the best of several cannot be compared with one answer.`,
    ],
  };
}

function pairedRows(rows: readonly ItemRow[], unpaired: 'fail' | 'drop'): ReadItems {
  const kept: ItemRow[] = [];
  const notes: string[] = [];
  for (const [task, ofTask] of groupBy(rows, (row) => row.task)) {
    const items = [...groupBy(ofTask, unitOf).values()];
    // An experiment with one explainer compares its numbers of training examples.
    const single = new Set(ofTask.map(explainerName)).size === 1;
    const nameOf = (row: ItemRow) => (single ? sizedName(row) : explainerName(row));
    const alone = items.filter((item) => new Set(item.map(nameOf)).size === 1);
    const [first] = alone[0] ?? [];
    if (first && (unpaired === 'fail' || alone.length === items.length)) {
      throw badData(
        `task '${task}': ${alone.length} of ${items.length} items have answers of one explainer only, the first '${first.item}' of target '${first.target}' by ${nameOf(first)}; explainers are compared on the same items, expected two or more`,
        { column: 'explainer' },
      );
    }
    if (alone.length > 0) {
      notes.push(
        `${task}: ${alone.length} of ${items.length} items have answers of one explainer only and are left out.`,
      );
    }
    const left = new Set(alone);
    // One by one: a call takes no more than some 100,000 arguments.
    for (const item of items) if (!left.has(item)) for (const row of item) kept.push(row);
  }
  return { rows: kept, notes };
}

/** Rows of one item and target have one truth. */
export function unitOf({ target, item }: ItemRow): string {
  return JSON.stringify([target, item]);
}

/** `self, n = 4000` */
export function sizedName(row: ItemRow): string {
  return `${explainerName(row)}${row.n === null ? '' : `, n = ${row.n}`}`;
}

/** `other, vector aligned`; the vector is not named if it is the target's own. */
export function explainerName({
  explainer,
  vector,
}: Pick<ItemRow, 'explainer' | 'vector'>): string {
  return vector === 'given' ? explainer : `${explainer}, vector ${vector}`;
}
