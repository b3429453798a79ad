/**
 * The model of a regression specification. A specification is plain data, so that it can be posted
 * to another thread and becomes a model there.
 */

import {
  type CorrelationWithErrorSpecification,
  correlationWithErrorModel,
} from '../../models/correlation-with-error.js';
import { auxiliaryOf, type Family, familyNames, traitsOf } from '../../models/families/family.js';
import {
  limitedFamilies,
  linksOf,
  requireFamily,
  responseDistribution,
  unknownFamily,
} from '../../models/families/index.js';
import {
  gapsOf,
  hasPlace,
  isOrdinal,
  thresholdNames,
  thresholdsOf,
} from '../../models/families/thresholds.js';
import {
  type LatentCorrelationSpecification,
  latentCorrelationModel,
} from '../../models/latent-correlation.js';
import type { ModelSpecification } from '../../models/model-specification.js';
import { requireLkj, requirePrior } from '../../models/prior-distributions.js';
import type { RegressionSpecification } from '../../models/regression-data.js';
import { regressionModel, type SpecifiedModel } from '../../models/regression-model.js';
import { badArgument, badData, described, isArrayLike, isRecord } from '../checks/values.js';
import { rangesOfColumns, sizeOf } from '../linear-algebra/powers-of-two.js';
import { requireScatter, requireSpread } from './propriety.js';
import { requireRange } from './range.js';

/**
 * @throws WeighbridgeError `bad-argument` for an incomplete specification, `bad-data` for rows
 *   outside the support of the family, `improper-posterior`
 */
export function modelOf(specification: ModelSpecification): SpecifiedModel {
  if (isRecord(specification) && specification.model === 'latent-correlation') {
    requireLatentCorrelation(specification);
    return latentCorrelationModel(specification);
  }
  if (isRecord(specification) && specification.model === 'correlation-with-error') {
    requireCorrelationWithError(specification);
    return correlationWithErrorModel(specification);
  }
  requireSpecification(specification);
  requireSpread(specification);
  requireScatter(specification);
  return regressionModel(specification);
}

/** @throws WeighbridgeError `bad-argument`, `bad-data` */
function requireSpecification(given: unknown): asserts given is RegressionSpecification {
  if (!isRecord(given)) {
    throw badArgument(`a specification is ${described(given)}, expected a record with its family`);
  }
  const family = familyFrom(given.family);
  const { data, priors } = given;
  if (!isRecord(data) || !isRecord(priors)) {
    throw badArgument('a specification is incomplete: expected its data and its priors as records');
  }
  const { names, rows: all, values } = requirePredictors(data.predictors);
  const outcomes = requireNumbers('the outcome', data.outcomes);
  const height = requireParts(family, data.parts, names.length);
  const rows = all / height;
  if (outcomes.length !== rows) {
    throw badData(`the outcome has ${outcomes.length} rows, the predictors ${rows}`);
  }
  const trials = data.trials === null ? null : requireNumbers('the trials', data.trials);
  requireRows(family, { names, rows, values, outcomes, trials });
  if (data.weights !== undefined) {
    const isWeight = (value: number) => value > 0 && value < Number.POSITIVE_INFINITY;
    requireFinite('the weights', data.weights, rows, isWeight);
  }
  if (data.errors !== undefined) {
    const isError = (value: number) => value > 0 && value < Number.POSITIVE_INFINITY;
    requireFinite('the standard errors', data.errors, rows, isError);
  }
  if (data.limits !== undefined) requireLimits(family, data.limits, rows);
  requireThresholdGroups(family, data.thresholdGroup, rows);
  requireLatents(data.latents, priors.latents, rows);
  const groups = requireNumbers('the groups', data.groups);
  requirePriors(family, priors, { names, groups: groups.length, intercept: data.intercept });
}

