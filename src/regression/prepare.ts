/**
 * From what a user gives to what a model is made of: formula and data become numbers, priors are
 * resolved, and data that no fit could come of are refused here, before anything is sampled.
 */
import type { Family, FamilyName } from '../../models/families/family.js';
import { requireFamily, responseDistribution } from '../../models/families/index.js';
import type {
  GroupEffects,
  RegressionData,
  RegressionSpecification,
} from '../../models/regression-data.js';
import { WeighbridgeError } from '../errors.js';
import type { GroupDesign, ModelFrame, OutcomeKind } from '../formula/design.js';
import { modelFrame } from '../formula/model-frame.js';
import { coefficientNames } from '../formula/names.js';
import { parseFormula } from '../formula/parse-formula.js';
import { type DataInput, type Table, tableOf } from '../formula/table.js';
import { gaussian } from './families.js';
import type { PriorModel } from './priors/default-rows.js';
import type { PriorInUse, PriorRow } from './priors/prior-rows.js';
import { resolvePriors } from './priors/resolve-priors.js';

/** A regression as a user asks for it. */
export interface Preparation {
  /** As brms and lme4 write them: `y ~ x1 * x2 + (1 + x1 | g)`, `y | trials(n) ~ x`. */
  readonly formula: string;
  /** `gaussian()` where absent. */
  readonly family?: Family;
  /** A record a row, or an array a column. */
  readonly data: DataInput;
  /** Those of `defaultPrior` where absent; given ones replace defaults parameter by parameter. */
  readonly prior?: PriorRow | readonly PriorRow[];
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
  readonly givenPriors: readonly PriorRow[];
  readonly priors: readonly PriorInUse[];
  readonly specification: RegressionSpecification;
}

/**
 * @throws WeighbridgeError `bad-formula`, `bad-data`, `bad-argument`
 */
export function prepare(asked: Preparation): Prepared {
  const { data, levels } = asked;
  return prepareTable(asked, tableOf(data, levels ? { levels } : {}));
}

/** The same of a data set that was read already. */
export function prepareTable(
  { formula, family: given = gaussian(), prior = [], missing = 'drop' }: Omit<Preparation, 'data'>,
  table: Table,
): Prepared {
  const family = requireFamily(given);
  const outcome = outcomeKinds[family.family];
  const frame = modelFrame(parseFormula(formula), table, { missing, outcome });
  const data = regressionData(frame);
  requireOutcomes(family, frame);
  const givenPriors = Array.isArray(prior) ? prior : [prior as PriorRow];
  const { priors, rows } = resolvePriors(priorModel(frame, data), family, givenPriors);
  const specification: RegressionSpecification = { family, data, priors };
  return { frame, family, givenPriors, priors: rows, specification };
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
