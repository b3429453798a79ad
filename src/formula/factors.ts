/**
 * Calls that return a factor: `factor(x)`, `cut(x, c(0, 10, 20))`, `relevel(f, ref = "b")`,
 * `interaction(f, g)`. New rows use the levels of the fit.
 */

import { listed } from '../checks/names.js';
import { badData } from '../checks/values.js';
import type { WeighbridgeError } from '../errors.js';
import { constantsOf } from './constants.js';
import { formatExpression, formatNumber } from './format.js';
import type { CallExpression, Expression } from './formula.js';
import { type Arguments, flag, matchArguments, numberArgument } from './functions.js';
import { compareCodePoints } from './names.js';
import type { Scope } from './scope.js';
import { type Column, type FactorColumn, labelsOf, levelsOf } from './table.js';

/** Evaluates an expression over all rows. */
type ValuesOf = (expression: Expression) => Column;

/** The factor that a call of one of `factorFunctions` returns. */
export function factorOfCall(call: CallExpression, scope: Scope, valuesOf: ValuesOf): FactorColumn {
  const given = matchArguments(call, scope.fail);
  switch (call.function) {
    case 'relevel':
      return releveled(given, scope, valuesOf);
    case 'cut':
      return intervals(call, given, scope, valuesOf);
    case 'interaction':
      return crossing(call, given, scope, valuesOf);
    default:
      return factorOf(call, given, scope, valuesOf);
  }
}

/** Indices of values among levels. @throws WeighbridgeError if a value is not a level */
export function codesOf(
  column: Column,
  levels: readonly string[],
  name: string,
  scope: Pick<Scope, 'rowNumber'>,
): Int32Array {
  return codesAmong(labelsOf(column), levels, (value, row) => {
    const number = scope.rowNumber(row);
    return badData(`column '${name}', row ${number}: found '${value}', ${notInFit(levels)}`, {
      column: name,
      row: number,
      found: value,
    });
  });
}

function undefinedRow(expression: string, found: unknown, problem: string, row: number) {
  return badData(`row ${row}: ${problem}`, { row, expression, found, problem });
}

function notInFit(levels: readonly string[]): string {
  return `which was not in the data of the fit; its levels there: ${listed(levels)}`;
}

function codesAmong(
  labels: readonly (string | null)[],
  levels: readonly string[],
  unknown: (label: string, row: number) => WeighbridgeError,
): Int32Array {
  const place = new Map(levels.map((level, code) => [level, code]));
  return Int32Array.from(labels, (label, row) => {
    const code = label === null ? undefined : place.get(label);
    if (code === undefined) throw unknown(`${label}`, row);
    return code;
  });
}

/** Codes of computed values. @throws WeighbridgeError if a value is not a level */
export function codesOfComputed(
  labels: readonly (string | null)[],
  levels: readonly string[],
  text: string,
  scope: Scope,
  why: string = notInFit(levels),
): Int32Array {
  return codesAmong(labels, levels, (value, row) => {
    return undefinedRow(text, value, `${text} is '${value}', ${why}`, scope.rowNumber(row));
  });
}

/** Converts text to a factor with levels in code-point order. */
export function textFactor(
  label: string,
  labels: readonly (string | null)[],
  scope: Scope,
): FactorColumn {
  const levels = scope.levels(label, () =>
    [...new Set(labels)].filter((one) => one !== null).sort(compareCodePoints),
  );
  const codes = codesOfComputed(labels, levels, label, scope);
  return { kind: 'factor', levels, codes };
}

/** Labels of constant levels; numbers are labelled as in a numeric column. */
function writtenLabels(expression: Expression, scope: Scope): readonly string[] {
  const constants = constantsOf(expression, scope.fail);
  const labels = constants.map((constant) => {
    if (typeof constant === 'number') {
      return labelsOf({ kind: 'numeric', values: Float64Array.of(constant) })[0] ?? '';
    }
    return typeof constant === 'string' ? constant : String(constant).toUpperCase();
  });
  const twice = labels.find((label, i) => labels.indexOf(label) < i);
  if (twice !== undefined) scope.fail(expression.place, `the level '${twice}' is given twice`);
  return labels;
}