/** @throws WeighbridgeError `bad-argument`, `bad-data` */
function requireLimits(family: Family, given: unknown, rows: number): void {
  if (!isRecord(given)) {
    throw badArgument(`limits are ${described(given)}, expected from, to, after and upTo`);
  }
  if (!limitedFamilies.includes(family.family)) {
    throw badArgument(
      `a ${family.family} regression has no limits: expected one of ${limitedFamilies.join(', ')}`,
    );
  }
  for (const name of ['from', 'to', 'after', 'upTo'] as const) {
    requireFinite(`the limits ${name}`, given[name], rows, (value) => !Number.isNaN(value));
  }
}

/**
 * Throws `bad-argument` for groups of thresholds that do not make up the family's, and `bad-data` for rows of none of
 * them.
 */
function requireThresholdGroups(family: Family, given: unknown, rows: number): void {
  const { thresholdGroups: groups } = family;
  if (!groups && given === undefined) return;
  const sum = (groups ?? []).reduce((all, { thresholds }) => all + thresholds, 0);
  if (!groups || sum !== thresholdsOf(family) || groups.some(({ thresholds }) => thresholds < 1)) {
    throw badArgument(
      `a specification is incomplete: expected thresholdGroups of its family that have ${thresholdsOf(family)} thresholds together, one or more each, found ${sum}`,
    );
  }
  const isGroup = (value: number) => Number.isInteger(value) && value >= 0 && value < groups.length;
  requireFinite('the groups of thresholds', given, rows, isGroup);
}

/**
 * The number of linear predictors of a row.
 *
 * @throws WeighbridgeError `bad-argument` if those of the data are not those of the family
 */
function requireParts({ predicted = [] }: Family, parts: unknown, columns: number): number {
  const given: readonly unknown[] = Array.isArray(parts) ? parts : [];
  const sound = predicted.every((name, p) => {
    const part = given[p];
    if (!isRecord(part) || part.parameter !== name) return false;
    const { first, columns: own } = part;
    return typeof first === 'number' && typeof own === 'number' && first + own <= columns;
  });
  if (sound && given.length === predicted.length) return 1 + predicted.length;
  throw badArgument(
    `a specification is incomplete: expected parts in its data for ${predicted.join(', ') || 'none'}, the parameters that its family has predicted`,
  );
}

/** @throws WeighbridgeError `bad-argument`, `bad-data` for latent predictors that are incomplete */
function requireLatents(given: unknown, priors: unknown, rows: number): void {
  if (given === undefined) return;
  const variables: readonly unknown[] =
    isRecord(given) && Array.isArray(given.variables) ? given.variables : [];
  const ofPriors = isRecord(priors) && Array.isArray(priors.variables) ? priors.variables : [];
  if (variables.length === 0 || variables.length !== ofPriors.length) {
    throw badArgument(
      `a specification is incomplete: found ${variables.length} latent predictors and priors of ${ofPriors.length}, expected the same number, 1 or more`,
    );
  }
  for (const variable of variables) {
    if (!isRecord(variable)) throw badArgument(`a latent predictor is ${described(variable)}`);
    const name = String(variable.name);
    const units = requireNumbers(`the values of ${name}`, variable.observed).length;
    requireFinite(`the values of ${name}`, variable.observed, units);
    requireFinite(`the errors of ${name}`, variable.errors, units, (error) => error >= 0);
    requireFinite(
      `the units of ${name}`,
      variable.unitOf,
      rows,
      (unit) => Number.isInteger(unit) && unit >= 0 && unit < units,
    );
  }
}

/** @throws WeighbridgeError `bad-argument`, `bad-data` */
function requireLatentCorrelation(given: LatentCorrelationSpecification): void {
  const { contexts, attributes, choices, reports } = given;
  if (!Array.isArray(contexts) || !Array.isArray(reports) || !isRecord(choices)) {
    throw badArgument(
      'a joint model is incomplete: expected contexts, attributes, choices, reports',
    );
  }
  const cells = contexts.length * attributes;
  const rows = requireNumbers('the choices', choices.outcomes).length;
  requireFinite('the differences', choices.differences, rows * attributes);
  requireFinite('the outcomes', choices.outcomes, rows, (value) => value >= 0 && value <= 1);
  requireFinite(
    'the starts',
    choices.starts,
    contexts.length + 1,
    (value, i) => value >= (i === 0 ? 0 : Number(choices.starts[i - 1])) && value <= rows,
  );
  for (const { name, means, se } of reports) {
    requireFinite(`the reports ${name}`, means, cells, () => true);
    requireFinite(
      `the errors of ${name}`,
      se,
      cells,
      (value, i) => !(value < 0) || !(means[i] > -Infinity),
    );
  }
}

