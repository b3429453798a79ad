/**
 * Encodes rows of a table as numbers, with the levels and constants (`scale`, `poly`) of the fit.
 */
import { badData } from '../checks/values.js';
import { failIn } from '../text/cursor.js';
import { additionOf, argumentOf } from './additions.js';
import { setColumns, setsOf, withoutIntercepts } from './choice-sets.js';
import {
  columnsUsed,
  expandFormula,
  hasReservedIntercept,
  type NamePlaces,
  RESERVED_INTERCEPT,
} from './columns-used.js';
import type { ChoiceSets, Design, Encoded, Variable } from './design.js';
import { evaluate, namesIn } from './evaluate.js';
import { codesOf } from './factors.js';
import { type Formula, formulaOfPart } from './formula.js';
import { groupDesign } from './group-design.js';
import { columnsWithGaps, readLatents, standIns } from './latents.js';
import { type OutcomeBounds, readBounds } from './limits.js';
import { latentColumns, modelMatrix } from './model-matrix.js';
import { readErrors, readTrials } from './outcome.js';
import { fittedConstants, type Scope } from './scope.js';
import { smoothColumns } from './smooth-design.js';
import { specialColumns } from './special-terms.js';
import { type EncodedTerms, stacked } from './stacked.js';
import { type Column, columnOf, isMissing, type Table } from './table.js';
import { type FormulaTerms, type Terms, withoutSpecial } from './terms.js';
import { groupOfRows } from './thresholds.js';

interface EncodeOptions {
  /** `leave-out`: grouping factors are not read, and `groups` is empty. @default 'include' */
  readonly groups?: 'include' | 'leave-out';
}

/**
 * Encodes new rows by the design of a fit. The outcome is not read.
 *
 * @throws WeighbridgeError `bad-data` if a column is missing or of another kind, a value is
 *   missing, or a level of a predictor was not in the fit. Levels of grouping factors may be new.
 */
export function encode(design: Design, table: Table, options: EncodeOptions = {}): Encoded {
  const mean = encodeMean(design, table, options);
  const parts = partDesigns(design).map(({ parameter, design: own }) => ({
    parameter,
    intercept: own.intercept,
    encoded: encodeMean(own, table, options),
  }));
  return {
    ...stacked(mean, parts, design.thresholds?.counts[0]),
    ...thresholdGroups(design, table),
  };
}

/** The designs of the formulas of other parameters, each as if it were of the mean. */
export function partDesigns({
  parts = [],
  ...design
}: Design): { readonly parameter: string; readonly design: Design }[] {
  const formulas = design.formula.parts ?? [];
  return formulas.map((part, p) => ({
    parameter: part.parameter,
    design: { ...design, ...parts[p], formula: formulaOfPart(design.formula, part) },
  }));
}

/** The group of thresholds of each row, if they differ by group. */
function thresholdGroups({ thresholds }: Design, table: Table): Pick<Encoded, 'thresholdGroup'> {
  if (!thresholds?.groups) return {};
  const { groups } = thresholds;
  refuseMissing(table, new Map([[groups.column, 0]]));
  const rows = { column: (name: string) => columnOf(table, name), rowNumber: (i: number) => i + 1 };
  return { thresholdGroup: groupOfRows(groups, rows) };
}

function encodeMean(design: Design, table: Table, options: EncodeOptions): EncodedTerms {
  const all = expandFormula(design.formula, design.dot).terms;
  const terms = options.groups === 'leave-out' ? { ...all, groups: [] } : all;
  const { predictors, grouping } = columnsUsed(design.formula, terms);
  const scope = newRowsScope(design, table, predictors);
  refuseMissing(table, grouping);
  const grouped = {
    column: (name: string) => columnOf(table, name),
    levels: (group: string) => design.groupLevels[group] ?? [],
  };
  const encoded = encodeTerms(terms, scope, grouped, { formula: design.formula, isNew: true });
  return withoutIntercepts(encoded, design.sameInSets ?? []);
}

/** Trials of new rows; null in a formula without trials. */
export function trialsOf(design: Design, table: Table): Float64Array | null {
  const trials = argumentOf(design.formula, 'trials');
  if (trials === null) return null;
  return readTrials(design.formula, newRowsScope(design, table, namesIn(trials)));
}

/** Known standard errors of new rows; null in a formula without `se()`. */
export function errorsOf(design: Design, table: Table): Float64Array | null {
  const errors = argumentOf(design.formula, 'se');
  if (errors === null) return null;
  return readErrors(design.formula, newRowsScope(design, table, namesIn(errors)));
}

/** Bounds of truncation of new rows; null in a formula without `trunc()`. */
export function boundsOf(design: Design, table: Table): OutcomeBounds | null {
  const trunc = additionOf(design.formula, 'trunc');
  if (trunc === null) return null;
  const names = trunc.arguments.flatMap(({ value }) => [...namesIn(value)]);
  return readBounds(
    design.formula,
    design.outcome.kind,
    newRowsScope(design, table, new Map(names)),
  );
}

/** Choice sets of new rows; null in a formula without sets. */
export function setsOfRows(design: Design, table: Table): ChoiceSets | null {
  const names = setColumns(design.formula);
  if (names.length === 0) return null;
  const places = new Map(names.map((name) => [name, 0]));
  refuseMissing(table, places);
  return setsOf(names.map((name) => columnOf(table, name)));
}

