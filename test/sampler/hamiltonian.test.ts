/**
 * Leapfrog steps as geometry: they run backwards, keep volume and nearly keep energy, for any
 * smooth density and any metric. And the first point of a chain.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WeighbridgeError } from '../../src/errors.js';
import { randomStream } from '../../src/random/stream.js';
import {
  energy,
  evaluate,
  initialPoint,
  leapfrog,
  newPhasePoint,
  type PhasePoint,
  refreshMomentum,
} from '../../src/sampler/hamiltonian.js';
import { denseMetric, diagonalMetric, type Metric, unitMetric } from '../../src/sampler/metric.js';
import type { Model } from '../../src/sampler/model.js';

const EPSILON = Number.EPSILON;

/** log π(q) = −½ qᵀ A q − ¼ c Σ q_i⁴, with A = B Bᵀ + 1. */
function quartic(dimension: number, factor: readonly number[], c: number): Model {
  const a = positiveDefinite(dimension, factor);
  return {
    dimension,
    parameterNames: Array.from({ length: dimension }, (_, i) => `q${i}`),
    logDensity(q, gradient) {
      let logDensity = 0;
      for (let i = 0; i < dimension; i++) {
        let product = 0;
        for (let j = 0; j < dimension; j++) product += a[i * dimension + j] * q[j];
        gradient[i] = -product - c * q[i] ** 3;
        logDensity -= 0.5 * product * q[i] + 0.25 * c * q[i] ** 4;
      }
      return logDensity;
    },
  };
}

function positiveDefinite(dimension: number, factor: readonly number[]): Float64Array {
  return Float64Array.from({ length: dimension * dimension }, (_, index) => {
    const [i, j] = [Math.floor(index / dimension), index % dimension];
    let sum = i === j ? 1 : 0;
    for (let k = 0; k < dimension; k++) {
      sum += factor[i * dimension + k] * factor[j * dimension + k];
    }
    return sum;
  });
}

function pointAt(model: Model, metric: Metric, position: number[], momentum: number[]): PhasePoint {
  const point = newPhasePoint(model.dimension);
  point.position.set(position);
  point.momentum.set(momentum);
  metric.velocity(point.momentum, point.velocity);
  evaluate(model, point);
  return point;
}

const coordinates = (length: number) =>
  fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: length, maxLength: length });

/** A target, a metric, a point of phase space and a step size. */
const situation = fc.integer({ min: 1, max: 3 }).chain((dimension) =>
  fc
    .record({
      targetFactor: coordinates(dimension * dimension),
      metricFactor: coordinates(dimension * dimension),
      c: fc.double({ min: 0, max: 1, noNaN: true }),
      dense: fc.boolean(),
      position: coordinates(dimension),
      momentum: coordinates(dimension),
      stepSize: fc.double({ min: 0.01, max: 0.3, noNaN: true }),
    })
    .map(({ targetFactor, metricFactor, c, dense, ...rest }) => {
      const covariance = positiveDefinite(dimension, metricFactor);
      const metric = dense
        ? denseMetric(covariance, dimension)
        : diagonalMetric(covariance.filter((_, index) => index % (dimension + 1) === 0));
      return { ...rest, model: quartic(dimension, targetFactor, c), metric };
    }),
);

