/**
 * The outcome of each row, its trials and weights: the left side of `~`.
 */

import { listed } from '../checks/names.js';
import { badData } from '../checks/values.js';
import type { FailAt } from '../text/cursor.js';
import { additionOf, argumentOf } from './additions.js';
import { readSets, requireChoices } from './choice-sets.js';
import type { OutcomeDesign, OutcomeKind, Response } from './design.js';
import { evaluate } from './evaluate.js';
import { codesOf } from './factors.js';
import { formatExpression, formatNumber } from './format.js';
import type { Expression, Formula } from './formula.js';
import { readLimits } from './limits.js';
import { refuseLongIntegers } from './model-matrix.js';
import { tildePlace } from './parse-expression.js';
import type { Scope } from './scope.js';
import type { Column } from './table.js';

/** The encoding of the outcome, with the levels of a factor or boolean. */
export function outcomeDesign(
  formula: Formula,
  kind: OutcomeKind,
  /** The column in the data, including levels of unused rows. */
  column: (name: string) => Column,
  fail: FailAt,
): OutcomeDesign {
  const { response, text } = formula;
  const trials = argumentOf(formula, 'trials');
  if (kind === 'binomial' && trials === null) {
    fail(tildePlace(text), 'a binomial outcome has trials: y | trials(n) ~ x');
  }
  if (kind !== 'binomial' && trials !== null) {
    fail(trials.place, 'trials() are for a binomial outcome; this family has none');
  }
  const thres = additionOf(formula, 'thres');
  if (kind !== 'ordinal' && thres !== null) {
    fail(thres.place, 'thres() is for ordered categories; this family has none');
  }
  requireSets(formula, kind, fail);
  const read = response.kind === 'name' ? column(response.name) : null;
  if (read === null || read.kind === 'numeric') return { kind, levels: null };
  const name = formatExpression(response);
  if (kind === 'ordinal' || kind === 'nominal') return { kind, levels: orderedLevels(name, read) };
  if (kind === 'choice' && read.kind === 'boolean') return { kind, levels: ['FALSE', 'TRUE'] };
  if (kind !== 'binary') {
    const found = read.kind === 'factor' ? 'text' : 'booleans';
    throw badData(`the outcome ${name} is ${found}; expected ${expectedOf(kind)}`, {
      column: name,
      expected: expectedOf(kind),
    });
  }
  if (read.kind === 'boolean') return { kind, levels: ['FALSE', 'TRUE'] };
  refuseLongIntegers(name, read.levels);
  const [first, second, third] = read.levels;
  if (first === undefined || second === undefined || third !== undefined) {
    throw badData(
      `the outcome ${name} has ${levelCount(read.levels.length)}: ${listed(read.levels)}; a binary outcome has two, and the option levels can name one that does not occur`,
      { column: name, found: read.levels, expected: 'two levels' },
    );
  }
  return { kind, levels: [first, second] };
}

function requireSets(formula: Formula, kind: OutcomeKind, fail: FailAt): void {
  const set = additionOf(formula, 'set');
  if (kind !== 'choice') {
    if (set) fail(set.place, 'set() is for the family conditional_logit; this family has none');
    return;
  }
  if (set === null) {
    fail(tildePlace(formula.text), 'choices are among the options of a set: y | set(id) ~ x');
  }
  for (const name of ['freq', 'weights', 'se'] as const) {
    const other = additionOf(formula, name);
    if (other) fail(other.place, `${name}() is not supported with set()`);
  }
}

/** The levels of an ordered outcome, lowest first. */
function orderedLevels(name: string, read: Exclude<Column, { kind: 'numeric' }>): string[] {
  if (read.kind === 'boolean') return ['FALSE', 'TRUE'];
  refuseLongIntegers(name, read.levels);
  if (read.levels.length > 1) return [...read.levels];
  throw badData(
    `the outcome ${name} has one category: ${listed(read.levels)}; an outcome of categories has two or more, and the option levels can name some that do not occur`,
    { column: name, found: read.levels, expected: 'two categories or more' },
  );
}

function levelCount(count: number): string {
  return count === 1 ? 'one level' : `${count} levels`;
}

