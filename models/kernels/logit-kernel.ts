/**
 * The compiled kernel of the logistic regression (logit.as) as a density. One WebAssembly module with
 * one memory serves all models of a thread: the memory holds the rows of one model at a time, and is
 * written anew when another model is evaluated. A memory for each model would run out: an analysis
 * may have a hundred thousand of them.
 */
import type { QuickDensity } from '../../src/sampler/model.js';
import { logitModule } from './logit-module.js';
import { DOUBLE, instantiated, type KernelMemory, reserve } from './web-assembly.js';

/**
 * A logistic log likelihood, a quadratic form and a Student-t density, up to constants:
 * −Σ log(1 + exp(−o_i − z_i·x)) + b·x − ½ x·P x − (ν + 1)/2 · log(1 + (c + a·x)²/ν).
 */
export interface LogitTerms {
  readonly rows: number;
  readonly dimension: number;
  /** Row-major z_i, signed by their outcomes. */
  readonly signedRows: Float64Array;
  /** o_i. */
  readonly offsets: Float64Array;
  /** Added to it all. */
  readonly constant: number;
  /** b. */
  readonly linear: Float64Array;
  /** P, row-major and symmetric. */
  readonly quadratic: Float64Array;
  /** ν, c and a. */
  readonly student: {
    readonly degreesOfFreedom: number;
    readonly offset: number;
    readonly direction: Float64Array;
  };
}

/** `block` is an address in bytes. */
interface LogitExports extends KernelMemory {
  logDensity(turns: number, dimension: number, block: number): number;
  splitStep(
    turns: number,
    dimension: number,
    block: number,
    end: number,
    middle: number,
    cosine: number,
    sine: number,
  ): number;
}

/** The kernel handles four rows per turn of its loop. */
const ROWS_A_TURN = 4;
/** Columns that the kernel keeps in registers; fewer columns are padded to this number. */
const FEW_COLUMNS = 6;
/** Numbers that the kernel writes in addition to the gradient, padded. */
const RESULTS = 4;

/** Null if the platform cannot run it. */
const kernel = instantiated<LogitExports>(logitModule);

let view = kernel ? new Float64Array(kernel.memory.buffer) : new Float64Array(0);
let owner: Float64Array | null = null;

/** True if this platform can run the kernel. */
export const kernelRuns = kernel !== null;

/** @throws RangeError if the kernel does not run */
export function compiledLogit(terms: LogitTerms): Required<QuickDensity> {
  if (!kernel) throw new RangeError('the compiled kernel does not run on this platform');
  const { dimension } = terms;
  const padded = dimension <= FEW_COLUMNS ? FEW_COLUMNS : dimension + (dimension % 2);
  const turns = Math.ceil(terms.rows / ROWS_A_TURN);
  const padding = turns * ROWS_A_TURN - terms.rows;
  const data = arranged(terms, padded, turns);
  // Addresses in doubles; the first is a multiple of 16 bytes.
  const start = 2 * Math.ceil(kernel.free.value / (2 * DOUBLE));
  const xStart = start + RESULTS;
  const momentumStart = xStart + padded;
  const gradientStart = momentumStart + padded;
  const dataStart = gradientStart + 2 * padded;
  const block = start * DOUBLE;
  const nu = terms.student.degreesOfFreedom;
  const halfPower = 0.5 * (nu + 1);

  /** The kernel's memory with this model's data in it. */
  const memoryOfModel = (): Float64Array => {
    if (owner !== data) {
      reserve(kernel, dataStart + data.length);
      if (view.buffer !== kernel.memory.buffer) view = new Float64Array(kernel.memory.buffer);
      view.set(data, dataStart);
      owner = data;
    }
    return view;
  };

  /** A step that overflowed leaves NaN in the padding, which would spoil all later steps. */
  const clearPadding = (memory: Float64Array, at: number): void => {
    for (let j = dimension; j < padded; j++) memory[at + j] = 0;
  };

  /** Takes the logarithms. Each row of padding has added log 2, which is taken off again. */
  const finished = (memory: Float64Array, value: number): number =>
    terms.constant +
    value -
    Math.log(memory[start]) -
    (memory[start + 1] - padding) * Math.LN2 -
    halfPower * Math.log1p(memory[start + 2] / nu);

  return {
    logDensity(position, gradient) {
      const memory = memoryOfModel();
      for (let j = 0; j < dimension; j++) memory[xStart + j] = position[j];
      clearPadding(memory, xStart);
      const value = kernel.logDensity(turns, padded, block);
      for (let j = 0; j < dimension; j++) gradient[j] = memory[gradientStart + j];
      return finished(memory, value);
    },
    fusedStep(point, { end, middle, cosine, sine }) {
      const { position, momentum, gradient } = point;
      const memory = memoryOfModel();
      for (let j = 0; j < dimension; j++) {
        memory[xStart + j] = position[j];
        memory[momentumStart + j] = momentum[j];
        memory[gradientStart + j] = gradient[j];
      }
      clearPadding(memory, xStart);
      clearPadding(memory, momentumStart);
      clearPadding(memory, gradientStart);
      const value = kernel.splitStep(turns, padded, block, end, middle, cosine, sine);
      for (let j = 0; j < dimension; j++) {
        position[j] = memory[xStart + j];
        momentum[j] = memory[momentumStart + j];
        gradient[j] = memory[gradientStart + j];
      }
      point.logDensity = finished(memory, value);
    },
  };
}

/** The data in the order in which logit.as expects them after the gradient. */
function arranged(terms: LogitTerms, padded: number, turns: number): Float64Array {
  const { rows, dimension, signedRows, offsets, linear, quadratic, student } = terms;
  const studentStart = padded * (padded + 1);
  const rowsStart = studentStart + padded + 2;
  const data = new Float64Array(rowsStart + turns * ROWS_A_TURN * (padded + 1));
  data.set(linear);
  for (let j = 0; j < dimension; j++) {
    data.set(quadratic.subarray(j * dimension, (j + 1) * dimension), padded * (j + 1));
  }
  data.set(student.direction, studentStart);
  data[studentStart + padded] = student.offset;
  data[studentStart + padded + 1] = student.degreesOfFreedom;
  for (let i = 0; i < rows; i++) {
    const start = rowsStart + (i - (i % 2)) * (padded + 1) + (i % 2);
    data[start] = offsets[i];
    for (let j = 0; j < dimension; j++) {
      data[start + 2 * (j + 1)] = signedRows[i * dimension + j];
    }
  }
  return data;
}