describe('the leapfrog step', () => {
  it('undoes itself when time runs backwards', () => {
    // Row sums of A and M⁻¹ are at most 10, the quartic term adds at most 3 to the force's slope,
    // ε is at most 0.3. With S the sum of all that is added up, u = 2^-53: momentum at half time
    // comes back to 4uS, position to 4uS + 0.3 · 10 · 4uS + 6uS, and momentum, through the force
    // there, to (4 + 0.15 · 13 · 22 + 20) uS, below 70uS = 35 S · Number.EPSILON.
    const size = (values: Float64Array) => values.reduce((sum, value) => sum + Math.abs(value), 0);
    const sizeOf = ({ position, momentum, gradient, velocity }: PhasePoint) =>
      size(position) + size(momentum) + size(gradient) + size(velocity);
    fc.assert(
      fc.property(situation, ({ model, metric, position, momentum, stepSize }) => {
        const point = pointAt(model, metric, position, momentum);
        let total = sizeOf(point);
        leapfrog(model, metric, point, stepSize);
        total += sizeOf(point);
        leapfrog(model, metric, point, -stepSize);
        position.forEach((value, i) => {
          expect(Math.abs(point.position[i] - value)).toBeLessThanOrEqual(35 * total * EPSILON);
          expect(Math.abs(point.momentum[i] - momentum[i])).toBeLessThanOrEqual(
            35 * total * EPSILON,
          );
        });
      }),
      { seed: 2025, numRuns: 500 },
    );
  });

  it('preserves volume: its Jacobian has determinant 1', () => {
    const h = Math.cbrt(EPSILON);
    fc.assert(
      fc.property(situation, ({ model, metric, position, momentum, stepSize }) => {
        const d = model.dimension;
        const image = (offset: number, column: number): number[] => {
          const from = [...position, ...momentum];
          from[column] += offset;
          const point = pointAt(model, metric, from.slice(0, d), from.slice(d));
          leapfrog(model, metric, point, stepSize);
          return [...point.position, ...point.momentum];
        };
        const columns = Array.from({ length: 2 * d }, (_, column) => {
          const above = image(h, column);
          return image(-h, column).map((below, row) => (above[row] - below) / (2 * h));
        });
        // Central differences are wrong by h²/6 of a third derivative (below 6 · 0.3 · 4² here)
        // and by rounding, 20 ε / h: an entry by δ. A determinant then by at most Σ_j of δ√n
        // times the lengths of the other columns (Hadamard).
        const delta = 30 * h * h + (20 * EPSILON) / h;
        const lengths = columns.map((column) => Math.hypot(...column) + delta);
        const volume = lengths.reduce((product, length) => product * length, 1);
        const bound = lengths.reduce(
          (sum, length) => sum + (delta * Math.sqrt(2 * d) * volume) / length,
          0,
        );
        expect(Math.abs(determinant(columns) - 1)).toBeLessThan(bound);
        expect(bound).toBeLessThan(1e-3);
      }),
      { seed: 2025, numRuns: 300 },
    );
  });

  it('on a standard normal errs in energy by exactly ε²/8 (q_L² − q_0²)', () => {
    // It conserves p² + (1 − ε²/4) q²; hence the error, of second order in the step size.
    const model = quartic(1, [0], 0);
    const metric = unitMetric(1);
    const step = fc.double({ min: 0.01, max: 1.9, noNaN: true });
    fc.assert(
      fc.property(coordinates(1), coordinates(1), step, (position, momentum, stepSize) => {
        const point = pointAt(model, metric, position, momentum);
        const before = energy(point);
        for (let i = 0; i < 50; i++) leapfrog(model, metric, point, stepSize);
        const expected = (stepSize ** 2 / 8) * (point.position[0] ** 2 - position[0] ** 2);
        // 50 steps on an ellipse whose axes are in the ratio √(1 − ε²/4) > 0.3: each rounds q and
        // p, below 4, at a few ε, and the ellipse stretches that by at most 1/0.3².
        expect(Math.abs(energy(point) - before - expected)).toBeLessThan(50 * 4 * 4 * 11 * EPSILON);
      }),
      { seed: 2025, numRuns: 500 },
    );
  });

  it('errs in energy by a quarter when the step is halved, on a density that is not normal', () => {
    const model = quartic(2, [0.5, -0.3, 0.8, 0.1], 1);
    const metric = diagonalMetric(Float64Array.of(0.5, 2));
    const worstError = (steps: number): number => {
      const point = pointAt(model, metric, [1, -0.5], [0.3, 0.9]);
      const before = energy(point);
      let worst = 0;
      for (let i = 0; i < steps; i++) {
        leapfrog(model, metric, point, 2 / steps);
        worst = Math.max(worst, Math.abs(energy(point) - before));
      }
      return worst;
    };
    // The error is c ε² (1 + O(ε²)) with ε = 0.02 and 0.01: the ratio is 4 to within some 1e-3,
    // and the largest error is looked for on a grid of times twice as fine, again O(ε²).
    expect(worstError(100) / worstError(200)).toBeCloseTo(4, 1);
    expect(worstError(200) / worstError(400)).toBeCloseTo(4, 1);
  });

  it('carries the log density, the gradient and the velocity of where it arrives', () => {
    fc.assert(
      fc.property(situation, ({ model, metric, position, momentum, stepSize }) => {
        const point = pointAt(model, metric, position, momentum);
        leapfrog(model, metric, point, stepSize);
        const fresh = pointAt(model, metric, [...point.position], [...point.momentum]);
        expect(fresh).toEqual(point);
      }),
      { seed: 2025, numRuns: 100 },
    );
  });
});

