/**
 * The plain twin of the compiled logistic kernel (logit.as), for platforms without WebAssembly: the same
 * steps, with the force in the middle of each in single precision, so that draws differ only by rounding.
 */
import { studentTKernel } from '../../src/linear-algebra/student-t.js';
import type { QuickDensity } from '../../src/sampler/model.js';
import type { LogitTerms } from './logit-kernel.js';

const { fround } = Math;

export function plainLogistic(terms: LogitTerms): QuickDensity {
  const logDensity: QuickDensity['logDensity'] = (x, gradient) => {
    const { rows, dimension, signedRows, offsets } = terms;
    gradient.fill(0);
    let value = terms.constant;
    for (let i = 0; i < rows; i++) {
      let margin = offsets[i];
      for (let j = 0; j < dimension; j++) margin += signedRows[i * dimension + j] * x[j];
      const e = Math.exp(-Math.abs(margin));
      value -= Math.max(-margin, 0) + Math.log1p(e);
      const weight = (margin > 0 ? e : 1) / (1 + e);
      for (let j = 0; j < dimension; j++) gradient[j] += weight * signedRows[i * dimension + j];
    }
    return value + addPriors(terms, x, gradient);
  };
  const coarse = coarseGradientOf(terms);
  return { logDensity, middleGradient: coarse };
}

/** Adds the gradient of the quadratic form and of the Student-t prior; returns their log densities. */
function addPriors(
  { dimension, linear, quadratic, student }: LogitTerms,
  x: Float64Array,
  gradient: Float64Array,
): number {
  const { df, offset, direction } = student;
  let value = 0;
  let u = offset;
  for (let i = 0; i < dimension; i++) {
    let px = 0;
    for (let k = 0; k < dimension; k++) px += quadratic[i * dimension + k] * x[k];
    gradient[i] += linear[i] - px;
    value += x[i] * (linear[i] - 0.5 * px);
    u += direction[i] * x[i];
  }
  const slope = (-(df + 1) * u) / (df + u * u);
  for (let i = 0; i < dimension; i++) gradient[i] += slope * direction[i];
  return value + studentTKernel(u * u, df);
}

/** Rows per vector of the kernel. */
const LANES = 4;
/** Vectors whose sums are in single precision. */
const CHUNK = 64;

/** The gradient with rows in single precision, by the kernel's own operations and in its order. */
function coarseGradientOf(terms: LogitTerms): (x: Float64Array, gradient: Float64Array) => void {
  const { rows, dimension } = terms;
  const signedRows = Float32Array.from(terms.signedRows);
  const offsets = Float32Array.from(terms.offsets);
  const singles = new Float32Array(dimension);
  const weights = new Float32Array(rows);
  const lanes = new Float32Array(LANES);
  const marginOf = marginIn(signedRows, offsets, dimension);
  return (x, gradient) => {
    singles.set(x);
    gradient.fill(0);
    for (let i = 0; i < rows; i++) weights[i] = singleWeight(marginOf(i, singles));
    for (let first = 0; first < rows; first += CHUNK * LANES) {
      const last = Math.min(rows, first + CHUNK * LANES);
      for (let j = 0; j < dimension; j++) {
        lanes.fill(0);
        for (let i = first; i < last; i++) {
          lanes[i % LANES] += fround(weights[i] * signedRows[i * dimension + j]);
        }
        gradient[j] += lanes[0] + lanes[2] + (lanes[1] + lanes[3]);
      }
    }
    addPriors(terms, x, gradient);
  };
}

/** o + z·x: terms are added in pairs. */
function marginIn(
  signedRows: Float32Array,
  offsets: Float32Array,
  dimension: number,
): (row: number, x: Float32Array) => number {
  const term = (row: number, column: number, x: Float32Array) =>
    column < dimension ? fround(signedRows[row * dimension + column] * x[column]) : 0;
  const pair = (row: number, column: number, x: Float32Array) =>
    fround(term(row, column, x) + term(row, column + 1, x));
  if (dimension <= 6) {
    return (row, x) =>
      fround(fround(offsets[row] + pair(row, 0, x)) + fround(pair(row, 2, x) + pair(row, 4, x)));
  }
  return (row, x) => {
    let margin = offsets[row];
    for (let column = 0; column < dimension; column += 2) {
      margin = fround(margin + pair(row, column, x));
    }
    return margin;
  };
}

const LOG2_E = fround(Math.LOG2E);
/** Coefficients of 2^r, |r| ≤ ½, by powers of r. */
const POWERS = [
  1.0000001192092896, 0.6931471824645996, 0.2402210682630539, 0.055503569543361664,
  0.009676031768321991, 0.0013390863314270973,
];

/** logit⁻¹(−margin) in single precision. */
function singleWeight(margin: number): number {
  const power = Math.min(Math.max(fround(margin * LOG2_E), -126), 126);
  const whole = roundedToEven(power);
  const r = fround(power - whole);
  const s = fround(r * r);
  const [c0, c1, c2, c3, c4, c5] = POWERS;
  const even = fround(c0 + fround(s * fround(c2 + fround(s * c4))));
  const odd = fround(c1 + fround(s * fround(c3 + fround(s * c5))));
  const e = fround(fround(even + fround(r * odd)) * 2 ** whole);
  return fround(1 / fround(1 + e));
}

/** Halves go to the even number, as in the addition of a large one. */
function roundedToEven(value: number): number {
  const shifter = 12583039;
  return fround(fround(value + shifter) - shifter);
}
