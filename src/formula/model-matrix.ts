/**
 * Terms to columns, as R's `model.matrix`: an interaction is the products of its variables' columns,
 * the first variable running fastest. A factor is coded by contrasts with its first level where an
 * earlier term has all that the term has without it, for then a column for each level would add
 * nothing new; else by one column a level (Chambers & Hastie 1992, Statistical Models in S, p. 38).
 */
import { WeighbridgeError } from '../errors.js';
import type { DesignMatrix } from './design.js';
import type { Scope } from './scope.js';
import type { Terms } from './terms.js';
import { type DesignVariable, designVariable } from './variables.js';

interface NamedColumns {
  readonly names: readonly string[];
  readonly columns: readonly Float64Array[];
}

type Coding = 'contrasts' | 'levels';

const MAX_CELLS = 2 ** 28;
const BLOCK = 256;

/** Columns of all terms, without the column of ones of an intercept. */
export function modelMatrix(terms: Terms, scope: Scope): DesignMatrix {
  // Variables that no term has, as in y ~ x - x, are not read.
  const used = new Set(terms.terms.flat());
  const variables = terms.variables.map((variable, v) =>
    used.has(v) ? designVariable(variable, scope) : null,
  );
  const codings = codingsOf(terms, (v) => variables[v]?.kind === 'categorical');
  const parts = terms.terms.map((term, t) =>
    term
      .map((v) => columnsOf(variables[v], codings[t].get(v) ?? 'contrasts', scope.rows))
      .reduce((left, right) => product(left, right, scope.rows)),
  );
  return joined(parts, scope.rows);
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
    // R: the first factor in the first term that has one stands in for the intercept.
    const t = terms.findIndex((term) => term.some(isCategorical));
    const first = terms[t]?.find(isCategorical);
    if (first !== undefined) codings[t].set(first, 'levels');
  }
  return codings;
}

function columnsOf(variable: DesignVariable | null, coding: Coding, rows: number): NamedColumns {
  if (variable === null) return { names: [], columns: [] };
  if (variable.kind === 'numeric') return variable;
  const { label, levels, codes } = variable;
  const first = coding === 'contrasts' ? 1 : 0;
  const shown = levels.slice(first);
  refuseTooLarge(shown.length, rows);
  return {
    names: shown.map((level) => label + level),
    columns: indicators(codes, first, shown.length, rows),
  };
}

/** A column a level: 1 where the row has it. */
function indicators(
  codes: ArrayLike<number>,
  first: number,
  count: number,
  rows: number,
): readonly Float64Array[] {
  const columns = Array.from({ length: count }, () => new Float64Array(rows));
  for (let row = 0; row < rows; row++) {
    const column = codes[row] - first;
    if (column >= 0) columns[column][row] = 1;
  }
  return columns;
}

function product(left: NamedColumns, right: NamedColumns, rows: number): NamedColumns {
  refuseTooLarge(left.names.length * right.names.length, rows);
  return {
    names: right.names.flatMap((b) => left.names.map((a) => `${a}:${b}`)),
    columns: right.columns.flatMap((b) =>
      left.columns.map((a) => a.map((value, row) => value * b[row])),
    ),
  };
}

function joined(parts: readonly NamedColumns[], rows: number): DesignMatrix {
  const names = parts.flatMap((part) => part.names);
  const columns = parts.flatMap((part) => part.columns);
  refuseTooLarge(columns.length, rows);
  const values = new Float64Array(rows * columns.length);
  // Blocks of rows, which stay in the processor's cache from column to column.
  for (let from = 0; from < rows; from += BLOCK) {
    const to = Math.min(rows, from + BLOCK);
    columns.forEach((column, j) => {
      for (let row = from; row < to; row++) values[row * columns.length + j] = column[row];
    });
  }
  return { names, rows, values };
}

function refuseTooLarge(columns: number, rows: number): void {
  if (columns * rows <= MAX_CELLS) return;
  throw new WeighbridgeError(
    'bad-data',
    `the design would have ${columns} or more columns of ${rows} rows; expected no more than ${MAX_CELLS} numbers in all`,
  );
}
