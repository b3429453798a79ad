/**
 * Converts a formula and a table to the numbers of a fit: selects the rows without missing values
 * and collects notes about the data.
 */

import { listed } from '../checks/names.js';
import { badData, described } from '../checks/values.js';
import { WeighbridgeError } from '../errors.js';
import { meanAndSquares } from '../linear-algebra/sums.js';
import { type FailAt, failIn } from '../text/cursor.js';
import { additionOf, additionValues, upperEndsOf } from './additions.js';
import { groupsSameInSets, setColumns, setsOf, withoutIntercepts } from './choice-sets.js';
import {
  type ColumnsUsed,
  checkColumns,
  checkOutcomeApart,
  dotColumns,
  expandFormula,
  type NamePlaces,
  usedByAll,
  withConstants,
} from './columns-used.js';
import type {
  DataFacts,
  Design,
  DesignMatrix,
  Encoded,
  ModelFrame,
  OutcomeDesign,
  OutcomeKind,
  Response,
  Variable,
} from './design.js';
import { encodeTerms, reservedColumn } from './encode.js';
import { firstNotFinite, namesIn } from './evaluate.js';
import { formatExpression } from './format.js';
import { type Formula, formulaOfPart } from './formula.js';
import { latentCall } from './functions.js';
import { groupLevels } from './group-design.js';
import { checkLatents, columnsWithGaps, missingTerms } from './latents.js';
import { coefficientNames } from './names.js';
import { isLikeNumber, numbersInText } from './number-text.js';
import { outcomeDesign, readFrequencies, readResponse, readWeights } from './outcome.js';
import { canonicalFormula } from './parse-formula.js';
import { rankFacts } from './rank.js';
import { fittingScope, type Scope } from './scope.js';
import { withoutPenalty } from './smooth-design.js';
import { type EncodedTerms, nameInPart, specificName, stacked } from './stacked.js';
import { type Column, columnOf, isMissing, selectRows, type Table } from './table.js';
import { type FormulaTerms, refuseMixedNames } from './terms.js';
import { readThresholds } from './thresholds.js';

interface ModelFrameOptions {
  /** `drop`: rows with a missing value are dropped, with a note. `fail`: they are an error. */
  readonly missing: 'drop' | 'fail';
  readonly outcome: OutcomeKind;
}

/**
 * Builds all data used by a fit.
 *
 * @throws WeighbridgeError `bad-formula` if the formula does not match the table, `bad-data` if
 *   values are not usable in a regression
 */
