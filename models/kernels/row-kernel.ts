/**
 * The compiled log likelihoods of rows (rows.as) as functions of (α?, β …, aux …), for the families
 * and links that it supports. One module with one memory serves all models of a thread, as in
 * logit-kernel.ts: a model rewrites its rows if another model was evaluated last.
 */

import { studentTConstant } from '../../src/linear-algebra/student-t.js';
import { type Family, type Outcomes, type Totals, totalsOf } from '../families/family.js';
import { risingFactorials } from '../families/rising-factorials.js';
import { studentConstantSlope } from '../families/student.js';
import type { CoefficientDesign } from '../generalized-linear/coefficient-design.js';
import { rowsModule } from './rows-module.js';
import { DOUBLE, instantiated, type KernelMemory, reserve } from './web-assembly.js';

/** Writes the gradient by the parameters and returns the log likelihood, up to a constant. */
export type ParameterLikelihood = (parameters: Float64Array, gradient: Float64Array) => number;

/** `block` and other addresses are in bytes; the other arguments are those of rows.as. */
interface RowExports extends KernelMemory {
  poisson(rows: number, columns: number, block: number): number;
  logistic(rows: number, columns: number, block: number): number;
  logisticOfSingles(rows: number, columns: number, block: number): number;
  negbinomial(
    rows: number,
    columns: number,
    block: number,
    shape: number,
    logShape: number,
  ): number;
  student(rows: number, columns: number, block: number, spread: number, nuPlusOne: number): void;
  probit(rows: number, columns: number, block: number): number;
  probitOfSingles(rows: number, columns: number, block: number): number;
  fillRuns(levels: number, ends: number, numbers: number, offset: number, target: number): void;
  addRuns(
    levels: number,
    ends: number,
    numbers: number,
    stride: number,
    column: number,
    target: number,
  ): void;
  sumRuns(
    levels: number,
    ends: number,
    column: number,
    numbers: number,
    sums: number,
    stride: number,
  ): void;
  addGathered(
    rows: number,
    levelOf: number,
    numbers: number,
    stride: number,
    column: number,
    target: number,
  ): void;
  scatter(
    rows: number,
    levelOf: number,
    column: number,
    numbers: number,
    sums: number,
    stride: number,
  ): void;
}

export const RESULTS = 4;

/** Null if the platform does not support it. */
export const kernel = instantiated<RowExports>(rowsModule);

let view = kernel ? new Float64Array(kernel.memory.buffer) : new Float64Array(0);
let owner: Float64Array | null = null;

/** The first free double of the memory, aligned to 16 bytes. */
export function firstFree({ free }: RowExports): number {
  return 2 * Math.ceil(free.value / (2 * DOUBLE));
}

/** Writes a model's data from double `start` on, unless they are there already. Returns the memory. */
export function occupied(exports: RowExports, data: Float64Array, start: number): Float64Array {
  if (owner !== data) {
    reserve(exports, start + data.length);
    if (view.buffer !== exports.memory.buffer) view = new Float64Array(exports.memory.buffer);
    view.set(data, start);
    owner = data;
  }
  return view;
}

/** A call for one model, whose rows are in the kernel's memory. */
export interface Call {
  readonly exports: RowExports;
  readonly rows: number;
  readonly columns: number;
  readonly block: number;
  /** Number `i` of the results. */
  result(i: number): number;
  readonly aux: Float64Array;
  readonly auxGradient: Float64Array;
}

/** Calls the kernel, writes the gradient by the auxiliary parameters, returns the value. */
type FamilyCall = (call: Call) => number;

/**
 * Null if the kernel is not available or does not support the family with this link.
 *
 * @param plain the same likelihood in JavaScript, for parameters outside the kernel's range
 */