/** By Gaussian elimination with pivots. */
function determinant(columns: readonly (readonly number[])[]): number {
  const a = columns.map((column) => [...column]);
  let product = 1;
  for (let k = 0; k < a.length; k++) {
    let pivot = k;
    for (let i = k + 1; i < a.length; i++) if (Math.abs(a[i][k]) > Math.abs(a[pivot][k])) pivot = i;
    if (pivot !== k) product = -product;
    [a[k], a[pivot]] = [a[pivot], a[k]];
    product *= a[k][k];
    for (let i = k + 1; i < a.length; i++) {
      for (let j = a.length - 1; j >= k; j--) a[i][j] -= (a[i][k] / a[k][k]) * a[k][j];
    }
  }
  return product;
}

describe('energy', () => {
  it('counts a log density outside its domain as infinitely high', () => {
    const point = newPhasePoint(1);
    point.logDensity = Number.NaN;
    expect(energy(point)).toBe(Number.POSITIVE_INFINITY);
    point.logDensity = Number.NEGATIVE_INFINITY;
    expect(energy(point)).toBe(Number.POSITIVE_INFINITY);
  });

  it('is potential plus kinetic energy, with a velocity that belongs to the momentum', () => {
    const metric = diagonalMetric(Float64Array.of(0.5, 3));
    const point = pointAt(quartic(2, [0, 0, 0, 0], 0), metric, [2, 1], [0, 0]);
    refreshMomentum(metric, point, randomStream('energy', 2025));
    const [p, q] = point.momentum;
    expect(energy(point)).toBeCloseTo(2.5 + 0.5 * (0.5 * p * p + 3 * q * q), 12);
  });
});

describe('the first point of a chain', () => {
  const nowhere = (value: number): Model => ({
    dimension: 2,
    parameterNames: ['a', 'b'],
    logDensity: (_, gradient) => {
      gradient.fill(value);
      return Number.isFinite(value) ? Number.NEGATIVE_INFINITY : 0;
    },
  });

  it.each([0, Number.NaN])(
    'is refused where log density or gradient (%d) is nowhere finite',
    (value) => {
      const random = randomStream('start', 2025);
      const start = () => initialPoint(nowhere(value), random, 2);
      expect(start).toThrow(WeighbridgeError);
      expect(start).toThrow(expect.objectContaining({ code: 'no-initial-point' }));
    },
  );

  it("lies near the model's guess where the density ends within the range of random starts", () => {
    const narrow: Model = {
      dimension: 2,
      parameterNames: ['a', 'b'],
      logDensity: (q, gradient) => {
        gradient.fill(0);
        return Math.hypot(q[0] - 40, q[1]) < 0.1 ? 0 : Number.NEGATIVE_INFINITY;
      },
    };
    const random = randomStream('start', 2025);
    expect(() => initialPoint(narrow, random, 2)).toThrow(/uniform\(-2, 2\);/);
    const { position } = initialPoint(
      { ...narrow, guess: () => Float64Array.of(40, 0) },
      random,
      2,
    );
    expect(Math.hypot(position[0] - 40, position[1])).toBeLessThan(0.1);
    const lost = { ...narrow, guess: () => Float64Array.of(50, 0) };
    expect(() => initialPoint(lost, random, 2)).toThrow(/nor near the model's own guess/);
  });

  it('lies within the range, where the density is finite, and comes evaluated', () => {
    const half: Model = {
      dimension: 1,
      parameterNames: ['x'],
      logDensity: (q, gradient) => {
        gradient[0] = -1;
        return q[0] > 0 ? -q[0] : Number.NEGATIVE_INFINITY;
      },
    };
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0.1, max: 10, noNaN: true }), (seed, range) => {
        const point = initialPoint(half, randomStream('start', seed), range);
        expect(point.position[0] > 0 && point.position[0] <= range).toBe(true);
        expect(point.logDensity).toBe(-point.position[0]);
      }),
      // A start on the empty side 100 times in a row has probability 2^-100.
      { seed: 2025, numRuns: 300 },
    );
  });
});