export function modelFrame(parsed: Formula, table: Table, options: ModelFrameOptions): ModelFrame {
  const formula = withConstants(parsed, table);
  const fail = failIn('formula', formula.text);
  checkLatents(formula, fail);
  const dot = dotOf(formula, table);
  const { terms, parts, used } = checkedTerms(formula, table, dot, fail);
  const whole = readColumns(used, table);
  const full = withoutUpperEnds(formula, used, withoutGaps(whole, formula, terms, fail));
  const complete = wholeSets(formula, whole, completeRows(full, table.rows, options.missing));
  refuseInfinite(full, complete.rows);
  const { rows: usedRows, copied, own, notes } = countedRows(formula, whole, complete.rows);
  const outcome = outcomeDesign(formula, options.outcome, (name) => columnOf(table, name), fail);
  const columns = usedColumns(whole, usedRows, formula, outcome);

  const rows = usedRows.length;
  const column = (name: string) => columns.get(name) ?? reservedColumn(name, rows);
  const numbered = { rows, rowNumber: (i: number) => usedRows[i] + 1, column };
  const { scope, made } = fittingScope(formula, numbered);
  const response = readResponse(formula, outcome, scope);
  const { levels, mean, ofParts, special } = encodedParts(formula, terms, parts, scope, column);
  const sameInSets = response.sets && groupsSameInSets(mean.groups, response.sets);
  const meanInSets = withoutIntercepts(mean, sameInSets ?? []);
  refuseEmptyGroups(meanInSets, terms, fail);
  const thresholds = thresholdsOf(formula, terms, response, outcome, scope);
  const encoded = {
    ...stacked(meanInSets, ofParts, thresholds?.design.counts[0]),
    ...(thresholds?.of && { thresholdGroup: thresholds.of }),
  };
  const { intercept } = terms.population;
  refuseTooMany(encoded.population.names.length, 'the formula has');
  refuseSameNames(encoded, intercept);

  const design: Design = {
    formula: withConstants(canonicalFormula(parsed), table),
    intercept,
    variables: Object.fromEntries([...columns].map(([name, read]) => [name, variableOf(read)])),
    constants: Object.fromEntries(made.constants),
    groupLevels: Object.fromEntries(levels),
    factorLevels: Object.fromEntries(made.factorLevels),
    dot,
    outcome,
    ...(thresholds && { thresholds: thresholds.design }),
    ...(parts.length > 0 && { parts: parts.map(({ intercept, dot }) => ({ intercept, dot })) }),
    ...(sameInSets && { sameInSets }),
  };
  const facts: DataFacts = {
    droppedRows: complete.dropped,
    ...factsOf(mean, intercept, ofParts),
    oneLevelGroups: [...levels].filter(([, names]) => names.length === 1).map(([name]) => name),
  };
  return {
    design,
    encoded,
    response,
    table: tableOfRows(copied ? usedColumns(whole, own, formula, outcome) : columns, own.length),
    ...(copied && { copied }),
    usedRows,
    notes: onOneLine([
      ...complete.notes,
      ...notes,
      ...outcomeNotes(formula, outcome, columns),
      ...columnNotes(used.predictors, whole, columns),
      ...special,
      ...factNotes(facts),
    ]),
    facts,
  };
}

/** The terms of all formulas, and the columns that they use, which the table has. */
function checkedTerms(formula: Formula, table: Table, dot: readonly string[], fail: FailAt) {
  const { terms, used: ofMean } = expandFormula(formula, dot);
  const parts = partsOf(formula, table);
  const groups = [terms, ...parts.map((part) => part.terms)].flatMap((all) => all.groups);
  refuseMixedNames(groups, fail);
  const used = usedByAll([ofMean, ...parts.map((part) => part.used)]);
  checkColumns(used, table, fail);
  checkOutcomeApart(formula, used, fail);
  return { terms, parts, used };
}

/** The thresholds of ordered categories, the only ones that `cs()` can have effects on; null for other outcomes. */
function thresholdsOf(
  formula: Formula,
  { specific }: FormulaTerms,
  response: Response,
  { kind }: OutcomeDesign,
  scope: Scope,
): ReturnType<typeof readThresholds> | null {
  if (kind === 'ordinal') return readThresholds(formula, response, scope);
  if (specific) {
    scope.fail(
      specific.place,
      'cs() is for ordered categories: expected the family sratio, cratio or acat',
    );
  }
  return null;
}

function tableOfRows(columns: Columns, rows: number): Table {
  return { rows, columns: Object.fromEntries(columns) };
}

/** The columns that a dot stands for. */
function dotOf(formula: Formula, table: Table): readonly string[] {
  const dot = dotColumns(formula, table);
  refuseTooMany(dot.length, 'the dot stands for');
  return dot;
}

function onOneLine(notes: readonly string[]): string[] {
  return notes.map((note) => note.replace(/\s/g, ' '));
}

interface Part {
  readonly parameter: string;
  readonly intercept: boolean;
  readonly dot: readonly string[];
  readonly terms: FormulaTerms;
  readonly used: ColumnsUsed;
}

/** The formulas of other parameters than the mean, expanded. */
function partsOf(formula: Formula, table: Table): Part[] {
  return (formula.parts ?? []).map((part) => {
    const own = formulaOfPart(formula, part);
    const dot = dotColumns(own, table);
    const { terms, used } = expandFormula(own, dot);
    if (terms.specific) {
      failIn('formula', formula.text)(terms.specific.place, 'cs() is for the formula of the mean');
    }
    return { parameter: part.parameter, intercept: terms.population.intercept, dot, terms, used };
  });
}