/** @throws WeighbridgeError `bad-argument`, `bad-data` */
function requireCorrelationWithError(given: CorrelationWithErrorSpecification): void {
  const { x, y, errorCorrelations, rhoPrior } = given;
  if (!isRecord(x) || !isRecord(y) || !isRecord(x.scaling) || !isRecord(y.scaling)) {
    throw badArgument(
      'a correlation with errors is incomplete: expected x and y with their scaling',
    );
  }
  requireLkj(rhoPrior);
  const pairs = requireNumbers('the errors of x', x.errors).length;
  for (const [name, { values, errors }] of Object.entries({ x, y })) {
    requireFinite(`the values of ${name}`, values, pairs);
    requireFinite(
      `the errors of ${name}`,
      errors,
      pairs,
      (value) => value >= 0 && Number.isFinite(value),
    );
  }
  requireFinite('the error correlations', errorCorrelations, pairs, (e) => Math.abs(e) < 1);
}

/** @throws WeighbridgeError `bad-data` for another length, or a value that is not as wanted */
function requireFinite(
  name: string,
  given: unknown,
  length: number,
  isWanted: (value: number, index: number) => boolean = Number.isFinite,
): void {
  const values = requireNumbers(name, given);
  if (values.length !== length) {
    throw badData(`${name}: found ${values.length} numbers, expected ${length}`);
  }
  for (let i = 0; i < length; i++) {
    const value = values[i];
    if (typeof value === 'number' && isWanted(value, i)) continue;
    throw badData(`${name}: number ${i + 1} is ${described(value)}, out of range`);
  }
}

function requirePredictors(given: unknown) {
  if (!isRecord(given) || !Array.isArray(given.names)) {
    throw badArgument(
      `predictors are ${described(given)}, expected { names, rows, values }, values row by row`,
    );
  }
  const { rows } = given;
  const names: readonly unknown[] = given.names;
  if (typeof rows !== 'number' || !Number.isSafeInteger(rows) || rows < 0) {
    throw badArgument(`rows of predictors are ${described(rows)}, expected their number`);
  }
  const values = requireNumbers('the predictors', given.values);
  const wanted = names.length * rows;
  if (values.length === wanted) return { names, rows, values };
  throw badData(
    `the predictors are ${values.length} values, expected ${wanted}: ${rows} rows of ${names.length}`,
  );
}

/** @throws WeighbridgeError `bad-data` if not an array */
export function requireNumbers(name: string, given: unknown): ArrayLike<unknown> {
  if (isArrayLike(given)) return given;
  throw badData(`${name} is ${described(given)}, expected an array of numbers`);
}

interface Rows {
  readonly names: readonly unknown[];
  readonly rows: number;
  readonly values: ArrayLike<unknown>;
  readonly outcomes: ArrayLike<unknown>;
  readonly trials: ArrayLike<unknown> | null;
}

