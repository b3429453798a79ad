/**
 * Whether a specification is one: it may come from a caller without a compiler, or as a job from
 * elsewhere.
 */
import { auxiliaryOf } from '../../models/families/family.js';
import { requireParameters } from '../../models/prior-distributions/validate.js';
import { WeighbridgeError } from '../errors.js';
import { badArgument, described, isRecord } from './check-options.js';
import { familyFrom } from './options.js';
import { requireRange } from './range.js';
import type { Specification } from './specification.js';

/** @throws WeighbridgeError `bad-argument`, `bad-data` */
export function requireSpecification(given: unknown): void {
  if (!isRecord(given)) {
    throw badArgument(`a specification is ${described(given)}, expected a record with its family`);
  }
  const { family, outcomeKind } = given;
  if ('data' in given) {
    requireRegression(given);
    return;
  }
  if (family !== 'bernoulli' && family !== 'gaussian') {
    throw badArgument(`family is ${described(family)}, expected bernoulli or gaussian`);
  }
  if (outcomeKind !== undefined && outcomeKind !== 'binary' && outcomeKind !== 'fractional') {
    throw badArgument(`outcomeKind is ${described(outcomeKind)}, expected binary or fractional`);
  }
  requirePredictors(given.predictors);
  requireNumbers('the outcome', given.outcomes);
}

/** @throws WeighbridgeError `bad-argument` with the prior, its parameter and what was expected */
export function requirePriors(specification: Specification): void {
  const { slopePrior, interceptPrior } = specification;
  if (slopePrior !== undefined && slopePrior !== null) {
    requirePrior('slopePrior', { mean: 'finite', sd: 'positive' }, slopePrior);
  }
  const studentT = { degreesOfFreedom: 'positive', location: 'finite', scale: 'positive' } as const;
  requirePrior('interceptPrior', studentT, interceptPrior);
  if (specification.family === 'gaussian') {
    requirePrior('sigmaPrior', studentT, specification.sigmaPrior);
  }
}

function requirePrior(
  name: string,
  ranges: Readonly<Record<string, 'finite' | 'positive'>>,
  given: unknown,
): void {
  if (isRecord(given)) {
    requireParameters(name, ranges, given);
    return;
  }
  const expected = Object.keys(ranges).join(', ');
  throw badArgument(`${name} is ${described(given)}, expected a record of ${expected}`);
}

function requireRegression({ family, data, priors }: Readonly<Record<string, unknown>>): void {
  const { length } = auxiliaryOf(familyFrom(family));
  if (!isRecord(data) || !isRecord(priors)) {
    throw badArgument('a specification of a formula has its data and its priors as records');
  }
  const { names, rows } = requirePredictors(data.predictors);
  const outcomes = requireNumbers('the outcome', data.outcomes);
  requireLength('the outcome', outcomes, rows);
  const groups = requireNumbers('the groups', data.groups);
  for (const [name, wanted] of Object.entries({
    coefficients: names.length,
    sds: groups.length,
    correlations: groups.length,
    auxiliary: length,
  })) {
    requireLength(`priors of ${name}`, requireNumbers(`priors of ${name}`, priors[name]), wanted);
  }
}

function requireLength(name: string, { length }: ArrayLike<unknown>, wanted: number): void {
  if (length === wanted) return;
  throw new WeighbridgeError('bad-data', `${name}: there are ${length}, expected ${wanted}`);
}

function requirePredictors(given: unknown): {
  readonly names: readonly unknown[];
  readonly rows: number;
} {
  if (!isRecord(given) || !Array.isArray(given.names)) {
    throw badArgument(
      `predictors are ${described(given)}, expected { names, rows, values }, values row by row`,
    );
  }
  const { names, rows } = given;
  if (typeof rows !== 'number' || !Number.isSafeInteger(rows) || rows < 0) {
    throw badArgument(`rows of predictors are ${described(rows)}, expected their number`);
  }
  const values = requireNumbers('the predictors', given.values);
  const wanted = names.length * rows;
  if (values.length === wanted) return { names, rows };
  throw new WeighbridgeError(
    'bad-data',
    `the predictors are ${values.length} values, expected ${wanted}: ${rows} rows of ${names.length}`,
  );
}

/** @throws WeighbridgeError `bad-data` for what is no array */
export function requireNumbers(name: string, given: unknown): ArrayLike<unknown> {
  if (isArrayLike(given)) return given;
  throw new WeighbridgeError(
    'bad-data',
    `${name} is ${described(given)}, expected an array of numbers`,
  );
}

function isArrayLike(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value);
}

/** @throws WeighbridgeError `bad-data` for rows that no model of the family could have made */
export function requireRows(specification: Specification): void {
  const { family, predictors, outcomes } = specification;
  const { names, rows, values } = predictors;
  const fractional = family === 'bernoulli' && specification.outcomeKind === 'fractional';
  const expected =
    family === 'gaussian' ? 'a finite number' : fractional ? 'a number from 0 to 1' : '0 or 1';
  const fail = (message: string): never => {
    throw new WeighbridgeError('bad-data', message);
  };
  if (rows === 0) fail('there are no rows to fit');
  if (outcomes.length !== rows) {
    fail(`the outcome has ${outcomes.length} rows, the predictors ${rows}`);
  }
  for (let i = 0; i < rows; i++) {
    if (!isOutcome(outcomes[i], family, fractional)) {
      fail(`row ${i + 1}: the outcome is ${described(outcomes[i])}, expected ${expected}`);
    }
    for (let j = 0; j < names.length; j++) {
      const value: unknown = values[i * names.length + j];
      if (typeof value === 'number' && Number.isFinite(value)) continue;
      fail(`row ${i + 1}: ${names[j]} is ${described(value)}, expected a finite number`);
    }
  }
  const rowNumber = (i: number) => i + 1;
  if (family === 'gaussian') requireRange('the outcome', outcomes, rowNumber);
  names.forEach((name, j) => {
    requireRange(name, values, rowNumber, j, names.length);
  });
}

function isOutcome(
  value: unknown,
  family: Specification['family'],
  fractional: boolean,
): value is number {
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  if (family === 'gaussian') return true;
  return fractional ? value >= 0 && value <= 1 : value === 0 || value === 1;
}