/** Each linear predictor as numbers, the levels of the grouping factors of all, and notes on special terms. */
function encodedParts(
  formula: Formula,
  terms: FormulaTerms,
  parts: readonly Part[],
  scope: Scope,
  column: (name: string) => Column,
) {
  const groups = [terms, ...parts.map((part) => part.terms)].flatMap((all) => all.groups);
  const levels = new Map(groups.map((term) => [term.group, groupLevels(term, column, scope.rows)]));
  const grouping = { column, levels: (group: string) => levels.get(group) ?? [] };
  const mean = encodeTerms(terms, scope, grouping, { formula, isNew: false });
  const ofParts = parts.map((part) => {
    return { ...part, encoded: encodeTerms(part.terms, scope, grouping) };
  });
  const all = [mean, ...ofParts.map(({ encoded }) => encoded)].flatMap((one) => one.special);
  return { levels, mean, ofParts, special: new Set(all.flatMap(({ notes }) => notes)) };
}

/** Facts of the columns of each linear predictor, under their names in the design. */
function factsOf(
  mean: EncodedTerms,
  intercept: boolean,
  parts: readonly (Part & { readonly encoded: EncodedTerms })[],
): Pick<DataFacts, 'constantColumns' | 'dependentColumns'> {
  const all = [
    rankFacts(withoutPenalty(withSpecific(mean), mean.special), intercept),
    ...parts.map(({ parameter, encoded, intercept: own }) => {
      const named = (name: string) => nameInPart(parameter, name);
      const columns = withoutPenalty(encoded.population, encoded.special);
      const { constantColumns, dependentColumns } = rankFacts(columns, own);
      return {
        constantColumns: constantColumns.map(named),
        dependentColumns: dependentColumns.map(({ column, of }) => ({
          column: named(column),
          of: of.map((other) => (other === '(Intercept)' ? other : named(other))),
        })),
      };
    }),
  ];
  return {
    constantColumns: all.flatMap((facts) => facts.constantColumns),
    dependentColumns: all.flatMap((facts) => facts.dependentColumns),
  };
}

/**
 * The columns of the mean, and those of `cs()` under their names at the first threshold: an effect on all thresholds is
 * one on each.
 */
function withSpecific({ population, specific }: EncodedTerms): DesignMatrix {
  if (!specific) return population;
  const { names, rows, values } = population;
  const width = names.length + specific.names.length;
  const all = new Float64Array(rows * width);
  for (let i = 0; i < rows; i++) {
    all.set(values.subarray(i * names.length, (i + 1) * names.length), i * width);
    const own = specific.values.subarray(
      i * specific.names.length,
      (i + 1) * specific.names.length,
    );
    all.set(own, i * width + names.length);
  }
  const named = specific.names.map((name) => nameInPart(specificName(0), name));
  return { names: [...names, ...named], rows, values: all };
}

/**
 * Maximum number of columns: all pairs are multiplied, and more would take minutes and gigabytes.
 */
const MOST_COLUMNS = 10_000;

function refuseTooMany(columns: number, what: string): void {
  if (columns <= MOST_COLUMNS) return;
  throw new WeighbridgeError(
    'bad-formula',
    `${what} ${columns} columns, expected at most ${MOST_COLUMNS} predictors: name the columns to use`,
  );
}

function readColumns(used: ColumnsUsed, table: Table): ReadonlyMap<string, Column> {
  const names = [...used.left, ...used.predictors, ...used.grouping].map(([name]) => name);
  return new Map(names.map((name) => [name, columnOf(table, name)]));
}

function refuseInfinite(columns: ReadonlyMap<string, Column>, rows: Int32Array): void {
  for (const [name, column] of columns) {
    if (column.kind !== 'numeric') continue;
    if (firstNotFinite(column.values) < 0) continue;
    const row = rows.find((i) => !Number.isFinite(column.values[i]));
    if (row === undefined) continue;
    throw badData(
      `column '${name}', row ${row + 1}: found ${column.values[row]}, expected a finite number`,
      { column: name, row: row + 1, found: column.values[row], expected: 'a finite number' },
    );
  }
}

