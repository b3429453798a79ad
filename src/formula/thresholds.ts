/**
 * Thresholds between the ordered categories of an outcome, `rating | thres(4, gr = judge) ~ x`: how many there are, and
 * which rows share them. Without a number, it is that of the levels of the outcome, or of the largest number of the
 * rows; without `gr`, all rows share them.
 */
import { listed } from '../checks/names.js';
import { badData } from '../checks/values.js';
import { additionOf } from './additions.js';
import type { Response, ThresholdDesign } from './design.js';
import { evaluate } from './evaluate.js';
import { codesOf } from './factors.js';
import { formatExpression } from './format.js';
import type { CallExpression, Formula, NameExpression } from './formula.js';
import type { Scope } from './scope.js';
import { type Column, levelsOf } from './table.js';

/** With more categories, a likelihood takes too long, and outcomes are counts rather than categories. */
export const MOST_CATEGORIES = 200;

/** The thresholds of the rows of a fit. */
interface RowThresholds {
  readonly design: ThresholdDesign;
  /** Index of each row's group; null if all rows share the thresholds. */
  readonly of: Int32Array | null;
}

/** The column of `gr`; null for thresholds of all rows. */
function thresholdColumn(formula: Pick<Formula, 'additions'>): NameExpression | null {
  const given = additionOf(formula, 'thres')?.arguments.find(({ name }) => name === 'gr');
  return given?.value.kind === 'name' ? given.value : null;
}

/** @throws WeighbridgeError `bad-data` for outcomes that do not go with the thresholds */
export function readThresholds(
  formula: Formula,
  response: Pick<Response, 'name' | 'values' | 'levels'>,
  scope: Scope,
): RowThresholds {
  const column = thresholdColumn(formula);
  const groups = column && {
    column: column.name,
    levels: levelsOf(scope.column(column.name, column.place)),
  };
  const of = groups && groupOfRows(groups, scope);
  const call = additionOf(formula, 'thres');
  const given = call && numbersOf(call, scope);
  const counts = (groups?.levels ?? ['']).map((level, group) => {
    const rows = Array.from(response.values.keys()).filter((row) => (of?.[row] ?? 0) === group);
    const where = groups ? `${groups.column} '${level}'` : null;
    return given && call
      ? oneNumber(call, given, rows, where)
      : countOf(response, rows, where, scope);
  });
  requireWithin(response, counts, of, scope);
  return { design: { counts, ...(groups && { groups }) }, of };
}

/** The group of each row, those of the fit or new ones. */
export function groupOfRows(
  { column, levels }: NonNullable<ThresholdDesign['groups']>,
  scope: { column(name: string, place: number): Column; rowNumber(i: number): number },
): Int32Array {
  return codesOf(scope.column(column, 0), levels, column, scope);
}

/** Numbers of thresholds by row; null if only groups are given. */
function numbersOf(call: CallExpression, scope: Scope): Float64Array | null {
  const given = call.arguments.find(({ name }) => name !== 'gr');
  if (given === undefined) return null;
  const values = evaluate(given.value, scope).slice();
  const most = MOST_CATEGORIES - 1;
  const bad = values.findIndex(
    (value) => !(Number.isInteger(value) && value >= 1 && value <= most),
  );
  if (bad < 0) return values;
  const row = scope.rowNumber(bad);
  throw badData(
    `row ${row}: ${formatExpression(call)} gives ${values[bad]} thresholds, expected a whole number from 1 to ${most}`,
    { row, found: values[bad], expected: `a whole number from 1 to ${most}` },
  );
}

function oneNumber(
  call: CallExpression,
  given: Float64Array,
  rows: readonly number[],
  where: string | null,
): number {
  const found = [...new Set(rows.map((row) => given[row]))].sort((a, b) => a - b);
  if (found.length === 1) return found[0];
  throw badData(
    `${formatExpression(call)} gives the rows${where === null ? '' : ` of ${where}`} ${listed(found.map(String))} thresholds, expected one number`,
    { found },
  );
}

/** The number of thresholds that the outcomes have. */
function countOf(
  { name, values, levels }: Pick<Response, 'name' | 'values' | 'levels'>,
  rows: readonly number[],
  where: string | null,
  scope: Scope,
): number {
  if (levels) {
    requireFew(levels.length, rows[0], name, levels[levels.length - 1], scope);
    return levels.length - 1;
  }
  const top = rows.reduce((best, row) => (values[row] > values[best] ? row : best), rows[0]);
  const most = values[top];
  requireFew(most, top, name, most, scope);
  if (most > 1) return most - 1;
  const told = where === null ? 'in all rows' : `in all rows of ${where}`;
  const remedy =
    where === null
      ? 'the option levels, or thres(k), tells of those that do not occur'
      : 'thres(k, gr = …) tells of those that do not occur';
  throw badData(`${name} is 1 ${told}, expected two categories or more: ${remedy}`, {
    column: name,
    found: 1,
    expected: 'two categories or more',
  });
}

function requireFew(
  categories: number,
  row: number,
  name: string,
  found: string | number,
  scope: Scope,
): void {
  if (categories <= MOST_CATEGORIES) return;
  const number = scope.rowNumber(row);
  throw badData(
    `row ${number}: ${name} is ${found}, expected at most ${MOST_CATEGORIES} categories`,
    { row: number, column: name, found, expected: `at most ${MOST_CATEGORIES} categories` },
  );
}

/** Throws for a category that the thresholds do not have, and for thresholds between categories without names. */
function requireWithin(
  { name, values, levels }: Pick<Response, 'name' | 'values' | 'levels'>,
  counts: readonly number[],
  of: Int32Array | null,
  scope: Scope,
): void {
  const most = counts.reduce((largest, count) => Math.max(largest, count), 0);
  if (levels && most + 1 !== levels.length) {
    throw badData(
      `${name} has ${levels.length} levels, but thres() gives ${most} thresholds, between ${most + 1} categories: the option levels can name some that do not occur`,
      { column: name, found: levels.length, expected: `${most + 1} levels` },
    );
  }
  const bad = values.findIndex((value, row) => value > counts[of?.[row] ?? 0] + 1);
  if (bad < 0) return;
  const row = scope.rowNumber(bad);
  const count = counts[of?.[bad] ?? 0];
  throw badData(
    `row ${row}: ${name} is ${levels?.[values[bad] - 1] ?? values[bad]}, but thres() gives ${count} thresholds there, and with them the categories up to ${levels?.[count] ?? count + 1}`,
    { row, column: name, found: values[bad], expected: `a category up to ${count + 1}` },
  );
}
