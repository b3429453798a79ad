/** Derivatives of a likelihood by its linear predictors and auxiliary parameters together, against differences. */
import { expect } from 'vitest';
import type { Family, Outcomes } from '../../../models/families/family.js';
import { responseFamily } from '../../../models/families/index.js';

export interface Situation {
  readonly family: Family;
  readonly outcomes: Outcomes;
  /** The linear predictor of each cell. */
  readonly eta: Float64Array;
  readonly aux: Float64Array;
}

/** The log likelihood of (η, aux) as one vector, with its gradient. */
function joined({ family, outcomes, eta, aux }: Situation) {
  const response = responseFamily(family, outcomes);
  const etaGradient = new Float64Array(eta.length);
  const auxGradient = new Float64Array(aux.length);
  return (x: Float64Array) => {
    const [ofRows, ofAll] = [x.subarray(0, eta.length), x.subarray(eta.length)];
    const value = response.logLikelihood(ofRows, ofAll, etaGradient, auxGradient);
    return { value, gradient: [...etaGradient, ...auxGradient] };
  };
}

function hessianOf({ family, outcomes, eta, aux }: Situation): number[][] {
  const [n, m] = [eta.length, aux.length];
  const response = responseFamily(family, outcomes);
  const curvature = new Float64Array(n);
  const cross = new Float64Array(m * n);
  const ofAux = new Float64Array(m * m);
  response.curvature(eta, aux, curvature, cross, ofAux);
  const hessian = Array.from({ length: n + m }, (_, i) =>
    Array.from({ length: n + m }, (_, j) => {
      if (i < n && j < n) return i === j ? (curvature[i] ?? Number.NaN) : 0;
      if (i >= n && j >= n) return ofAux[(i - n) * m + j - n] ?? Number.NaN;
      return cross[(Math.max(i, j) - n) * n + Math.min(i, j)] ?? Number.NaN;
    }),
  );
  response.eachCurvaturePart?.(eta, aux, (weight, cells, values) => {
    cells.forEach((a, i) => {
      cells.forEach((b, j) => {
        const row = hessian[a] ?? [];
        row[b] = (row[b] ?? Number.NaN) + weight * (values[i] ?? 0) * (values[j] ?? 0);
      });
    });
  });
  return hessian;
}

/** As in derivatives.test.ts. */
const H = 1e-3;
const TOLERANCE = 1e-7;

function differences(f: (shift: number) => number): number {
  return (8 * (f(H) - f(-H)) - (f(2 * H) - f(-2 * H))) / (12 * H);
}

function shifted(x: Float64Array, index: number, by: number): Float64Array {
  return x.map((value, i) => (i === index ? value + by : value));
}

/** Compares the derivatives at a situation with differences. */
export function compareDerivatives(situation: Situation): void {
  const evaluate = joined(situation);
  const x = Float64Array.from([...situation.eta, ...situation.aux]);
  const at = evaluate(x);
  const size = 1 + Math.abs(at.value);
  const hessian = hessianOf(situation);
  for (let i = 0; i < x.length; i++) {
    const slope = differences((by) => evaluate(shifted(x, i, by)).value);
    expect(Math.abs((at.gradient[i] ?? Number.NaN) - slope)).toBeLessThan(
      TOLERANCE * (size + Math.abs(slope)),
    );
    for (let j = 0; j < x.length; j++) {
      const second = differences((by) => evaluate(shifted(x, i, by)).gradient[j] ?? Number.NaN);
      expect(Math.abs((hessian[i]?.[j] ?? Number.NaN) - second)).toBeLessThan(
        TOLERANCE * (size + Math.abs(at.gradient[j] ?? 0) + Math.abs(second)),
      );
    }
  }
}