/** Keeps both levels of a binary outcome, even if one does not occur. */
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

/** Refuses a group term of which nothing is left, because it is the same for all options of each choice set. */
function refuseEmptyGroups({ groups }: Encoded, terms: FormulaTerms, fail: FailAt): void {
  const empty = groups.findIndex(({ matrix }) => matrix.names.length === 0);
  if (empty < 0) return;
  const { group, place } = terms.groups[empty];
  fail(
    place,
    `an effect of ${group} that is the same for all options of a set cancels; name what varies: (0 + x | ${group})`,
  );
}

function refuseSameNames({ population, groups }: Encoded, intercept: boolean): void {
  coefficientNames(intercept ? ['(Intercept)', ...population.names] : population.names);
  for (const { matrix } of groups) coefficientNames(matrix.names);
}

/** `sd` is 0 for a single row. */
function variableOf(column: Column): Variable {
  switch (column.kind) {
    case 'numeric': {
      // Those of mi(x), and of y2 in cens(c, y2), may be missing.
      const values = column.values.filter((value) => !Number.isNaN(value));
      const { mean, squares } = meanAndSquares(values);
      return { kind: 'numeric', mean, sd: Math.sqrt(squares / Math.max(1, values.length - 1)) };
    }
    case 'boolean':
      return { kind: 'boolean' };
    case 'factor':
      return { kind: 'factor', levels: column.levels };
  }
}

/** The columns without that of `cens(c, y2)`, which has values where outcomes are in intervals. */
function withoutUpperEnds(formula: Formula, used: ColumnsUsed, whole: Columns): Columns {
  const upper = upperEndsOf(formula);
  if (upper?.kind !== 'name') return whole;
  const { response, additions } = formula;
  const others = [response, ...additionValues({ additions })].filter((value) => value !== upper);
  const isUsed = (name: string) =>
    used.predictors.has(name) ||
    used.grouping.has(name) ||
    others.some((value) => namesIn(value).has(name));
  return new Map([...whole].filter(([name]) => name !== upper.name || isUsed(name)));
}

/**
 * The columns in which no value may be missing. Throws if a column of `mi(x)` has another place in the formula, where
 * none may be.
 */
function withoutGaps(whole: Columns, formula: Formula, terms: FormulaTerms, fail: FailAt): Columns {
  const { population, offsets, groups } = terms;
  const models = missingTerms(formula, fail).map((model) => model.population);
  const exact = [
    formula.response,
    ...additionValues(formula),
    ...[population, ...models, ...groups.map(({ varying }) => varying)].flatMap(
      ({ variables }) => variables,
    ),
    ...offsets,
    ...groups.flatMap(({ columns }) => columns),
    ...(formula.parts ?? []).map(({ predictors }) => predictors),
  ].filter((expression) => latentCall(expression)?.kind !== 'missing');
  for (const { variable, place } of formula.missing ?? []) {
    if (!exact.some((expression) => namesIn(expression).has(variable))) continue;
    fail(
      place,
      `${variable} has missing values, and another place in the formula than mi(${variable})`,
    );
  }
  const withGaps = columnsWithGaps(formula);
  return new Map([...whole].filter(([name]) => !withGaps.includes(name)));
}

interface CompleteRows {
  /** From 0. */
  readonly rows: Int32Array;
  readonly dropped: number;
  readonly notes: readonly string[];
}

