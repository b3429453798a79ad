/**
 * Converts terms to columns, as R's `model.matrix`. An interaction is the products of its
 * variables' columns, the first variable varying fastest. A factor is coded by contrasts with its
 * first level if the term without the factor is spanned by an earlier term, since one column per
 * level would be redundant; otherwise by one column per level (Chambers & Hastie 1992, Statistical
 * Models in S, p. 38).
 */

import { shortened } from '../checks/names.js';
import { badData } from '../checks/values.js';
import type { DesignMatrix } from './design.js';
import { evaluate, valuesOf } from './evaluate.js';
import { codesOfComputed } from './factors.js';
import { formatExpression } from './format.js';
import type { CallExpression, Expression } from './formula.js';
import { latentCall, polyCall } from './functions.js';
import { polynomialBasis, polynomialColumns, rawPowers } from './polynomial.js';
import type { Scope } from './scope.js';
import { type FactorColumn, labelsOf, levelsOf } from './table.js';
import { specialCall, type Terms } from './terms.js';

type NamedColumns = DenseColumns | LevelColumns;

interface DenseColumns {
  readonly kind: 'dense';
  readonly names: readonly string[];
  readonly columns: readonly Float64Array[];
}

/** Columns of which a row has at most one that is not 0. */
interface LevelColumns {
  readonly kind: 'levels';
  readonly names: readonly string[];
  /** Index of the column of each row; negative if all are 0. */
  readonly codes: ArrayLike<number>;
  /** What the column holds in each row; null for 1. */
  readonly values: Float64Array | null;
}

type Coding = 'contrasts' | 'levels';

const MAX_CELLS = 2 ** 28;
const BLOCK = 256;

/** Columns of all terms, without the column of ones of an intercept. */
export function modelMatrix(terms: Terms, scope: Scope): DesignMatrix {
  return joined(columnsByTerm(terms, scope), scope.rows);
}

/** The columns of each term, with a special function as a column of ones. */
export function columnsOfTerms(terms: Terms, scope: Scope): readonly Omit<DenseColumns, 'kind'>[] {
  return columnsByTerm(terms, scope).map((part) => ({
    names: part.names,
    columns: denseColumns(part, scope.rows),
  }));
}

/** The columns of terms with `me()` or `mi()`, and by what the latent number is multiplied in each row. */
export function latentColumns(
  terms: Terms,
  scope: Scope,
): { readonly column: number; readonly call: string; readonly factors: Float64Array }[] {
  const ones = new Float64Array(scope.rows).fill(1);
  const parts = columnsByTerm(terms, { ...scope, latent: () => ones });
  let first = 0;
  return parts.flatMap((part, t) => {
    const start = first;
    first += part.names.length;
    const calls = terms.terms[t].flatMap((v) => {
      const variable = terms.variables[v];
      return latentCall(variable) ? [variable] : [];
    });
    const [call, second] = calls;
    if (call === undefined) return [];
    if (second !== undefined) {
      scope.fail(
        second.place,
        `${formatExpression(call)} and ${formatExpression(second)} in one term: a product of latent predictors is not supported`,
      );
    }
    return denseColumns(part, scope.rows).map((factors, j) => ({
      column: start + j,
      call: formatExpression(call),
      factors,
    }));
  });
}

function columnsByTerm(terms: Terms, scope: Scope): readonly NamedColumns[] {
  // Variables that are in no term (y ~ x - x) are not read.
  const used = new Set(terms.terms.flat());
  const variables = terms.variables.map((variable, v) =>
    used.has(v) ? designVariable(variable, scope) : null,
  );
  const codings = codingsOf(terms, (v) => variables[v]?.kind === 'categorical');
  return terms.terms.map((term, t) =>
    term
      .map((v) => columnsOf(variables[v], codings[t].get(v) ?? 'contrasts', scope.rows))
      .reduce((left, right) => product(left, right, scope.rows)),
  );
}

/** The coding of each factor in each term. */
function codingsOf(
  { terms, intercept }: Terms,
  isCategorical: (variable: number) => boolean,
): readonly ReadonlyMap<number, Coding>[] {
  const codings = terms.map((term, t) => {
    const earlier = terms.slice(0, t);
    const ofTerm = new Map<number, Coding>();
    for (const variable of term) {
      const margin = term.filter((other) => other !== variable);
      const spanned =
        margin.length === 0 || earlier.some((other) => margin.every((v) => other.includes(v)));
      ofTerm.set(variable, spanned ? 'contrasts' : 'levels');
    }
    return ofTerm;
  });
  if (!intercept) {
    // As in R, the first factor in the first term with a factor replaces the intercept.
    const t = terms.findIndex((term) => term.some(isCategorical));
    const first = terms[t]?.find(isCategorical);
    if (first !== undefined) codings[t].set(first, 'levels');
  }
  return codings;
}

