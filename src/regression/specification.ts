/**
 * A regression as plain data: a family with its rows and priors. It can be sent to another thread
 * and becomes a model there.
 */
import {
  type BernoulliLogitOptions,
  bernoulliLogit,
  type GaussianOptions,
  gaussian,
} from '../../models/index.js';
import type { RegressionSpecification } from '../../models/regression-data.js';
import { type RegressionModel, regressionModel } from '../../models/regression-model.js';
import { WeighbridgeError } from '../errors.js';
import type { Model } from '../sampler/model.js';

export type OutcomeKind = 'binary' | 'fractional';

export type Specification =
  | ({
      readonly family: 'bernoulli';
      /**
       * What an outcome may be: 'binary' (where absent), 0 or 1; 'fractional', anything from 0 to 1.
       * Said and never guessed, as a stray 0.5 among made choices is a mistake.
       */
      readonly outcomeKind?: OutcomeKind;
    } & BernoulliLogitOptions)
  | ({ readonly family: 'gaussian' } & GaussianOptions);

/** Of the paper's two regressions, or of a formula. */
export type AnySpecification = Specification | RegressionSpecification;

/** Throws `bad-data` for rows that no model of the family could have made. */
export function modelOf(specification: AnySpecification): Model & Partial<RegressionModel> {
  // Rows of a formula were looked at when they were encoded.
  if ('data' in specification) return regressionModel(specification);
  requireRows(specification);
  switch (specification.family) {
    case 'bernoulli':
      return bernoulliLogit(specification);
    case 'gaussian':
      return gaussian(specification);
  }
}

function requireRows(specification: Specification): void {
  const { family, predictors, outcomes } = specification;
  const { names, rows, values } = predictors;
  const fractional = family === 'bernoulli' && specification.outcomeKind === 'fractional';
  const fail = (message: string) => {
    throw new WeighbridgeError('bad-data', message);
  };
  if (rows === 0) fail('there are no rows to fit');
  if (outcomes.length !== rows) {
    fail(`the outcome has ${outcomes.length} rows, the predictors ${rows}`);
  }
  for (let i = 0; i < rows; i++) {
    const outcome = outcomes[i];
    if (fractional && !(outcome >= 0 && outcome <= 1)) {
      fail(`row ${i + 1}: the outcome is ${outcome}, expected a number from 0 to 1`);
    }
    if (family === 'bernoulli' && !fractional && outcome !== 0 && outcome !== 1) {
      fail(`row ${i + 1}: the outcome is ${outcome}, expected 0 or 1`);
    }
    if (!Number.isFinite(outcome)) {
      fail(`row ${i + 1}: the outcome is ${outcome}, expected a finite number`);
    }
    for (let j = 0; j < names.length; j++) {
      const value = values[i * names.length + j];
      if (!Number.isFinite(value)) {
        fail(`row ${i + 1}: ${names[j]} is ${value}, expected a finite number`);
      }
    }
  }
}
