/**
 * The log likelihood of a fit by draw and row, for LOO and WAIC, and by draw in sum.
 */

import type { GroupEffects, RegressionData } from '../../../models/regression-data.js';
import { rowLogLikelihood } from '../../../models/reported-parameters.js';
import { sumOf } from '../../linear-algebra/sums.js';
import type { Draws } from '../../posterior/draws.js';
import type { LogLikelihood } from '../../posterior/log-likelihood.js';
import type { FittedRegression } from '../fitted-regression.js';

/** With all constants, given the group effects: as brms' `log_lik`. */
export function logLikelihoodOfFit({ specification, fit }: FittedRegression): LogLikelihood {
  const { draws } = fit;
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

/** Of all rows together, at each draw. */
export function totalLogLikelihood({ specification, fit }: FittedRegression): Float64Array {
  const { draws } = fit;
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