function columnsOf(variable: DesignVariable | null, coding: Coding, rows: number): NamedColumns {
  if (variable === null) return { kind: 'dense', names: [], columns: [] };
  if (variable.kind === 'numeric') return { ...variable, kind: 'dense' };
  const { label, levels, codes } = variable;
  const first = coding === 'contrasts' ? 1 : 0;
  const shown = levels.slice(first);
  refuseTooLarge(shown.length, rows);
  const shifted = new Int32Array(rows);
  for (let row = 0; row < rows; row++) shifted[row] = codes[row] - first;
  return {
    kind: 'levels',
    names: shown.map((level) => label + level),
    codes: shifted,
    values: null,
  };
}

function product(left: NamedColumns, right: NamedColumns, rows: number): NamedColumns {
  refuseTooLarge(left.names.length * right.names.length, rows);
  const names = right.names.flatMap((b) => left.names.map((a) => `${a}:${b}`));
  if (left.kind === 'levels' && right.kind === 'levels') {
    return { ...crossed(left, right, rows), names };
  }
  if (left.kind === 'levels' && right.kind === 'dense' && right.columns.length === 1) {
    return { ...left, names, values: times(left.values, right.columns[0]) };
  }
  if (right.kind === 'levels' && left.kind === 'dense' && left.columns.length === 1) {
    return { ...right, names, values: times(right.values, left.columns[0]) };
  }
  const columns = denseColumns(right, rows).flatMap((b) =>
    denseColumns(left, rows).map((a) => times(a, b)),
  );
  return { kind: 'dense', names, columns };
}

function times(a: Float64Array | null, b: Float64Array): Float64Array {
  if (a === null) return b;
  const products = new Float64Array(b.length);
  for (let row = 0; row < b.length; row++) products[row] = a[row] * b[row];
  return products;
}

/** A level for each pair of levels, those of `left` varying fastest. */
function crossed(left: LevelColumns, right: LevelColumns, rows: number): LevelColumns {
  const width = left.names.length;
  const codes = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const [a, b] = [left.codes[row], right.codes[row]];
    codes[row] = a < 0 || b < 0 ? -1 : a + width * b;
  }
  const values = right.values === null ? left.values : times(left.values, right.values);
  return { kind: 'levels', names: [], codes, values };
}

function denseColumns(given: NamedColumns, rows: number): readonly Float64Array[] {
  if (given.kind === 'dense') return given.columns;
  const { names, codes, values } = given;
  const columns = names.map(() => new Float64Array(rows));
  for (let row = 0; row < rows; row++) {
    if (codes[row] >= 0) columns[codes[row]][row] = values === null ? 1 : values[row];
  }
  return columns;
}

function joined(parts: readonly NamedColumns[], rows: number): DesignMatrix {
  const names = parts.flatMap((part) => part.names);
  const width = names.length;
  refuseTooLarge(width, rows);
  const values = new Float64Array(rows * width);
  // Blocks of rows stay in the processor's cache from column to column.
  for (let from = 0; from < rows; from += BLOCK) {
    const to = Math.min(rows, from + BLOCK);
    let first = 0;
    for (const part of parts) {
      if (part.kind === 'levels') writeLevels(part, from, to, values, first, width);
      else {
        part.columns.forEach((column, j) => {
          writeColumn(column, from, to, values, first + j, width);
        });
      }
      first += part.names.length;
    }
  }
  return { names, rows, values };
}

function writeColumn(
  column: Float64Array,
  from: number,
  to: number,
  values: Float64Array,
  first: number,
  width: number,
): void {
  for (let row = from, at = from * width + first; row < to; row++, at += width) {
    values[at] = column[row];
  }
}

function writeLevels(
  { codes, values: held }: LevelColumns,
  from: number,
  to: number,
  values: Float64Array,
  first: number,
  width: number,
): void {
  for (let row = from; row < to; row++) {
    const code = codes[row];
    if (code >= 0) values[row * width + first + code] = held === null ? 1 : held[row];
  }
}

