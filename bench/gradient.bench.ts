/** One evaluation of log density and gradient: what sampling spends its time on. */
import { bench, describe } from 'vitest';
import * as paper from '../test/models/paper-regressions.js';
import { choices, interceptPrior, predictors, slopePrior, weights } from './data.js';

describe('log density and gradient', () => {
  for (const rows of [50, 500, 5000]) {
    const of = predictors(rows, 5);
    const logistic = paper.logistic({
      predictors: of,
      outcomes: choices(of),
      slopePrior,
      interceptPrior,
    });
    const linear = paper.linear({
      predictors: of,
      outcomes: weights(of),
      interceptPrior,
      sigmaPrior: interceptPrior,
    });
    for (const [name, model] of [
      ['logistic', logistic],
      ['linear', linear],
    ] as const) {
      const position = new Float64Array(model.dimension).fill(0.3);
      const gradient = new Float64Array(model.dimension);
      bench(`${name}, ${rows} rows, 5 predictors`, () => {
        model.logDensity(position, gradient);
      });
    }
  }
});
