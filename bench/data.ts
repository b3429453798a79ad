/** Regressions to time: simulated, of any size, the same in every run. */
import { randomStream } from 'weighbridge';
import { type Predictors, simulateBernoulliLogit, simulateGaussian } from 'weighbridge/models';

/** `rows` × `columns` predictors uniform on (−1, 1), as normalized differences are. */
export function predictors(rows: number, columns: number): Predictors {
  const random = randomStream('bench', rows, columns);
  return {
    names: Array.from({ length: columns }, (_, j) => `d${j + 1}`),
    rows,
    values: Float64Array.from({ length: rows * columns }, () => 2 * random.uniform() - 1),
  };
}

export function choices(of: Predictors): Uint8Array {
  return simulateBernoulliLogit(of, parameters(of), randomStream('bench', 'choices'));
}

export function weights(of: Predictors): Float64Array {
  return simulateGaussian(of, [...parameters(of), 1], randomStream('bench', 'weights'));
}

function parameters(of: Predictors): number[] {
  return [0.2, ...of.names.map((_, j) => (j % 2 === 0 ? 1.5 : -1))];
}

export const slopePrior = { mean: 0, sd: 1 };
export const interceptPrior = { degreesOfFreedom: 3, location: 0, scale: 2.5 };