function completeRows(
  columns: ReadonlyMap<string, Column>,
  rows: number,
  missing: 'drop' | 'fail',
): CompleteRows {
  if (rows === 0) throw badData('the data have no rows');
  const holes = new Map<string, number>();
  const lacking = new Uint8Array(rows);
  for (const [name, column] of columns) {
    const found = markMissing(column, lacking);
    if (found > 0) holes.set(name, found);
  }
  if (missing === 'fail' && holes.size > 0) {
    const row = lacking.indexOf(1);
    const [name] = [...columns].find(([, column]) => isMissing(column, row)) ?? [''];
    throw badData(`column '${name}', row ${row + 1}: no value`, { column: name, row: row + 1 });
  }
  const all = new Int32Array(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) if (lacking[row] === 0) all[count++] = row;
  const kept = count === rows ? all : all.slice(0, count);
  const dropped = rows - kept.length;
  const where = listed(
    [...columns.keys()]
      .filter((name) => holes.has(name))
      .map((name) => `${name} (${holes.get(name)})`),
  );
  if (kept.length === 0) {
    throw badData(`no rows are left: every row lacks a value; missing values by column: ${where}`);
  }
  const notes =
    dropped === 0
      ? []
      : [`${dropped} of ${rows} rows have missing values and were left out: ${where}`];
  return { rows: kept, dropped, notes };
}

/** Leaves out the rows of choice sets of which a row is left out: a choice is among all options. */
function wholeSets(formula: Formula, whole: Columns, complete: CompleteRows): CompleteRows {
  const columns = setColumns(formula).flatMap((name) => whole.get(name) ?? []);
  if (columns.length === 0 || complete.dropped === 0) return complete;
  const { of } = setsOf(columns);
  const kept = new Set(complete.rows);
  const broken = new Set(of.filter((_, row) => !kept.has(row)));
  const rows = complete.rows.filter((row) => !broken.has(of[row]));
  const left = complete.rows.length - rows.length;
  if (rows.length === 0) throw badData('no rows are left: every choice set lacks a value');
  return {
    rows,
    dropped: complete.dropped + left,
    notes: [
      ...complete.notes,
      ...(left > 0
        ? [`${left} more rows are options of the same choice sets and were left out`]
        : []),
    ],
  };
}

/** A table of more rows would not fit in memory. */
const MOST_ROWS = 10_000_000;

interface CountedRows {
  /** In the data set, each as often as `freq()` says. */
  readonly rows: Int32Array;
  /** The same rows, each once; those of weight or frequency 0 are left out. */
  readonly own: Int32Array;
  /** Place in `own` of each of `rows`; null without `freq()`. */
  readonly copied: Int32Array | null;
  readonly notes: readonly string[];
}

/**
 * Repeats rows by `freq()`. Rows of frequency or weight 0 say nothing, and are left out.
 *
 * @param complete rows without missing values
 */
function countedRows(formula: Formula, whole: Columns, complete: Int32Array): CountedRows {
  const names = additionValues(formula).flatMap((value) =>
    [...namesIn(value)].map(([name]) => name),
  );
  const columns = new Map(
    names.flatMap((name) => {
      const column = whole.get(name);
      return column ? [[name, selectRows(column, complete)] as const] : [];
    }),
  );
  const { scope } = fittingScope(formula, {
    rows: complete.length,
    rowNumber: (i) => complete[i] + 1,
    column: (name) => columns.get(name) ?? reservedColumn(name, complete.length),
  });
  const counts = readFrequencies(formula, scope);
  const weights = readWeights(formula, scope);
  if (counts === null && weights === null) {
    return { rows: complete, own: complete, copied: null, notes: [] };
  }
  const isUsed = (_: number, i: number) => counts?.[i] !== 0 && weights?.[i] !== 0;
  const own = complete.filter(isUsed);
  const left = complete.length - own.length;
  if (own.length === 0) throw badData('no rows are left: every row has the weight or frequency 0');
  const notes =
    left === 0
      ? []
      : [`${left} of ${complete.length} rows have the weight or frequency 0 and were left out`];
  if (counts === null) return { rows: own, own, copied: null, notes };
  const times = counts.filter(isUsed);
  const total = times.reduce((sum, count) => sum + count, 0);
  if (total > MOST_ROWS) {
    throw badData(
      `${formatExpression(additionOf(formula, 'freq') ?? formula.response)} comes to ${total} rows, expected at most ${MOST_ROWS}`,
      { found: total, expected: `at most ${MOST_ROWS} rows` },
    );
  }
  const copied = new Int32Array(total);
  let at = 0;
  times.forEach((count, i) => {
    copied.fill(i, at, at + count);
    at += count;
  });
  return { rows: copied.map((i) => own[i]), own, copied, notes };
}