/** Data columns for group terms, and the levels of the fit. */
interface Grouping {
  column(name: string): Column;
  levels(group: string): readonly string[];
}

/** Encodes terms as numbers, while fitting and for new rows. */
export function encodeTerms(
  terms: FormulaTerms,
  scope: Scope,
  grouping: Grouping,
  latents: Latents | null = null,
): EncodedTerms {
  const { specific, offsets, smooths, groups } = terms;
  const { ordinary: population, special } = withoutSpecial(terms.population);
  // With 0 + Intercept factors are coded as with an intercept.
  const coded = hasReservedIntercept(population) ? { ...population, intercept: true } : population;
  return {
    rows: scope.rows,
    ...(latents ? withLatents(coded, scope, latents) : { population: modelMatrix(coded, scope) }),
    special: [
      ...specialColumns(special, scope),
      ...smooths.flatMap((term) => smoothColumns(term, scope)),
    ],
    specific: specific && modelMatrix(specific.terms, scope),
    groups: groups.map((term) =>
      groupDesign(term, grouping.levels(term.group), grouping.column, scope),
    ),
    offset:
      offsets.length === 0
        ? null
        : offsets
            .map((offset) => evaluate(offset, scope).slice())
            .reduce((sum, values) => sum.map((value, row) => value + values[row])),
  };
}

/** The formulas of predictors with missing values, and whether rows are new. */
interface Latents {
  readonly formula: Pick<Formula, 'missing'>;
  readonly isNew: boolean;
}

function withLatents(
  terms: Terms,
  scope: Scope,
  { formula, isNew }: Latents,
): Pick<Encoded, 'population' | 'latents'> {
  const found = readLatents(terms, formula, scope, isNew);
  if (found.length === 0) return { population: modelMatrix(terms, scope) };
  const columns = new Map(found.map(({ call, variable }) => [call, standIns(variable)]));
  const latent = (text: string) => columns.get(text) ?? new Float64Array(scope.rows);
  return {
    population: modelMatrix(terms, { ...scope, latent }),
    latents: {
      variables: found.map(({ variable }) => variable),
      terms: latentColumns(terms, scope).map(({ column, call, factors }) => ({
        column,
        variable: found.findIndex((one) => one.call === call),
        factors,
      })),
      isNew,
    },
  };
}

function refuseMissing(table: Table, places: NamePlaces): void {
  for (const [name] of places) {
    const column = columnOf(table, name);
    for (let row = 0; row < table.rows; row++) {
      if (isMissing(column, row)) {
        throw badData(`column '${name}', row ${row + 1}: no value, expected one in new data`, {
          column: name,
          row: row + 1,
          expected: 'a value',
        });
      }
    }
  }
}

function newRowsScope(design: Design, table: Table, used: NamePlaces): Scope {
  const withGaps = columnsWithGaps(design.formula);
  refuseMissing(table, new Map([...used].filter(([name]) => !withGaps.includes(name))));
  const rowNumber = (i: number) => i + 1;
  const rows = { rows: table.rows, rowNumber };
  const columns = new Map<string, Column>();
  for (const [name] of used) {
    columns.set(name, asAtFit(name, columnOf(table, name), variableOf(design, name), rows));
  }
  return {
    ...rows,
    ...fittedConstants(design),
    column: (name) => columns.get(name) ?? reservedColumn(name, table.rows),
    fail: failIn('formula', design.formula.text),
  };
}

function variableOf({ variables }: Design, name: string): Variable {
  if (Object.hasOwn(variables, name)) return variables[name];
  throw badData(`the design of the fit has no column '${name}'`, { column: name });
}

/** The column of ones for `0 + Intercept`. */
export function reservedColumn(name: string, rows: number): Column {
  if (name !== RESERVED_INTERCEPT) throw badData(`no column '${name}'`, { column: name });
  return { kind: 'numeric', values: new Float64Array(rows).fill(1) };
}

/** A column of new rows, with its kind and levels in the fit. */
function asAtFit(
  name: string,
  column: Column,
  variable: Variable,
  scope: Pick<Scope, 'rowNumber'>,
): Column {
  const { kind } = variable;
  if (kind === 'factor') {
    const { levels } = variable;
    return { kind, levels, codes: codesOf(column, levels, name, scope) };
  }
  if (column.kind === kind) return column;
  if (kind === 'numeric' && column.kind === 'boolean') {
    return { kind, values: Float64Array.from(column.codes) };
  }
  if (kind === 'boolean' && column.kind === 'numeric') {
    const bad = column.values.findIndex((value) => value !== 0 && value !== 1);
    if (bad < 0) return { kind, codes: Int8Array.from(column.values) };
  }
  const found =
    column.kind === 'numeric' ? 'numbers' : column.kind === 'factor' ? 'text' : 'booleans';
  const wanted = kind === 'numeric' ? 'numbers' : 'booleans';
  throw badData(`column '${name}' holds ${found}, where the data of the fit had ${wanted}`, {
    column: name,
    found,
    expected: wanted,
  });
}