function requireRows(family: Family, given: Rows): void {
  const { names, rows } = given;
  if (rows === 0) throw badData('there are no rows to fit');
  const outcomes = numbersOf(given.outcomes);
  const values = numbersOf(given.values);
  const trials = given.trials && numbersOf(given.trials);
  const expected = expectedOutcome(family);
  const k = names.length;
  const height = k === 0 ? 1 : values.length / (k * rows);
  for (let i = 0; i < rows; i++) {
    const wanted = expected(outcomes[i], trials ? trials[i] : 1);
    if (wanted !== null) throw badRow(i, 'the outcome', given.outcomes[i], wanted);
    for (let at = i * k * height; at < (i + 1) * k * height; at++) {
      if (Number.isFinite(values[at])) continue;
      throw badRow(i, String(names[at % k]), given.values[at], 'a finite number');
    }
  }
  const rowNumber = (i: number) => i + 1;
  if (traitsOf(family).hasScale) requireRange('the outcome', outcomes, rowNumber);
  const ranges = rangesOfColumns(values, k);
  names.forEach((name, j) => {
    requireRange(
      String(name),
      values,
      (i) => rowNumber(Math.floor(i / height)),
      j,
      k,
      sizeOf(ranges, j),
    );
  });
}

/** Converts to numbers; elements that are not numbers become NaN. */
function numbersOf(values: ArrayLike<unknown>): Float64Array {
  if (values instanceof Float64Array) return values;
  return Float64Array.from(values, (value) => (typeof value === 'number' ? value : Number.NaN));
}

function badRow(i: number, name: string, found: unknown, expected: string) {
  const column = name === 'the outcome' ? {} : { column: name };
  const message = `row ${i + 1}: ${name} is ${described(found)}, expected ${expected}`;
  return badData(message, { row: i + 1, ...column, found, expected });
}

/**
 * The family's check of an outcome, except that a Bernoulli outcome may be the probability of a 1.
 */
function expectedOutcome(family: Family): (outcome: number, trials: number) => string | null {
  if (family.family === 'bernoulli') {
    return (outcome) => (outcome >= 0 && outcome <= 1 ? null : 'a number from 0 to 1');
  }
  return responseDistribution(family).expected;
}

function requirePriors(
  family: Family,
  {
    intercept,
    coefficients,
    sds,
    correlations,
    auxiliary,
    thresholds = [],
    gaps,
  }: Readonly<Record<string, unknown>>,
  model: {
    readonly names: readonly unknown[];
    readonly groups: number;
    readonly intercept: unknown;
  },
): void {
  const names = auxiliaryOf(family);
  const count = thresholdsOf(family);
  const ofThresholds = thresholdNames(family);
  if (isOrdinal(family) && (count === 0 || model.intercept !== hasPlace(family))) {
    throw badArgument(
      `a ${family.family} regression is incomplete: expected thresholds in its family, and intercept ${hasPlace(family)} in its data`,
    );
  }
  requireEach('thresholds', thresholds, count, (prior, k) => requirePrior(prior, ofThresholds[k]));
  if (gaps !== undefined) {
    requireEach('gaps', gaps, gapsOf(family), (prior, j) => requirePrior(prior, `delta[${j + 1}]`));
  }
  if (model.intercept && count === 0) requirePrior(intercept, 'Intercept');
  requireEach('coefficients', coefficients, model.names.length, (prior, j) =>
    requirePrior(prior, String(model.names[j])),
  );
  requireEach('auxiliary', auxiliary, names.length, (prior, a) => requirePrior(prior, names[a]));
  requireEach('sds', sds, model.groups, () => {});
  requireEach('correlations', correlations, model.groups, () => {});
}

function requireEach(
  name: string,
  given: unknown,
  length: number,
  check: (value: unknown, index: number) => void,
): void {
  if (!isArrayLike(given) || given.length !== length) {
    const found = isArrayLike(given) ? `${given.length} of them` : described(given);
    throw badArgument(`priors.${name}: found ${found}, expected ${length}`);
  }
  Array.from(given).forEach(check);
}

/** Returns a family as is; resolves a name to the family with its default link. */
export function familyFrom(given: unknown): Family {
  const known = familyNames.find((name) => name === given);
  if (known) return requireFamily({ family: known, link: linksOf(known)[0] });
  if (isRecord(given)) return requireFamily(given);
  if (typeof given === 'string') throw badArgument(unknownFamily(given));
  throw badArgument(
    `family is ${described(given)}, expected a family, for example bernoulli(), or one of ${familyNames.join(', ')}`,
  );
}