function factorOf(
  call: CallExpression,
  { named }: Arguments,
  scope: Scope,
  valuesOf: ValuesOf,
): FactorColumn {
  const x = required(named, 'x');
  const column = valuesOf(x);
  const label = formatExpression(call);
  const given = named.get('levels');
  const levels =
    given === undefined ? scope.levels(label, () => levelsOf(column)) : writtenLabels(given, scope);
  const why = given === undefined ? notInFit(levels) : `none of the levels ${listed(levels)}`;
  const codes =
    given === undefined && x.kind === 'name'
      ? codesOf(column, levels, x.name, scope)
      : codesOfComputed(labelsOf(column), levels, formatExpression(x), scope, why);
  const labels = named.get('labels');
  if (labels === undefined) return { kind: 'factor', levels, codes };
  const shown = writtenLabels(labels, scope);
  if (shown.length !== levels.length) {
    scope.fail(labels.place, `${shown.length} labels for ${levels.length} levels`);
  }
  return { kind: 'factor', levels: shown, codes };
}

function required(named: Arguments['named'], name: string): Expression {
  const value = named.get(name);
  if (value === undefined) throw new RangeError(`the argument ${name} was not looked for`);
  return value;
}

function releveled({ named }: Arguments, scope: Scope, valuesOf: ValuesOf): FactorColumn {
  const x = required(named, 'x');
  const column = valuesOf(x);
  if (column.kind !== 'factor') {
    return scope.fail(x.place, `relevel(): ${formatExpression(x)} is not a factor`);
  }
  const ref = required(named, 'ref');
  const [asked] = constantsOf(ref, scope.fail);
  const { levels } = column;
  const first = typeof asked === 'number' ? levels[asked - 1] : String(asked);
  const found = formatExpression(ref);
  if (first === undefined || !levels.includes(first)) {
    scope.fail(ref.place, `no level ${found} of ${formatExpression(x)}: ${listed(levels)}`);
  }
  const sorted = [first, ...levels.filter((level) => level !== first)];
  const place = levels.map((level) => sorted.indexOf(level));
  return { kind: 'factor', levels: sorted, codes: column.codes.map((code) => place[code]) };
}

/** All combinations of levels, the first factor varying fastest, even if they do not occur. */
function crossing(
  call: CallExpression,
  { named, rest }: Arguments,
  scope: Scope,
  valuesOf: ValuesOf,
): FactorColumn {
  const separator = named.get('sep');
  const [sep = '.'] = separator === undefined ? [] : constantsOf(separator, scope.fail);
  const label = formatExpression(call);
  const factors = rest.map((part, i) => {
    const column = valuesOf(part);
    return {
      levels: scope.levels(`${label}[${i + 1}]`, () =>
        column.kind === 'factor' ? column.levels : levelsOf(column),
      ),
      labels: labelsOf(column),
    };
  });
  const ordered = flag(named, 'lex.order', false, scope.fail) ? [...factors].reverse() : factors;
  const lexical = ordered !== factors;
  const join = (a: string, b: string) => (lexical ? `${b}${sep}${a}` : `${a}${sep}${b}`);
  const all = ordered
    .map(({ levels }) => levels)
    .reduce((left, right) => right.flatMap((b) => left.map((a) => join(a, b))));
  const labels = factors[0].labels.map((_, row) =>
    factors.map((factor) => factor.labels[row]).join(String(sep)),
  );
  if (new Set(all).size < all.length) {
    scope.fail(call.place, `two levels of ${label} would have the same name; choose another sep`);
  }
  const drop = flag(named, 'drop', false, scope.fail);
  const present = new Set(labels);
  const levels = scope.levels(label, () => (drop ? all.filter((one) => present.has(one)) : all));
  return {
    kind: 'factor',
    levels,
    codes: codesOfComputed(labels, levels, label, scope),
  };
}