export function compiledLikelihood(
  family: Family,
  design: CoefficientDesign,
  outcomes: Outcomes,
  plain: ParameterLikelihood,
): ParameterLikelihood | null {
  if (!kernel) return null;
  const totals = totalsOf(outcomes);
  const known = familyCall(family, outcomes, totals);
  if (!known) return null;
  const { call: ofFamily, auxiliary } = known;
  const { intercept, slopes } = design;
  const rows = 4 * Math.ceil(design.cells / 4);
  const columns = slopes + (slopes % 2);
  const data = arranged(design, totals, rows, columns);
  // Offsets in doubles.
  const start = firstFree(kernel);
  const coefficients = start + RESULTS;
  const gradients = coefficients + columns + 2;
  const rowsStart = gradients + columns + 2;
  const call: Call = {
    exports: kernel,
    rows,
    columns,
    block: start * DOUBLE,
    result: (i) => view[start + i],
    aux: new Float64Array(auxiliary),
    auxGradient: new Float64Array(auxiliary),
  };

  return (parameters, gradient) => {
    occupied(kernel, data, rowsStart);
    view[coefficients] = intercept === 1 ? parameters[0] : 0;
    view[coefficients + 1] = 0;
    for (let j = 0; j < slopes; j++) view[coefficients + 2 + j] = parameters[intercept + j];
    // Another model or an overflowed step may have written here.
    if (columns > slopes) view[coefficients + 2 + slopes] = 0;
    for (let a = 0; a < auxiliary; a++) call.aux[a] = parameters[intercept + slopes + a];
    const value = ofFamily(call);
    // Σ ∂ℓ/∂η is NaN if a term is; the value is NaN outside the kernel's range.
    if (Number.isNaN(value + view[gradients])) return plain(parameters, gradient);
    if (intercept === 1) gradient[0] = view[gradients];
    for (let j = 0; j < slopes; j++) gradient[intercept + j] = view[gradients + 2 + j];
    for (let a = 0; a < auxiliary; a++) gradient[intercept + slopes + a] = call.auxGradient[a];
    return value;
  };
}

/** Rows in groups, each with coefficients of its own; row-major values. */
interface GroupedRows {
  /** Index of the first row of each group, and the number of rows. */
  readonly starts: Int32Array;
  /** Number of slopes. */
  readonly slopes: number;
  readonly values: Float64Array;
  /** Outcomes from 0 to 1. */
  readonly outcomes: Float64Array;
}

/**
 * The log likelihood of one group for its coefficients (α, β); writes the slope by them. NaN outside the
 * kernel's range.
 */
export type GroupLikelihood = (
  group: number,
  coefficients: Float64Array,
  slope: Float64Array,
) => number;

/** Logistic regressions of groups, with an intercept; null if the kernel is not available. */
export function compiledGroups(given: GroupedRows): GroupLikelihood | null {
  if (!kernel) return null;
  const { starts, slopes } = given;
  const groups = starts.length - 1;
  const columns = slopes + (slopes % 2);
  const head = RESULTS + 2 * (columns + 2);
  const rows = Int32Array.from(
    { length: groups },
    (_, g) => 4 * Math.ceil((starts[g + 1] - starts[g]) / 4),
  );
  const blocks = new Int32Array(groups + 1);
  const first = firstFree(kernel);
  blocks[0] = first;
  rows.forEach((count, g) => {
    blocks[g + 1] = blocks[g] + head + count * (5 + columns);
  });
  const data = new Float64Array(blocks[groups] - first);
  for (let g = 0; g < groups; g++) arrangeGroup(given, g, rows[g], data, blocks[g] - first + head);

  return (group, coefficients, slope) => {
    occupied(kernel, data, first);
    const block = blocks[group];
    const at = block + RESULTS;
    view[at] = coefficients[0];
    for (let j = 1; j <= slopes; j++) view[at + 1 + j] = coefficients[j];
    const value = kernel.logistic(rows[group], columns, block * DOUBLE);
    const gradient = at + columns + 2;
    slope[0] = view[gradient];
    for (let j = 1; j <= slopes; j++) slope[j] = view[gradient + 1 + j];
    return value;
  };
}

