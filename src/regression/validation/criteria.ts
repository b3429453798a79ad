/** Predictive accuracy of a fitted regression for new data: LOO and WAIC. */

import type { GroupEffects, RegressionData } from '../../../models/regression-data.js';
import { rowLogLikelihood } from '../../../models/reported-parameters.js';
import { sumOf } from '../../linear-algebra/sums.js';
import type { Draws } from '../../posterior/draws.js';
import type { LogLikelihood } from '../../posterior/log-likelihood.js';
import { type Loo, loo } from '../../posterior/loo.js';
import { printable } from '../../posterior/printable.js';
import { type Waic, waic } from '../../posterior/waic.js';
import type { FittedRegression } from '../fitted-regression.js';

/** Includes the outcomes, to detect comparisons of fits to different data. */
export interface WithOutcomes {
  readonly outcomes: Float64Array;
}

/**
 * Leave-one-out cross-validation by Pareto-smoothed importance sampling, as `loo(fit)` of brms.
 * Single rows are left out: their group effects are still informed by the other rows of the group.
 *
 * @throws WeighbridgeError `bad-data` if a row's log likelihood is not finite at any draw
 */
export function looOf(fit: FittedRegression): Loo & WithOutcomes {
  return withOutcomes(loo(logLikelihoodOfFit(fit)), fit);
}

/**
 * The widely applicable information criterion, as `waic(fit)` of brms.
 *
 * @throws WeighbridgeError `bad-data` if a row's log likelihood is not finite at any draw
 */
export function waicOf(fit: FittedRegression): Waic & WithOutcomes {
  return withOutcomes(waic(logLikelihoodOfFit(fit)), fit);
}

function withOutcomes<T extends Loo | Waic>(
  criterion: T,
  { specification }: FittedRegression,
): T & WithOutcomes {
  const { outcomes } = specification.data;
  return printable({ ...criterion, outcomes }, () => String(criterion));
}

/** Includes all constants and is conditional on the group effects, as brms' `log_lik`. */
export function logLikelihoodOfFit({ specification, draws }: FittedRegression): LogLikelihood {
  const { chains, drawsPerChain } = draws;
  const { family, data } = specification;
  return {
    rows: data.rows,
    chains,
    drawsPerChain,
    block(first, count, target) {
      const write = rowLogLikelihood({ family, data: rowsOf(data, first, count) });
      const row = new Float64Array(count);
      eachDraw(draws, (parameters, draw) => {
        write(parameters, row);
        for (let i = 0; i < count; i++) target[i * chains * drawsPerChain + draw] = row[i];
      });
    },
  };
}

/** Total log likelihood of all rows, at each draw. */
export function totalLogLikelihood({ specification, draws }: FittedRegression): Float64Array {
  const write = rowLogLikelihood(specification);
  const row = new Float64Array(specification.data.rows);
  const totals = new Float64Array(draws.chains * draws.drawsPerChain);
  eachDraw(draws, (parameters, draw) => {
    write(parameters, row);
    totals[draw] = sumOf(row);
  });
  return totals;
}

/** Calls back with the reported parameters of each draw, chain after chain. */
export function eachDraw(
  { values, parameterNames, chains, drawsPerChain }: Draws,
  onDraw: (parameters: Float64Array, draw: number) => void,
): void {
  const width = parameterNames.length;
  for (let draw = 0; draw < chains * drawsPerChain; draw++) {
    onDraw(values.subarray(draw * width, (draw + 1) * width), draw);
  }
}

/** The data of `count` rows from `first` on; views, not copies. */
function rowsOf(data: RegressionData, first: number, count: number): RegressionData {
  const some = (values: Float64Array, width = 1) =>
    values.subarray(first * width, (first + count) * width);
  const { outcomes, trials, offset, predictors, groups } = data;
  return {
    ...data,
    rows: count,
    outcomes: some(outcomes),
    trials: trials && some(trials),
    offset: offset && some(offset),
    predictors: {
      ...predictors,
      rows: count,
      values: some(predictors.values, predictors.names.length),
    },
    groups: groups.map(
      (group): GroupEffects => ({
        ...group,
        levelOf: group.levelOf.subarray(first, first + count),
        values: some(group.values, group.coefficients.length),
      }),
    ),
  };
}

/** Matches group effects, `r_g[level,Intercept]`; no other reported name has this prefix. */
export function isGroupEffect(name: string): boolean {
  return name.startsWith('r_');
}
