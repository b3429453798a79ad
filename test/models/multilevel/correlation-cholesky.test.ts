/**
 * Cholesky factors of correlation matrices: their gradient against differences, the LKJ density of the
 * unconstrained numbers against that of the correlations times the Jacobian, and the marginals that
 * Lewandowski, Kurowicka & Joe (2009) give.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addCorrelationGradient,
  addLkj,
  correlationCount,
  writeCorrelationFactor,
  writeCorrelations,
} from '../../../models/multilevel/correlation-cholesky.js';
import { lkjLogDensity } from '../../../models/prior-distributions.js';
import { randomStream } from '../../../src/random/stream.js';
import type { Model } from '../../../src/sampler/model.js';
import { gradientError, positionOf, reportedAt } from './support.js';

const cases = fc.record({
  size: fc.integer({ min: 2, max: 4 }),
  eta: fc.double({ min: 0.5, max: 5, noNaN: true }),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
});

/** Unconstrained numbers with their LKJ density, which report the correlations. */
function lkjModel(size: number, eta: number): Model {
  const dimension = correlationCount(size);
  const factor = new Float64Array(size * size);
  return {
    dimension,
    parameterNames: Array.from({ length: dimension }, (_, i) => `r${i}`),
    logDensity(position, gradient) {
      gradient.fill(0);
      return addLkj(eta, position, 0, size, gradient);
    },
    constrain(position, parameters) {
      writeCorrelationFactor(position, 0, size, factor);
      writeCorrelations(factor, size, parameters, 0);
    },
  };
}

describe('the Cholesky factor of a correlation matrix', () => {
  it('has rows of length one and is lower triangular', () => {
    fc.assert(
      fc.property(cases, ({ size, eta, seed }) => {
        const factor = new Float64Array(size * size).fill(9);
        writeCorrelationFactor(positionOf(lkjModel(size, eta), seed), 0, size, factor);
        for (let i = 0; i < size; i++) {
          const row = factor.subarray(i * size, (i + 1) * size);
          const length = row.reduce((sum, value) => sum + value * value, 0);
          expect(Math.abs(length - 1)).toBeLessThan(1e-14);
          expect(row[i]).toBeGreaterThan(0);
          expect([...row.subarray(i + 1)].every((value) => value === 0)).toBe(true);
        }
      }),
    );
  });

  it('hands gradients back as differences do', () => {
    fc.assert(
      fc.property(cases, ({ size, eta, seed }) => {
        const dimension = correlationCount(size);
        const weights = new Float64Array(size * size);
        randomStream('weights', seed).normals(weights);
        const factor = new Float64Array(size * size);
        /** Any function of the factor: a weighted sum of sines. */
        const model: Model = {
          dimension,
          parameterNames: [],
          logDensity(position, gradient) {
            writeCorrelationFactor(position, 0, size, factor);
            const slopes = factor.map((value, at) => weights[at] * Math.cos(value));
            gradient.fill(0);
            addCorrelationGradient(position, 0, size, factor, slopes, gradient);
            return factor.reduce((sum, value, at) => sum + weights[at] * Math.sin(value), 0);
          },
        };
        expect(gradientError(model, positionOf(lkjModel(size, eta), seed))).toBeLessThan(1e-8);
      }),
    );
  });

  it('has the LKJ density of its correlations times the Jacobian, and its gradient', () => {
    fc.assert(
      fc.property(cases, ({ size, eta, seed }) => {
        const model = lkjModel(size, eta);
        const places = model.parameterNames.map((_, place) => place);
        const gradient = new Float64Array(model.dimension);
        const rest = [1, 2].map((which) => {
          const position = positionOf(model, seed, which);
          const { reported, logJacobian } = reportedAt(model, position, places);
          return model.logDensity(position, gradient) - lkjLogDensity(eta, reported) - logJacobian;
        });
        expect(Math.abs(rest[0] - rest[1])).toBeLessThan(1e-6);
        expect(gradientError(model, positionOf(model, seed))).toBeLessThan(1e-8);
      }),
    );
  });

  it('keeps its digits in the tails of the real line', () => {
    const gradient = new Float64Array(1);
    const at = (y: number) => addLkj(1, Float64Array.of(y), 0, 2, gradient);
    // log sech² y = 2 log 2 − 2 y for a large y, where 1 − tanh² y is zero.
    expect(at(300)).toBeCloseTo(2 * Math.LN2 - 600, 10);
    expect(gradient[0]).toBeLessThan(0);
  });

  it.each([
    [2, 1],
    [2, 2.5],
    [3, 1],
    [3, 4],
  ])('of %i variables with η = %d has correlations that are beta distributed', (size, eta) => {
    // Quadrature of the density over a grid of y; (1 + r) / 2 ~ beta(b, b), b = η + (K − 2) / 2.
    const model = lkjModel(size, eta);
    const { dimension } = model;
    const gradient = new Float64Array(dimension);
    const reported = new Float64Array(dimension);
    const random = randomStream('unused');
    const points = size === 2 ? 400 : 60;
    const step = 10 / points;
    const position = new Float64Array(dimension);
    let mass = 0;
    const squares = new Float64Array(dimension);
    const fourths = new Float64Array(dimension);
    for (let at = 0; at < (points + 1) ** dimension; at++) {
      for (let d = 0; d < dimension; d++) {
        position[d] = -5 + step * (Math.floor(at / (points + 1) ** d) % (points + 1));
      }
      const density = Math.exp(model.logDensity(position, gradient));
      model.constrain?.(position, reported, random);
      mass += density;
      for (let d = 0; d < dimension; d++) {
        squares[d] += density * reported[d] ** 2;
        fourths[d] += density * reported[d] ** 4;
      }
    }
    const b = eta + (size - 2) / 2;
    for (let d = 0; d < dimension; d++) {
      // Beyond ±5 lies less than e^(−10) = 5e-5 of the mass, where r² = 1.
      expect(Math.abs(squares[d] / mass - 1 / (2 * b + 1))).toBeLessThan(3e-4);
      expect(Math.abs(fourths[d] / mass - 3 / ((2 * b + 1) * (2 * b + 3)))).toBeLessThan(3e-4);
    }
  });
});
