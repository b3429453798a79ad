/**
 * Running estimates of the posterior's scale during a warm-up window (Welford 1962), shrunk
 * towards a small multiple of the identity as Stan does: n/(n+5) · estimate + 1e-3 · 5/(n+5).
 */
import { denseMetric, diagonalMetric, type Metric, type MetricKind, unitMetric } from './metric.js';

export interface MetricEstimator {
  add(position: Float64Array): void;
  /** The metric from all positions since the last reset. */
  metric(): Metric;
  reset(): void;
}

const PRIOR_DRAWS = 5;
const PRIOR_SCALE = 1e-3;

export function metricEstimator(kind: MetricKind, dimension: number): MetricEstimator {
  switch (kind) {
    case 'unit':
      return { add: () => {}, metric: () => unitMetric(dimension), reset: () => {} };
    case 'diagonal':
      return diagonalEstimator(dimension);
    case 'dense':
      return denseEstimator(dimension);
  }
}

function shrink(sumOfSquares: number, count: number, onDiagonal: boolean): number {
  const estimate = count > 1 ? sumOfSquares / (count - 1) : onDiagonal ? 1 : 0;
  const weight = count / (count + PRIOR_DRAWS);
  return weight * estimate + (onDiagonal ? PRIOR_SCALE * (1 - weight) : 0);
}

function diagonalEstimator(dimension: number): MetricEstimator {
  const mean = new Float64Array(dimension);
  const squares = new Float64Array(dimension);
  let count = 0;
  return {
    add(position) {
      count++;
      for (let i = 0; i < dimension; i++) {
        const delta = position[i] - mean[i];
        mean[i] += delta / count;
        squares[i] += delta * (position[i] - mean[i]);
      }
    },
    metric: () => diagonalMetric(squares.map((sum) => shrink(sum, count, true))),
    reset() {
      count = 0;
      mean.fill(0);
      squares.fill(0);
    },
  };
}

function denseEstimator(dimension: number): MetricEstimator {
  const mean = new Float64Array(dimension);
  const delta = new Float64Array(dimension);
  const products = new Float64Array(dimension * dimension);
  let count = 0;
  return {
    add(position) {
      count++;
      for (let i = 0; i < dimension; i++) {
        delta[i] = position[i] - mean[i];
        mean[i] += delta[i] / count;
      }
      for (let i = 0; i < dimension; i++) {
        for (let j = 0; j < dimension; j++) {
          products[i * dimension + j] += delta[i] * (position[j] - mean[j]);
        }
      }
    },
    metric() {
      const covariance = products.map((sum, index) => {
        const onDiagonal = index % (dimension + 1) === 0;
        return shrink(sum, count, onDiagonal);
      });
      return denseMetric(covariance, dimension);
    },
    reset() {
      count = 0;
      mean.fill(0);
      products.fill(0);
    },
  };
}