function intervals(
  call: CallExpression,
  given: Arguments,
  scope: Scope,
  valuesOf: ValuesOf,
): FactorColumn {
  const { fail } = scope;
  const { named } = given;
  const x = required(named, 'x');
  const column = valuesOf(x);
  const text = formatExpression(x);
  if (column.kind !== 'numeric') return fail(x.place, `cut(): ${text} is not numeric`);
  const { values } = column;
  const right = flag(named, 'right', true, fail);
  const closed = flag(named, 'include.lowest', false, fail);
  const breaks = breaksOf(required(named, 'breaks'), call, values, scope);
  const labels = named.get('labels');
  const levels =
    labels === undefined
      ? intervalNames(breaks, numberArgument(given, 'dig.lab', 3, fail), right, closed)
      : writtenLabels(labels, scope);
  if (labels !== undefined && levels.length !== breaks.length - 1) {
    fail(labels.place, `${levels.length} labels for ${breaks.length - 1} intervals`);
  }
  const last = breaks.length - 1;
  const codes = Int32Array.from(values, (value, row) => {
    const code = intervalOf(value, breaks, right);
    if (code >= 0 && code < last) return code;
    if (closed && value === breaks[right ? 0 : last]) return right ? 0 : last - 1;
    const ends = `${formatNumber(breaks[0])} to ${formatNumber(breaks[last])}`;
    const problem = `${text} is ${value}, in no interval of ${formatExpression(call)}, which go from ${ends}`;
    throw undefinedRow(text, value, problem, scope.rowNumber(row));
  });
  return { kind: 'factor', levels, codes };
}

/** Index of the interval; −1 below the first, the number of intervals above the last. */
function intervalOf(value: number, breaks: readonly number[], right: boolean): number {
  const beyond = breaks.findIndex((end) => (right ? value <= end : value < end));
  return (beyond < 0 ? breaks.length : beyond) - 1;
}

/** A single number is the number of intervals over the range of the data of the fit. */
function breaksOf(
  expression: Expression,
  call: CallExpression,
  x: Float64Array,
  { constants, fail }: Scope,
): readonly number[] {
  const given = constantsOf(expression, fail).map(Number);
  if (given.length > 1) {
    const sorted = [...given].sort((a, b) => a - b);
    if (new Set(sorted).size < sorted.length) fail(expression.place, 'two breaks are the same');
    return sorted;
  }
  const [count] = given;
  if (!Number.isInteger(count) || count < 2 || count > 1000) {
    fail(
      expression.place,
      `the number of intervals is ${count}, expected a whole number from 2 to 1000`,
    );
  }
  return constants(formatExpression(call), () => evenBreaks(x, count));
}

/**
 * Intervals of equal width; the outer breaks are extended by a thousandth of the range, as in R.
 */
function evenBreaks(x: Float64Array, count: number): readonly number[] {
  const min = x.reduce((a, b) => Math.min(a, b));
  const max = x.reduce((a, b) => Math.max(a, b));
  const width = max - min;
  const wide = width > 0 ? width : Math.abs(min) || 1;
  const [from, to] = width > 0 ? [min, max] : [min - wide / 1000, max + wide / 1000];
  const breaks = Array.from({ length: count + 1 }, (_, i) => from + (i * (to - from)) / count);
  breaks[0] = min - wide / 1000;
  breaks[count] = max + wide / 1000;
  return breaks;
}

/** Labels such as `(0,10]`, with enough digits to keep the breaks distinct. */
function intervalNames(
  breaks: readonly number[],
  digits: number,
  right: boolean,
  closed: boolean,
): readonly string[] {
  let texts: readonly string[] = [];
  for (let used = digits; used <= Math.max(12, digits); used++) {
    texts = breakTexts(breaks, used);
    if (new Set(texts).size === texts.length) break;
  }
  const last = breaks.length - 2;
  return texts.slice(0, -1).map((from, i) => {
    const open = right && !(closed && i === 0) ? '(' : '[';
    const end = right || (closed && i === last) ? ']' : ')';
    return `${open}${from},${texts[i + 1]}${end}`;
  });
}

/** Formats like C's `%.3g`; R pads infinite values to the same width. */
function breakTexts(breaks: readonly number[], digits: number): readonly string[] {
  const infinite = breaks.filter((value) => !Number.isFinite(value));
  const width = Math.max(0, ...infinite.map((value) => (value > 0 ? 3 : 4)));
  return breaks.map((value) => {
    if (!Number.isFinite(value)) return (value > 0 ? 'Inf' : '-Inf').padStart(width);
    if (value === 0) return '0';
    const [mantissa, exponent] = value.toExponential(digits - 1).split('e');
    const power = Number(exponent);
    if (power >= -4 && power < digits) return String(Number(value.toPrecision(digits)));
    const shortest = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
    return `${shortest}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  });
}
