/**
 * The compiled kernel of the logistic regression (logit.as) as a log likelihood. One
 * module with one memory serves all models of a thread: its memory holds the rows of one model at
 * a time, and who comes next brings its own. Rows of fifty choices are two kilobytes; a memory for
 * each of a hundred thousand models would be gone before they are.
 */
import { logitModule } from './logit-module.js';

/** Writes the gradient, returns the log likelihood. */
export type LogLikelihood = (position: Float64Array, gradient: Float64Array) => number;

/** What is used of WebAssembly: the engine is compiled without the types of any platform. */
interface WebAssemblyPlatform {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: LogitExports };
}

interface LogitExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  logit(
    turns: number,
    dimension: number,
    q: number,
    sums: number,
    data: number,
    result: number,
  ): number;
}

const PAGE = 65536;
const DOUBLE = 8;
/** The kernel takes four rows a turn. */
const ROWS_A_TURN = 4;

/** Null where WebAssembly, its vectors or its compilation at run time are not to be had. */
const kernel = ((): LogitExports | null => {
  const platform = (globalThis as { WebAssembly?: WebAssemblyPlatform }).WebAssembly;
  try {
    if (!platform) return null;
    return new platform.Instance(new platform.Module(decodeBase64(logitModule))).exports;
  } catch {
    return null;
  }
})();

function decodeBase64(text: string): Uint8Array {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const bytes = new Uint8Array(Math.floor((text.replaceAll('=', '').length * 3) / 4));
  let bits = 0;
  let count = 0;
  let end = 0;
  for (const digit of text.replaceAll('=', '')) {
    bits = ((bits << 6) | digits.indexOf(digit)) & 0xffffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes[end++] = (bits >> count) & 255;
    }
  }
  return bytes;
}

let view = kernel ? new Float64Array(kernel.memory.buffer) : new Float64Array(0);
let owner: Float64Array | null = null;

/**
 * The log likelihood over column-major rows signed by their outcomes, or null where the kernel
 * does not run.
 */
export function compiledLogLikelihood(
  columns: Float64Array,
  rows: number,
  dimension: number,
): LogLikelihood | null {
  if (!kernel) return null;
  const turns = Math.ceil(rows / ROWS_A_TURN);
  // The kernel takes two columns at a time.
  const padded = dimension + (dimension % 2);
  const data = interleaved(columns, rows, dimension, padded, turns);
  const padding = turns * ROWS_A_TURN - rows;
  // Places in doubles: the result's two, the position, the gradient, which doubles on the way, and
  // the rows, on a border of 16 bytes.
  const qStart = 2;
  const sumsStart = qStart + padded;
  const dataStart = sumsStart + 2 * padded;

  return (position, gradient) => {
    if (owner !== data) {
      reserve(dataStart + data.length);
      view.set(data, dataStart);
      owner = data;
    }
    const memory = view;
    memory[sumsStart - 1] = 0;
    for (let j = 0; j < dimension; j++) memory[qStart + j] = position[j];
    const linear = kernel.logit(
      turns,
      padded,
      qStart * DOUBLE,
      sumsStart * DOUBLE,
      dataStart * DOUBLE,
      0,
    );
    for (let j = 0; j < dimension; j++) gradient[j] = memory[sumsStart + j];
    // A row of zeros adds log 2.
    return -(linear + Math.log(memory[0]) + (memory[1] - padding) * Math.LN2);
  };
}

function reserve(doubles: number): void {
  const missing = doubles * DOUBLE - (kernel?.memory.buffer.byteLength ?? 0);
  if (missing > 0) kernel?.memory.grow(Math.ceil(missing / PAGE));
  if (kernel && view.buffer !== kernel.memory.buffer) view = new Float64Array(kernel.memory.buffer);
}

/** For each pair of rows, for each column, the two rows' values; padded with zeros. */
function interleaved(
  columns: Float64Array,
  rows: number,
  dimension: number,
  padded: number,
  turns: number,
): Float64Array {
  const data = new Float64Array(turns * ROWS_A_TURN * padded);
  for (let i = 0; i < rows; i++) {
    const start = (i - (i % 2)) * padded + (i % 2);
    for (let j = 0; j < dimension; j++) data[start + 2 * j] = columns[j * rows + i];
  }
  return data;
}
