/** Regressions to time: simulated, of any size, the same in every run. */
import { randomStream } from 'weighbridge/sampler';
import type { Predictors } from '../models/regression-data.js';
import {
  normal,
  simulateLinear,
  simulateLogistic,
  studentT,
} from '../test/models/paper-regressions.js';

/** `rows` × `columns` predictors uniform on (−1, 1), as normalized differences are. */
export function predictors(rows: number, columns: number): Predictors {
  const random = randomStream('bench', rows, columns);
  return {
    names: Array.from({ length: columns }, (_, j) => `d${j + 1}`),
    rows,
    values: Float64Array.from({ length: rows * columns }, () => 2 * random.uniform() - 1),
  };
}

export function choices(of: Predictors): Float64Array {
  return simulateLogistic(of, parameters(of), randomStream('bench', 'choices'));
}

export function weights(of: Predictors): Float64Array {
  return simulateLinear(of, [...parameters(of), 1], randomStream('bench', 'weights'));
}

function parameters(of: Predictors): number[] {
  return [0.2, ...of.names.map((_, j) => (j % 2 === 0 ? 1.5 : -1))];
}

export const slopePrior = normal(0, 1);
export const interceptPrior = studentT(3, 0, 2.5);
