import type { Model } from '../../src/sampler/model.js';

/** x0 ~ normal(0, 1), the others ~ normal(0, exp(0.2 x0)). */
export function funnel(dimension: number): Model {
  const rate = 0.4;
  return {
    dimension,
    parameterNames: Array.from({ length: dimension }, (_, i) => `x${i}`),
    logDensity(q, gradient) {
      const [x = Number.NaN] = q;
      const precision = Math.exp(-rate * x);
      let squares = 0;
      for (let i = 1; i < dimension; i++) {
        squares += q[i] ** 2;
        gradient[i] = -precision * q[i];
      }
      gradient[0] = -x - 0.5 * rate * (dimension - 1) + 0.5 * rate * precision * squares;
      return -0.5 * (x * x + rate * (dimension - 1) * x + precision * squares);
    },
    hessian(q, hessian) {
      const [x = Number.NaN] = q;
      const precision = Math.exp(-rate * x);
      let squares = 0;
      hessian.fill(0);
      for (let i = 1; i < dimension; i++) {
        squares += q[i] ** 2;
        hessian[i * (dimension + 1)] = -precision;
        hessian[i] = rate * precision * q[i];
        hessian[i * dimension] = hessian[i];
      }
      hessian[0] = -1 - 0.5 * rate * rate * precision * squares;
    },
  };
}