/** Marks the rows that lack a value with 1; returns their number. */
function markMissing(column: Column, lacking: Uint8Array): number {
  let found = 0;
  const mark = (row: number): void => {
    lacking[row] = 1;
    found++;
  };
  if (column.kind === 'numeric') {
    const { values } = column;
    for (let row = 0; row < values.length; row++) if (Number.isNaN(values[row])) mark(row);
  } else {
    const { codes } = column;
    for (let row = 0; row < codes.length; row++) if (codes[row] < 0) mark(row);
  }
  return found;
}

type Columns = ReadonlyMap<string, Column>;

/** @param whole columns with all rows; `columns` have only the used rows */
function columnNotes(predictors: NamePlaces, whole: Columns, columns: Columns): readonly string[] {
  return [
    ...droppedLevels(whole, columns),
    ...numbersAsText(predictors, whole, columns),
    ...roundedNumbers(columns),
  ];
}

/** A note on which of two levels is encoded as 1, or on the order of more. */
function outcomeNotes({ response }: Formula, { kind, levels }: OutcomeDesign, columns: Columns) {
  if (levels === null || response.kind !== 'name') return [];
  if (kind === 'nominal') {
    return [
      `${response.name}: the reference category is ${levels[0]}; the option levels sets another`,
    ];
  }
  if (kind === 'ordinal') {
    return [
      `${response.name}: the categories ascend as ${levels.join(' < ')}; the option levels sets another order`,
    ];
  }
  const isText = columns.get(response.name)?.kind === 'factor';
  const [zero, one] = isText ? levels.map((level) => `'${level}'`) : levels;
  return [`${response.name}: ${one} counts as 1, ${zero} as 0`];
}

function droppedLevels(whole: Columns, columns: Columns): readonly string[] {
  return [...whole].flatMap(([name, before]) => {
    const after = columns.get(name);
    if (before.kind !== 'factor' || after?.kind !== 'factor') return [];
    const kept = new Set(after.levels);
    const gone = before.levels.filter((level) => !kept.has(level));
    if (gone.length === 0) return [];
    return [`levels of ${name} that no row has were dropped: ${listed(gone)}`];
  });
}

/** Notes numeric text, which becomes a factor with many levels and is probably a mistake. */
function numbersAsText(predictors: NamePlaces, whole: Columns, columns: Columns) {
  return [...predictors.keys()].flatMap((name) => {
    const column = columns.get(name);
    const before = whole.get(name);
    if (column?.kind !== 'factor' || before?.kind !== 'factor') return [];
    const { levels } = column;
    if (numbersInText(levels, () => false) === null) return [];
    const other = levels.find((level) => !isLikeNumber(level));
    const shown = other ?? levels[0];
    const row = before.codes.indexOf(before.levels.indexOf(shown)) + 1;
    const what = other === undefined ? 'numbers as text' : 'numbers and text';
    return [
      `${name} holds ${what} (row ${row}: ${described(shown)}): it is a factor of ${levels.length} levels`,
    ];
  });
}

/** Measurements may be that large; counts and identifiers have already been rounded. */
function roundedNumbers(columns: Columns): readonly string[] {
  return [...columns].flatMap(([name, column]) => {
    if (column.kind !== 'numeric' || !column.values.every(Number.isInteger)) return [];
    if (column.values.every(Number.isSafeInteger)) return [];
    return [`${name} holds whole numbers beyond 2^53, which a number does not hold exactly`];
  });
}

function factNotes({ oneLevelGroups }: DataFacts): readonly string[] {
  return oneLevelGroups.map(
    (group) =>
      `the grouping factor ${group} has one level: its standard deviation is determined by the prior alone`,
  );
}