/** Outcomes, ones and columns of a group's rows, after its zero offset, η and ∂ℓ/∂η. */
function arrangeGroup(
  { starts, slopes, values, outcomes }: GroupedRows,
  group: number,
  rows: number,
  data: Float64Array,
  start: number,
): void {
  for (let i = starts[group], place = 0; i < starts[group + 1]; i++, place++) {
    data[start + 3 * rows + place] = outcomes[i];
    data[start + 4 * rows + place] = 1;
    for (let j = 0; j < slopes; j++) {
      data[start + (5 + j) * rows + place] = values[i * slopes + j];
    }
  }
}

export function familyCall(
  { family, link, fixed, predicted }: Family,
  outcomes: Outcomes,
  totals: Totals,
): { call: FamilyCall; auxiliary: number } | null {
  if (predicted || outcomes.limits) return null;
  // These take every row for one, and all of the auxiliary parameters.
  if ((outcomes.weights || fixed) && (family === 'negbinomial' || family === 'student'))
    return null;
  const single = totals.counts.every((count) => count === 1);
  switch (`${family} ${link}`) {
    case 'poisson log':
      return {
        call: ({ exports, rows, columns, block }) => exports.poisson(rows, columns, block),
        auxiliary: 0,
      };
    case 'bernoulli logit':
    case 'binomial logit':
      return { call: single ? logisticOfSingles : logistic, auxiliary: 0 };
    case 'bernoulli probit':
    case 'binomial probit':
      return { call: probit(single), auxiliary: 0 };
    case 'negbinomial log':
      return { call: negbinomial(outcomes), auxiliary: 1 };
    case 'student identity':
      return { call: student(outcomes.rows), auxiliary: 2 };
    default:
      return null;
  }
}

const logistic: FamilyCall = ({ exports, rows, columns, block }) =>
  exports.logistic(rows, columns, block);

const logisticOfSingles: FamilyCall = ({ exports, rows, columns, block, result }) =>
  exports.logisticOfSingles(rows, columns, block) - logarithm(result);

/** Upper end of the range of the kernel's rational function. */
const FARTHEST = Math.sqrt(32);

function probit(single: boolean): FamilyCall {
  return ({ exports, rows, columns, block, result }) => {
    const value = single
      ? exports.probitOfSingles(rows, columns, block)
      : exports.probit(rows, columns, block);
    if (!(Math.max(result(2), result(3)) <= FARTHEST)) return Number.NaN;
    return value + logarithm(result);
  };
}

/** The logarithm of a product that is stored with a separate power of two. */
function logarithm(result: Call['result']): number {
  return Math.log(result(0)) + result(1) * Math.LN2;
}

function negbinomial(outcomes: Outcomes): FamilyCall {
  const ofCounts = risingFactorials(outcomes.values);
  return ({ exports, rows, columns, block, result, aux, auxGradient }) => {
    const shape = aux[0];
    const ofRows = exports.negbinomial(rows, columns, block, shape, Math.log(shape));
    const value = ofRows + ofCounts.value(shape);
    auxGradient[0] = result(0) + ofCounts.slope();
    return value;
  };
}

function student(count: number): FamilyCall {
  return ({ exports, rows, columns, block, result, aux, auxGradient }) => {
    const sigma = aux[0];
    const nu = aux[1];
    exports.student(rows, columns, block, nu * sigma * sigma, nu + 1);
    const logs = logarithm(result);
    const shares = result(2);
    auxGradient[0] = ((nu + 1) * shares - count) / sigma;
    auxGradient[1] = count * studentConstantSlope(nu) - 0.5 * logs + (0.5 * (nu + 1) * shares) / nu;
    return count * (studentTConstant(nu) - Math.log(sigma)) - 0.5 * (nu + 1) * logs;
  };
}

/** The data that follow the gradient in the block of rows.as. */
function arranged(
  { cells, slopes, columns, offset }: CoefficientDesign,
  { sums, counts }: Totals,
  rows: number,
  paddedColumns: number,
): Float64Array {
  const data = new Float64Array(rows * (5 + paddedColumns));
  if (offset) data.set(offset);
  data.set(sums, 3 * rows);
  data.set(counts, 4 * rows);
  for (let j = 0; j < slopes; j++) {
    data.set(columns.subarray(j * cells, (j + 1) * cells), (5 + j) * rows);
  }
  return data;
}