function refuseTooLarge(columns: number, rows: number): void {
  if (columns * rows <= MAX_CELLS) return;
  throw badData(
    `the design would have ${columns} or more columns of ${rows} rows; expected no more than ${MAX_CELLS} numbers in all`,
  );
}

type DesignVariable =
  | {
      readonly kind: 'numeric';
      /** R's names, one per column. */
      readonly names: readonly string[];
      readonly columns: readonly Float64Array[];
    }
  | {
      readonly kind: 'categorical';
      readonly label: string;
      readonly levels: readonly string[];
      readonly codes: ArrayLike<number>;
    };

function designVariable(expression: Expression, scope: Scope): DesignVariable {
  const label = formatExpression(expression);
  if (expression.kind === 'name') return ofColumn(expression.name, label, expression.place, scope);
  if (expression.kind === 'call' && expression.function === 'poly') {
    return ofPoly(expression, label, scope);
  }
  if (specialCall(expression)) {
    return { kind: 'numeric', names: [label], columns: [new Float64Array(scope.rows).fill(1)] };
  }
  if (latentCall(expression)) {
    const values = scope.latent?.(label) ?? new Float64Array(scope.rows);
    return { kind: 'numeric', names: [label], columns: [values] };
  }
  const value = valuesOf(expression, scope);
  if (value.kind === 'numeric') {
    return { kind: 'numeric', names: [label], columns: [evaluate(expression, scope)] };
  }
  if (value.kind === 'boolean') {
    return { kind: 'categorical', label, levels: ['FALSE', 'TRUE'], codes: value.codes };
  }
  const { levels, codes } = levelsInUse(label, value, scope);
  refuseOneLevel(label, levels);
  return { kind: 'categorical', label, levels, codes };
}

/** Drops unused levels of `cut()` and similar functions, as brms does. */
function levelsInUse(label: string, value: FactorColumn, scope: Scope): FactorColumn {
  const levels = scope.levels(`levels in use of ${label}`, () => levelsOf(value));
  if (levels.length === value.levels.length) return value;
  return { kind: 'factor', levels, codes: codesOfComputed(labelsOf(value), levels, label, scope) };
}

function ofColumn(name: string, label: string, place: number, scope: Scope): DesignVariable {
  const column = scope.column(name, place);
  switch (column.kind) {
    case 'numeric': {
      const values = evaluate({ kind: 'name', name, place }, scope);
      return { kind: 'numeric', names: [label], columns: [values] };
    }
    case 'boolean':
      return { kind: 'categorical', label, levels: ['FALSE', 'TRUE'], codes: column.codes };
    case 'factor':
      refuseOneLevel(label, column.levels);
      refuseLongIntegers(name, column.levels);
      return { kind: 'categorical', label, levels: column.levels, codes: column.codes };
  }
}

function refuseOneLevel(label: string, levels: readonly string[]): void {
  if (levels.length > 1) return;
  throw badData(
    `the factor ${label} has one level, '${levels[0]}', in the rows that are used; a predictor needs two or more`,
    { column: label, found: levels },
  );
}

/** Rejects integers beyond 2^53, which are read as text so that no digit is lost. */
export function refuseLongIntegers(name: string, levels: readonly string[]): void {
  if (!levels.every((level) => /^\s*[-+]?\d+\s*$/.test(level))) return;
  const long = levels.find((level) => !Number.isSafeInteger(Number(level)));
  if (long === undefined) return;
  throw badData(
    `column '${name}' holds the whole number ${shortened(long.trim())}, beyond 2^53, which numbers cannot hold exactly; it can be grouped by, (1 | ${name}), or be rescaled before it is read`,
    { column: name, found: long },
  );
}

function ofPoly(call: CallExpression, label: string, scope: Scope): DesignVariable {
  const { x, degree, raw } = polyCall(call, scope.fail);
  const values = evaluate(x, scope);
  const columns = raw
    ? rawPowers(values, degree)
    : polynomialColumns(
        values,
        degree,
        scope.constants(label, () => {
          const basis = polynomialBasis(values, degree);
          const few = `${label}: the degree is to be less than the number of distinct values of ${formatExpression(x)}`;
          return basis ?? scope.fail(call.place, few);
        }),
      );
  // R numbers the columns of a matrix if there are several.
  const names = columns.map((_, j) => (degree > 1 ? `${label}${j + 1}` : label));
  return { kind: 'numeric', names, columns };
}
