/**
 * From what a user gives to what a model is made of: formula and data become numbers, priors are
 * resolved, and data that no fit could come of are refused here, before anything is sampled.
 */
import { auxiliaryOf, type Family, type FamilyName } from '../../models/families/family.js';
import { responseDistribution } from '../../models/families/index.js';
import type {
  GroupEffects,
  RegressionData,
  RegressionSpecification,
} from '../../models/regression-data.js';
import { reportedNames } from '../../models/reported-parameters.js';
import { WeighbridgeError } from '../errors.js';
import type { GroupDesign, ModelFrame, OutcomeKind } from '../formula/design.js';
import { modelFrame } from '../formula/model-frame.js';
import { coefficientNames } from '../formula/names.js';
import { parseFormula } from '../formula/parse-formula.js';
import { type Column, type DataInput, labelAt, type Table, tableOf } from '../formula/table.js';
import { specificationNotes } from './notes.js';
import { familyFrom, type PriorInput, priorsFrom, requireData, requireOptions } from './options.js';
import type { PriorModel } from './priors/default-rows.js';
import type { PriorInUse, PriorRow } from './priors/prior-rows.js';
import { formatPrior } from './priors/prior-text.js';
import { resolvePriors } from './priors/resolve-priors.js';
import { rowOfSlot, slotsOf } from './priors/slots.js';
import { requireRange } from './range.js';

/** A regression as a user asks for it. */
export interface Preparation {
  /** As brms and lme4 write them: `y ~ x1 * x2 + (1 + x1 | g)`, `y | trials(n) ~ x`. */
  readonly formula: string;
  /** `gaussian()` where absent; a name stands for the family with its default link. */
  readonly family?: Family | FamilyName;
  /** A record a row, or an array a column. */
  readonly data: DataInput;
  /**
   * Those of `defaultPrior` where absent; given ones replace defaults parameter by parameter. Text
   * is read as `parsePrior` reads it: `'normal(0, 1) class=b'`.
   */
  readonly prior?: PriorInput | readonly PriorInput[];
  /**
   * Rows with a missing value in a column that the formula uses: `drop` (default) leaves them out
   * and says how many, as brms does; `fail` refuses them.
   */
  readonly missing?: 'drop' | 'fail';
  /** Order of a text column's levels; the first is the reference. Sorted where absent. */
  readonly levels?: Readonly<Record<string, readonly string[]>>;
}

export interface Prepared {
  readonly frame: ModelFrame;
  readonly family: Family;
  readonly reading: Pick<Preparation, 'levels' | 'missing'>;
  readonly givenPriors: readonly PriorRow[];
  readonly priors: readonly PriorInUse[];
  readonly specification: RegressionSpecification;
}

/**
 * Whether priors were given for this regression (`own`), where one that no parameter takes is an
 * error, or for the one that it is an update of (`inherited`), where it is left out with a note.
 */
export type PriorOrigin = 'own' | 'inherited';

/**
 * @param others options beside those of a regression that its caller knows
 * @param of the caller's name, for messages
 * @throws WeighbridgeError `bad-formula`, `bad-data`, `bad-argument`
 */
export function prepare(
  asked: Preparation,
  others: readonly string[] = [],
  of = 'regression',
  origin: PriorOrigin = 'own',
): Prepared {
  requireOptions(asked, others, of);
  const { data, levels } = asked;
  requireData(data);
  return prepared(asked, tableOf(data, levels ? { levels } : {}), origin);
}

/** The same of a data set that was read already. */
export function prepareTable(
  asked: Omit<Preparation, 'data'>,
  table: Table,
  origin: PriorOrigin = 'own',
): Prepared {
  requireOptions(asked);
  const { levels } = asked;
  return prepared(asked, levels ? tableOf(cellsOf(table), { levels }) : table, origin);
}

function prepared(
  { formula, family: asked = 'gaussian', prior = [], missing, levels }: Omit<Preparation, 'data'>,
  table: Table,
  origin: PriorOrigin,
): Prepared {
  const family = familyFrom(asked);
  const outcome = outcomeKinds[family.family];
  const frame = modelFrame(parseFormula(formula), table, { missing: missing ?? 'drop', outcome });
  const data = regressionData(frame);
  requireRanges(family, data, frame);
  requireOutcomes(family, frame);
  requireParameters(family, data, frame.design.formula.text);
  requireDistinctNames(family, data);
  const model = priorModel(frame, data);
  const given = priorsFrom(prior);
  const unused = origin === 'own' ? [] : unusedPriors(given, model, family);
  const givenPriors = given.filter((row) => !unused.includes(row));
  const { priors, rows } = resolvePriors(model, family, givenPriors);
  const specification: RegressionSpecification = { family, data, priors };
  const notes = [
    ...frame.notes,
    ...unused.map(
      (row) => `the prior ${formatPrior(row)} was left out: no parameter of the update takes it`,
    ),
    ...specificationNotes(specification, frame.facts),
  ];
  const reading = { ...(levels && { levels }), ...(missing && { missing }) };
  return { frame: { ...frame, notes }, family, reading, givenPriors, priors: rows, specification };
}