export function readResponse(formula: Formula, outcome: OutcomeDesign, scope: Scope): Response {
  const { response } = formula;
  const name = formatExpression(response);
  const { levels } = outcome;
  const values =
    levels === null || response.kind !== 'name'
      ? evaluate(response, scope).slice()
      : Float64Array.from(levelCodes(response, levels, scope), (code) =>
          outcome.kind === 'ordinal' || outcome.kind === 'nominal' ? code + 1 : code,
        );
  refuseOutside(name, values, outcome.kind, scope);
  const trials = readTrials(formula, scope);
  const weights = readWeights(formula, scope);
  const errors = readErrors(formula, scope);
  const sets = readSets(formula, scope);
  const limits = readLimits(formula, values, outcome.kind, scope);
  if (sets) requireChoices(name, values, sets, scope);
  return {
    ...{ name, values, trials, levels },
    ...(weights && { weights }),
    ...(errors && { errors }),
    ...(limits && { limits }),
    ...(sets && { sets }),
  };
}

function levelCodes(
  { name, place }: Expression & { readonly kind: 'name' },
  levels: readonly string[],
  scope: Scope,
): ArrayLike<number> {
  const column = scope.column(name, place);
  return column.kind === 'numeric' ? column.values : codesOf(column, levels, name, scope);
}

/** Whole numbers from 0; null in a formula without trials. */
export function readTrials(formula: Formula, scope: Scope): Float64Array | null {
  const trials = additionOf(formula, 'trials');
  if (trials === null) return null;
  const values = evaluate(trials.arguments[0].value, scope).slice();
  refuseOutside(formatExpression(trials), values, 'count', scope);
  return values;
}

/** Rows that each row stands for, whole numbers from 0; null in a formula without `freq()`. */
export function readFrequencies(formula: Formula, scope: Scope): Float64Array | null {
  const freq = additionOf(formula, 'freq');
  if (freq === null) return null;
  const values = evaluate(freq.arguments[0].value, scope).slice();
  refuseOutside(formatExpression(freq), values, 'count', scope);
  return values;
}

/** Factors of the log likelihoods, from 0; null in a formula without `weights()`. */
export function readWeights(formula: Formula, scope: Scope): Float64Array | null {
  const weights = additionOf(formula, 'weights');
  if (weights === null) return null;
  const values = evaluate(weights.arguments[0].value, scope).slice();
  const isWeight = (value: number) => value >= 0 && value < Number.POSITIVE_INFINITY;
  refuse(formatExpression(weights), values, isWeight, 'a finite number from 0', scope);
  return values;
}

/** Known standard errors, above 0; null in a formula without `se()`. */
export function readErrors(formula: Formula, scope: Scope): Float64Array | null {
  const se = additionOf(formula, 'se');
  if (se === null) return null;
  const { value } = se.arguments[0];
  const values = evaluate(value, scope).slice();
  const isError = (error: number) => error > 0 && error < Number.POSITIVE_INFINITY;
  refuse(`se(${formatExpression(value)})`, values, isError, 'a finite number above 0', scope);
  return values;
}

function expectedOf(kind: OutcomeKind): string {
  if (kind === 'real') return 'numbers';
  if (kind === 'binary') return '0 or 1, booleans or text of two levels';
  if (kind === 'ordinal' || kind === 'nominal') {
    return 'a category, a whole number from 1, or text';
  }
  if (kind === 'choice') return 'TRUE or 1 for the chosen option, a rank from 1, or 0';
  return 'whole numbers from 0';
}

function refuseOutside(
  name: string,
  values: Float64Array,
  kind: OutcomeKind,
  scope: Pick<Scope, 'rowNumber'>,
): void {
  if (kind === 'real') return;
  const inside =
    kind === 'binary'
      ? (value: number) => value === 0 || value === 1
      : (value: number) =>
          Number.isInteger(value) && value >= (kind === 'ordinal' || kind === 'nominal' ? 1 : 0);
  refuse(name, values, inside, expectedOf(kind), scope);
}

function refuse(
  name: string,
  values: Float64Array,
  isInside: (value: number) => boolean,
  expected: string,
  scope: Pick<Scope, 'rowNumber'>,
): void {
  const bad = values.findIndex((value) => !isInside(value));
  if (bad < 0) return;
  const row = scope.rowNumber(bad);
  throw badData(`row ${row}: ${name} is ${formatNumber(values[bad])}, expected ${expected}`, {
    row,
    column: name,
    found: values[bad],
    expected,
  });
}
