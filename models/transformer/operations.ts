/**
 * The operations that a transformer consists of, with their adjoints, on one heap of numbers: places
 * and counts are in numbers, matrices are row-major without gaps. models/transformer/plain-operations.ts
 * has the formulas; models/kernels/network.as is its compiled equivalent in single precision.
 */
import { networkModule } from '../kernels/network-module.js';
import { instantiated, type KernelMemory, reserve } from '../kernels/web-assembly.js';
import { plainOperations } from './plain-operations.js';

export type Numbers = Float32Array | Float64Array;

export interface Operations {
  /** C = A B, or C + A B if `add` is 1; A(i, p) is at a + i · aRow + p · aStep. n is a multiple of 8. */
  product(
    m: number,
    n: number,
    k: number,
    a: number,
    aRow: number,
    aStep: number,
    b: number,
    c: number,
    add: 0 | 1,
  ): void;
  transpose(rows: number, columns: number, from: number, to: number): void;
  /** y += x */
  addTo(count: number, x: number, y: number): void;
  /** x_r = table of ids_r, or x_r + that if `add` is 1. */
  gather(rows: number, width: number, ids: number, table: number, x: number, add: 0 | 1): void;
  /** Adds x_r to the table's row ids_r. */
  scatter(rows: number, width: number, ids: number, x: number, table: number): void;
  /** y = g x / rms(x) by row, with ε added to the mean square; `inverse` gets 1/rms(x). */
  normalize(
    rows: number,
    width: number,
    x: number,
    gain: number,
    y: number,
    inverse: number,
    epsilon: number,
  ): void;
  /** Adds the adjoints of `normalize` to dx and dgain. */
  normalizeBack(
    rows: number,
    width: number,
    x: number,
    gain: number,
    inverse: number,
    dy: number,
    dx: number,
    dgain: number,
  ): void;
  /**
   * Causal attention of one sequence. `qkv`: rows of three times `width`, heads side by side;
   * `probabilities`: heads · length rows of `length`, padded to a multiple of four.
   */
  attend(
    length: number,
    width: number,
    heads: number,
    qkv: number,
    out: number,
    probabilities: number,
  ): void;
  /** Writes the adjoint of `attend` to dqkv; `scratch` has room for `length` numbers. */
  attendBack(
    length: number,
    width: number,
    heads: number,
    qkv: number,
    probabilities: number,
    dout: number,
    dqkv: number,
    scratch: number,
  ): void;
  /** max(x, 0) in place. */
  rectify(count: number, x: number): void;
  /** Sets dy to zero where y, the result of `rectify`, is zero. */
  rectifyBack(count: number, y: number, dy: number): void;
  /**
   * Replaces rows of logits by scale · (softmax − indicator of the target); `chosen` gets the targets'
   * probabilities. The first `count` numbers of a row are logits; the others become zero.
   */
  crossEntropy(
    rows: number,
    width: number,
    count: number,
    logits: number,
    targets: number,
    chosen: number,
    scale: number,
  ): void;
  /** Σ x² */
  squares(count: number, x: number): number;
  /**
   * A step of AdamW (Loshchilov & Hutter 2019) along scale · gradient. `shrink`: decay times rate; c1, c2:
   * 1/(1 − βᵗ) of both moments.
   */
  adam(
    count: number,
    weights: number,
    gradient: number,
    first: number,
    second: number,
    scale: number,
    rate: number,
    shrink: number,
    beta1: number,
    beta2: number,
    c1: number,
    c2: number,
    epsilon: number,
  ): void;
}

/** A block of numbers, and the operations on it. */
export interface Heap {
  readonly numbers: Numbers;
  /** Place of the first number that is free to use. */
  readonly start: number;
  readonly operations: Operations;
}

export type Precision = 'single' | 'double';

interface NetworkExports extends KernelMemory, Operations {}

/**
 * A heap of its own with `count` free numbers. In single precision it is compiled where WebAssembly is
 * available; the bits of sums differ from those without it. Double precision is never compiled.
 */
export function createHeap(count: number, precision: Precision): Heap {
  if (precision === 'single') {
    const exports = instantiated<NetworkExports>(networkModule);
    if (exports) {
      const start = exports.free.value / SINGLE;
      reserve(exports, Math.ceil((start + count) / 2));
      return { numbers: new Float32Array(exports.memory.buffer), start, operations: exports };
    }
  }
  const numbers = precision === 'single' ? new Float32Array(count) : new Float64Array(count);
  return { numbers, start: 0, operations: plainOperations(numbers) };
}

const SINGLE = 4;
