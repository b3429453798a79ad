/**
 * A formula and a table to the numbers of a fit.
 */
import { WeighbridgeError } from '../errors.js';
import { meanAndSquares } from '../linear-algebra/sums.js';
import {
  type ColumnsUsed,
  checkColumns,
  checkOutcomeApart,
  dotColumns,
  expandFormula,
  withConstants,
} from './columns-used.js';
import type {
  DataFacts,
  Design,
  Encoded,
  ModelFrame,
  OutcomeDesign,
  OutcomeKind,
  Variable,
} from './design.js';
import { encodeTerms, reservedColumn } from './encode.js';
import type { Formula } from './formula.js';
import { failAt } from './formula-error.js';
import { groupLevels } from './groups.js';
import { completeRows } from './missing.js';
import { coefficientNames } from './names.js';
import { columnNotes, factNotes, outcomeNotes } from './notes.js';
import { outcomeDesign, readResponse } from './outcome.js';
import { rankFacts } from './rank.js';
import { fittingScope } from './scope.js';
import { type Column, columnOf, selectRows, type Table } from './table.js';

export interface ModelFrameOptions {
  /** `drop`: rows with a missing value are left out, and a note says so. `fail`: they are an error. */
  readonly missing: 'drop' | 'fail';
  readonly outcome: OutcomeKind;
}

/**
 * All of a data set that goes into a fit.
 *
 * @throws WeighbridgeError 'bad-formula' where the formula asks for what the table has not,
 * 'bad-data' where the table holds what no regression takes
 */
export function modelFrame(parsed: Formula, table: Table, options: ModelFrameOptions): ModelFrame {
  const formula = withConstants(parsed, table);
  const fail = failAt(formula.text);
  const dot = dotColumns(formula, table);
  refuseTooMany(dot.length, 'the dot stands for');
  const { terms, used } = expandFormula(formula, dot);
  checkColumns(used, table, fail);
  checkOutcomeApart(formula, used, fail);
  const whole = readColumns(used, table);
  const { rows: usedRows, dropped, notes } = completeRows(whole, table.rows, options.missing);
  refuseInfinite(whole, usedRows);
  const outcome = outcomeDesign(formula, options.outcome, (name) => columnOf(table, name), fail);
  const columns = usedColumns(whole, usedRows, formula, outcome);

  const rows = usedRows.length;
  const column = (name: string) => columns.get(name) ?? reservedColumn(name, rows);
  const rowNumber = (i: number) => usedRows[i] + 1;
  const { scope, made } = fittingScope(formula, { rows, rowNumber, column });
  const response = readResponse(formula, outcome, scope);
  const levels = new Map(terms.groups.map((term) => [term.group, groupLevels(term, column, rows)]));
  const encoded = encodeTerms(terms, scope, { column, levels: (group) => levels.get(group) ?? [] });
  const { intercept } = terms.population;
  refuseTooMany(encoded.population.names.length, 'the formula has');
  refuseSameNames(encoded, intercept);

  const design: Design = {
    formula,
    intercept,
    variables: Object.fromEntries([...columns].map(([name, read]) => [name, variableOf(read)])),
    constants: Object.fromEntries(made.constants),
    groupLevels: Object.fromEntries(levels),
    factorLevels: Object.fromEntries(made.factorLevels),
    dot,
    outcome,
  };
  const facts: DataFacts = {
    droppedRows: dropped,
    ...rankFacts(encoded.population, intercept),
    oneLevelGroups: [...levels].filter(([, names]) => names.length === 1).map(([name]) => name),
  };
  return {
    design,
    encoded,
    response,
    table: { rows, columns: Object.fromEntries(columns) },
    usedRows,
    notes: [
      ...notes,
      ...outcomeNotes(formula, outcome, columns),
      ...columnNotes(used.predictors, whole, columns),
      ...factNotes(facts),
    ].map((note) => note.replace(/\s/g, ' ')),
    facts,
  };
}

/** Their products with each other are looked at: with more, for minutes and in gigabytes. */
const MOST_COLUMNS = 10_000;

function refuseTooMany(columns: number, what: string): void {
  if (columns <= MOST_COLUMNS) return;
  throw new WeighbridgeError(
    'bad-formula',
    `${what} ${columns} columns, expected at most ${MOST_COLUMNS} predictors: name those that are to be used`,
  );
}

function readColumns(used: ColumnsUsed, table: Table): ReadonlyMap<string, Column> {
  const names = [...used.left, ...used.predictors, ...used.grouping].map(([name]) => name);
  return new Map(names.map((name) => [name, columnOf(table, name)]));
}

function refuseInfinite(columns: ReadonlyMap<string, Column>, rows: Int32Array): void {
  for (const [name, column] of columns) {
    if (column.kind !== 'numeric') continue;
    const row = rows.find((i) => !Number.isFinite(column.values[i]));
    if (row === undefined) continue;
    throw new WeighbridgeError(
      'bad-data',
      `column '${name}', row ${row + 1}: found ${column.values[row]}, expected a finite number`,
    );
  }
}

/** Both levels of a binary outcome stay, whether each occurs or not. */
function usedColumns(
  whole: ReadonlyMap<string, Column>,
  rows: Int32Array,
  { response }: Formula,
  { levels }: OutcomeDesign,
): ReadonlyMap<string, Column> {
  const columns = new Map([...whole].map(([name, column]) => [name, selectRows(column, rows)]));
  if (levels === null || response.kind !== 'name') return columns;
  const column = columns.get(response.name);
  if (column?.kind !== 'factor') return columns;
  const recode = column.levels.map((level) => levels.indexOf(level));
  const codes = column.codes.map((code) => recode[code]);
  return columns.set(response.name, { kind: 'factor', levels, codes });
}

function refuseSameNames({ population, groups }: Encoded, intercept: boolean): void {
  coefficientNames(intercept ? ['(Intercept)', ...population.names] : population.names);
  for (const { matrix } of groups) coefficientNames(matrix.names);
}

/** `sd` is 0 of a single row. */
function variableOf(column: Column): Variable {
  switch (column.kind) {
    case 'numeric': {
      const { mean, squares } = meanAndSquares(column.values);
      return {
        kind: 'numeric',
        mean,
        sd: Math.sqrt(squares / Math.max(1, column.values.length - 1)),
      };
    }
    case 'boolean':
      return { kind: 'boolean' };
    case 'factor':
      return { kind: 'factor', levels: column.levels };
  }
}