function unusedPriors(given: readonly PriorRow[], model: PriorModel, family: Family): PriorRow[] {
  const slots = slotsOf(model, family);
  return given.filter((row) => rowOfSlot(row, slots) === undefined);
}

/** Columns of a table as they may have been before they were read. */
function cellsOf({ rows, columns }: Table): DataInput {
  const cellsOfColumn = (column: Column) =>
    column.kind === 'numeric'
      ? column.values
      : Array.from({ length: rows }, (_, row) =>
          column.kind === 'factor'
            ? labelAt(column, row)
            : column.codes[row] < 0
              ? null
              : column.codes[row] === 1,
        );
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [name, cellsOfColumn(column)]),
  );
}

const outcomeKinds: Readonly<Record<FamilyName, OutcomeKind>> = {
  gaussian: 'real',
  student: 'real',
  bernoulli: 'binary',
  binomial: 'binomial',
  poisson: 'count',
  negbinomial: 'count',
};

/** What default priors and the rules of priors depend on. */
function priorModel({ response }: ModelFrame, data: RegressionData): PriorModel {
  return { ...data, categorical: response.levels !== null };
}

/** A frame with brms' names of the columns, as a model takes it. */
export function regressionData({ design, encoded, response }: ModelFrame): RegressionData {
  const { rows, population, groups, offset } = encoded;
  return {
    rows,
    outcomes: response.values,
    trials: response.trials,
    offset,
    intercept: design.intercept,
    predictors: { names: coefficientNames(population.names), rows, values: population.values },
    groups: groups.map(groupEffects),
  };
}

function groupEffects({ group, matrix, levels, levelOf, correlated }: GroupDesign): GroupEffects {
  return {
    group,
    coefficients: coefficientNames(matrix.names),
    levels,
    levelOf,
    values: matrix.values,
    correlated: correlated && matrix.names.length > 1,
  };
}

/** Throws `bad-data` at the first number that is too large or too small to be computed with. */
function requireRanges(
  family: Family,
  { outcomes, offset, predictors, groups }: RegressionData,
  { response, usedRows }: ModelFrame,
): void {
  const rowNumber = (i: number) => usedRows[i] + 1;
  if (outcomeKinds[family.family] === 'real') requireRange(response.name, outcomes, rowNumber);
  if (offset) requireRange('the offset', offset, rowNumber);
  const columns = [
    predictors,
    ...groups.map(({ coefficients, values }) => ({ names: coefficients, values })),
  ];
  for (const { names, values } of columns) {
    names.forEach((name, j) => {
      requireRange(name, values, rowNumber, j, names.length);
    });
  }
}

/** Throws `bad-formula` where nothing is to be estimated. */
function requireParameters(family: Family, data: RegressionData, formula: string): void {
  const { intercept, predictors, groups } = data;
  if (intercept || predictors.names.length > 0 || groups.length > 0) return;
  if (auxiliaryOf(family).length > 0) return;
  throw new WeighbridgeError(
    'bad-formula',
    `formula '${formula}': there is nothing to estimate, neither an intercept nor a predictor nor a group`,
  );
}

/** Throws `bad-data` where brms' spelling, a dot for a blank, makes one name of two. */
function requireDistinctNames(family: Family, data: RegressionData): void {
  const seen = new Set<string>();
  for (const name of reportedNames({ family, data })) {
    if (seen.has(name)) {
      throw new WeighbridgeError(
        'bad-data',
        `two parameters would be called ${name}: rename a level or a column in the data`,
      );
    }
    seen.add(name);
  }
}

/** Throws `bad-data` at the first outcome that the family cannot have. */
function requireOutcomes(family: Family, { response, usedRows }: ModelFrame): void {
  const { expected } = responseDistribution(family);
  const { name, values, trials } = response;
  for (let i = 0; i < values.length; i++) {
    const wanted = expected(values[i], trials ? trials[i] : 1);
    if (wanted === null) continue;
    throw new WeighbridgeError(
      'bad-data',
      `row ${usedRows[i] + 1}: ${name} is ${values[i]}, but the family ${family.family} expects ${wanted}`,
    );
  }
}
