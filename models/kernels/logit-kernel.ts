/**
 * The posterior of a logistic regression through a compiled kernel (logit.as), in coordinates x with
 * q = origin + basis · x. The log odds of the rows are linear in x, normal priors of slopes are a
 * quadratic form in x, and the prior of the intercept is a Student-t of a linear function of x; the
 * coefficients of all three are computed once.
 *
 * With s_i = 1 for y_i ≥ ½ and −1 below, z_i = s_i · (1, x_i − x̄) and r_i = min(y_i, 1 − y_i), the
 * log likelihood is
 *
 *     Σ y_i log p_i + (1 − y_i) log(1 − p_i) = −Σ log(1 + exp(−z_i·q)) − (Σ r_i z_i)·q,
 *
 * for outcomes of 0 or 1, with r_i = 0, and for probabilities (the quasi-likelihood of Papke &
 * Wooldridge 1996).
 *
 * One WebAssembly module with one memory serves all models of a thread: the memory holds the rows of
 * one model at a time, and is rewritten when another model is evaluated. One memory per model
 * would exhaust memory: an analysis may have a hundred thousand models.
 */
import type { Coordinates, QuickDensity } from '../../src/sampler/model.js';
import type { CoefficientDesign } from '../generalized-linear/coefficient-design.js';
import { type Prior, priorDensity } from '../prior-distributions.js';
import type { RegressionSpecification } from '../regression-data.js';
import { logitModule } from './logit-module.js';
import { plainLogistic } from './plain-logit.js';
import { DOUBLE, instantiated, type KernelMemory, reserve } from './web-assembly.js';

/** `block` is an address in bytes. */
interface LogitExports extends KernelMemory {
  logDensity(turns: number, dimension: number, block: number): number;
  coarseGradient(turns: number, dimension: number, block: number): void;
  splitStep(
    turns: number,
    dimension: number,
    block: number,
    end: number,
    middle: number,
    cosine: number,
    sine: number,
  ): number;
  transitions(
    turns: number,
    dimension: number,
    block: number,
    used: number,
    count: number,
    steps: number,
    stepSize: number,
    jitter: number,
    end: number,
    threshold: number,
    state: number,
    out: number,
  ): number;
  addMoments(
    turns: number,
    dimension: number,
    block: number,
    used: number,
    points: number,
    count: number,
    peak: number,
    sums: number,
  ): void;
  /** Address of the edges of the ziggurat's layers. */
  readonly edges: { readonly value: number };
}

/** Null if the platform does not support it. */
const kernel = instantiated<LogitExports>(logitModule);

let view = kernel ? new Float64Array(kernel.memory.buffer) : new Float64Array(0);
let edgesKnown = false;
let owner: Float64Array | null = null;

/** Share of distinct rows below which merged rows are faster than the kernel. */
const FEW_CELLS = 0.25;

/**
 * The fused density of a Bernoulli regression with the logit link, an intercept with a Student-t
 * prior, slopes with normal or flat priors, no offset, and rows that are mostly distinct. Null for
 * any other regression. Where the kernel does not run, its plain twin takes its place.
 */
export function fusedLogistic(
  { family, data, priors }: RegressionSpecification,
  design: CoefficientDesign,
): ((coordinates: Coordinates) => QuickDensity) | null {
  if (family.family !== 'bernoulli' || family.link !== 'logit') return null;
  if (data.offset || data.weights || data.groups.length > 0 || design.cells < FEW_CELLS * data.rows)
    return null;
  const intercept = priors.intercept && studentTerm(priors.intercept);
  const slopes = priors.coefficients.map(quadraticTerm);
  if (!intercept || !slopes.every((term) => term !== null)) return null;
  const rows = signedRows(design, data.outcomes);
  return (coordinates) => {
    const terms = termsIn(coordinates, rows, [FLAT, ...slopes], intercept);
    return kernel ? new FusedLogistic(kernel, terms) : plainLogistic(terms);
  };
}

type StudentTPrior = Extract<Prior, { readonly distribution: 'student_t' }>;

function studentTerm(prior: Prior): StudentTPrior | null {
  return prior.distribution === 'student_t' && isUnbounded(prior) ? prior : null;
}

/** −½ precision (x − mean)² + constant. */
interface QuadraticTerm {
  readonly mean: number;
  readonly precision: number;
  readonly constant: number;
}

const FLAT: QuadraticTerm = { mean: 0, precision: 0, constant: 0 };

function quadraticTerm(prior: Prior): QuadraticTerm | null {
  if (!isUnbounded(prior)) return null;
  if (prior.distribution === 'flat') return FLAT;
  if (prior.distribution !== 'normal') return null;
  const { mean, sd } = prior;
  return { mean, precision: 1 / (sd * sd), constant: priorDensity(prior).logDensity(mean) };
}

function isUnbounded({
  lower = Number.NEGATIVE_INFINITY,
  upper = Number.POSITIVE_INFINITY,
  scaling,
}: Prior): boolean {
  return (
    scaling === undefined &&
    lower === Number.NEGATIVE_INFINITY &&
    upper === Number.POSITIVE_INFINITY
  );
}

interface SignedRows {
  readonly rows: number;
  /** Intercept and slopes. */
  readonly dimension: number;
  /** Column-major z_i. */
  readonly columns: Float64Array;
  /** Σ r_i z_i. */
  readonly remainders: Float64Array;
}

function signedRows(
  { cells, cellOf, slopes, columns: centred }: CoefficientDesign,
  outcomes: Float64Array,
): SignedRows {
  const rows = outcomes.length;
  const dimension = slopes + 1;
  const columns = new Float64Array(rows * dimension);
  const remainders = new Float64Array(dimension);
  for (let i = 0; i < rows; i++) {
    const sign = outcomes[i] >= 0.5 ? 1 : -1;
    const remainder = Math.min(outcomes[i], 1 - outcomes[i]);
    const cell = cellOf ? cellOf[i] : i;
    for (let j = 0; j < dimension; j++) {
      const z = j === 0 ? sign : sign * centred[(j - 1) * cells + cell];
      columns[j * rows + i] = z;
      remainders[j] += remainder * z;
    }
  }
  return { rows, dimension, columns, remainders };
}

/**
 * A logistic log likelihood, a quadratic form and a Student-t density:
 * constant
 − Σ log(1 + exp(−o_i − z_i·x)) + b·x − ½ x·P x − (ν + 1)/2 · log(1 + (c + a·x)²/ν).
 */
export interface LogitTerms {
  readonly rows: number;
  readonly dimension: number;
  /** Row-major z_i, signed by their outcomes. */
  readonly signedRows: Float64Array;
  /** o_i. */
  readonly offsets: Float64Array;
  readonly constant: number;
  /** b. */
  readonly linear: Float64Array;
  /** P, row-major and symmetric. */
  readonly quadratic: Float64Array;
  /** ν, c and a. */
  readonly student: {
    readonly df: number;
    readonly offset: number;
    readonly direction: Float64Array;
  };
}

function termsIn(
  coordinates: Coordinates,
  rows: SignedRows,
  priors: readonly QuadraticTerm[],
  interceptPrior: StudentTPrior,
): LogitTerms {
  const { dimension } = rows;
  const { df, location, scale } = interceptPrior;
  const { origin, basis } = coordinates;
  return {
    rows: rows.rows,
    dimension,
    ...rowsIn(coordinates, rows),
    ...quadraticFormIn(
      coordinates,
      rows,
      priors,
      priorDensity(interceptPrior).logDensity(location),
    ),
    student: {
      df,
      offset: (origin[0] - location) / scale,
      direction: basis.slice(0, dimension).map((value) => value / scale),
    },
  };
}

/** z_i·q = z_i·origin + (basisᵀ z_i)·x. */
function rowsIn(
  { origin, basis }: Coordinates,
  { rows, dimension, columns }: SignedRows,
): Pick<LogitTerms, 'signedRows' | 'offsets'> {
  const signedRows = new Float64Array(rows * dimension);
  const offsets = new Float64Array(rows);
  for (let k = 0; k < dimension; k++) {
    for (let i = 0; i < rows; i++) {
      const value = columns[k * rows + i];
      offsets[i] += value * origin[k];
      for (let j = 0; j < dimension; j++) {
        signedRows[i * dimension + j] += value * basis[k * dimension + j];
      }
    }
  }
  return { signedRows, offsets };
}

/** The priors of the slopes and the remainders of fractional outcomes. */
function quadraticFormIn(
  { origin, basis }: Coordinates,
  { dimension, remainders }: SignedRows,
  priors: readonly QuadraticTerm[],
  constantOfIntercept: number,
): Pick<LogitTerms, 'constant' | 'linear' | 'quadratic'> {
  const linear = new Float64Array(dimension);
  const quadratic = new Float64Array(dimension * dimension);
  let constant = constantOfIntercept;
  for (let k = 0; k < dimension; k++) {
    const row = basis.subarray(k * dimension, (k + 1) * dimension);
    const { mean, precision, constant: atMean } = priors[k];
    const distance = origin[k] - mean;
    constant += atMean - remainders[k] * origin[k] - 0.5 * precision * distance * distance;
    for (let a = 0; a < dimension; a++) {
      linear[a] -= (remainders[k] + precision * distance) * row[a];
      for (let b = 0; b < dimension; b++) {
        quadratic[a * dimension + b] += precision * row[a] * row[b];
      }
    }
  }
  return { constant, linear, quadratic };
}

/** Rows per iteration of the kernel's loop. */
const ROWS_A_TURN = 4;
/** Columns for which the kernel has loops of its own; fewer columns are padded to this number. */
const FEW_COLUMNS = 6;
/** Numbers that the kernel writes in addition to the gradient, padded. */
const RESULTS = 4;
/** Numbers of a transition before its position and gradient. */
const OF_TRANSITION = 8;
/** Numbers of a chain before its position and gradient: random words, log density, a free one. */
const OF_STATE = 4;
/** Transitions that one call makes at most. */
const MOST_TRANSITIONS = 16;
/** Numbers of the points that one call takes at most. */
const MOST_OF_POINTS = 3072;

/**
 * The kernel's memory is one block of doubles (results, x, momentum, gradient, data), a chain, and transitions
 * or the sums and points of `addMoments`.
 */
class FusedLogistic implements Required<QuickDensity> {
  readonly #kernel: LogitExports;
  readonly #dimension: number;
  readonly #data: Float64Array;
  /** Number of columns with padding; number of iterations over rows. */
  readonly #padded: number;
  readonly #turns: number;
  /** Starts of the block, of its data, of the chain and of the transitions, in doubles. */
  readonly #start: number;
  readonly #dataStart: number;
  readonly #chain: number;
  readonly #out: number;
  readonly #end: Float64Array;

  constructor(exports: LogitExports, terms: LogitTerms) {
    const { dimension, rows } = terms;
    this.#kernel = exports;
    this.#dimension = dimension;
    this.#padded = dimension <= FEW_COLUMNS ? FEW_COLUMNS : dimension + (dimension % 2);
    this.#turns = Math.ceil(rows / ROWS_A_TURN);
    this.#data = arranged(terms, this.#padded, this.#turns);
    // The first address is a multiple of 16 bytes.
    this.#start = 2 * Math.ceil(exports.free.value / (2 * DOUBLE));
    this.#dataStart = this.#start + RESULTS + 4 * this.#padded;
    // After the data: room for copies of x.
    this.#chain = this.#dataStart + this.#data.length + 2 * this.#padded;
    this.#out = this.#chain + OF_STATE + 2 * this.#padded;
    this.#end = new Float64Array(dimension);
  }

  readonly logDensity: QuickDensity['logDensity'] = (position, gradient) => {
    const memory = this.#memory();
    const x = this.#start + RESULTS;
    this.#write(memory, x, position);
    const value = this.#kernel.logDensity(this.#turns, this.#padded, this.#start * DOUBLE);
    read(memory, x + 2 * this.#padded, gradient);
    return value;
  };

  readonly middleGradient: Required<QuickDensity>['middleGradient'] = (position, gradient) => {
    const memory = this.#memory();
    const x = this.#start + RESULTS;
    this.#write(memory, x, position);
    this.#kernel.coarseGradient(this.#turns, this.#padded, this.#start * DOUBLE);
    read(memory, x + 2 * this.#padded, gradient);
  };

  readonly fusedStep: Required<QuickDensity>['fusedStep'] = (point, sizes) => {
    const { position, momentum, gradient } = point;
    const memory = this.#memory();
    const padded = this.#padded;
    const x = this.#start + RESULTS;
    this.#write(memory, x, position);
    this.#write(memory, x + padded, momentum);
    this.#write(memory, x + 2 * padded, gradient);
    const { end, middle, cosine, sine } = sizes;
    const block = this.#start * DOUBLE;
    const value = this.#kernel.splitStep(this.#turns, padded, block, end, middle, cosine, sine);
    read(memory, x, position);
    read(memory, x + padded, momentum);
    read(memory, x + 2 * padded, gradient);
    point.logDensity = value;
  };

  readonly fusedTransitions: Required<QuickDensity>['fusedTransitions'] = (
    current,
    { words, edges },
    rule,
    count,
  ) => {
    const memory = this.#memory();
    if (!edgesKnown) memory.set(edges, this.#kernel.edges.value / DOUBLE);
    edgesKnown = true;
    const padded = this.#padded;
    const chain = this.#chain;
    const state = new Int32Array(memory.buffer, chain * DOUBLE, words.length);
    state.set(words);
    memory[chain + 2] = current.logDensity;
    this.#write(memory, chain + OF_STATE, current.position);
    this.#write(memory, chain + OF_STATE + padded, current.gradient);
    const made = this.#kernel.transitions(
      this.#turns,
      padded,
      this.#start * DOUBLE,
      this.#dimension,
      Math.min(count, MOST_TRANSITIONS),
      rule.steps,
      rule.stepSize,
      rule.jitter,
      rule.endKick,
      rule.divergenceThreshold,
      chain * DOUBLE,
      this.#out * DOUBLE,
    );
    words.set(state);
    current.logDensity = memory[chain + 2];
    read(memory, chain + OF_STATE, current.position);
    read(memory, chain + OF_STATE + padded, current.gradient);
    read(memory, this.#start + RESULTS, this.#end);
    return {
      made,
      numbers: memory,
      start: this.#out,
      width: OF_TRANSITION + 2 * padded,
      gradientAt: OF_TRANSITION + padded,
      end: this.#end,
    };
  };

  readonly addMoments: Required<QuickDensity>['addMoments'] = (points, peak, sums) => {
    const used = this.#dimension;
    const memory = this.#memory();
    const from = this.#out + sums.length;
    memory.set(sums, this.#out);
    const most = Math.floor(MOST_OF_POINTS / used) * used;
    for (let at = 0; at < points.length; at += most) {
      const some = points.subarray(at, at + most);
      memory.set(some, from);
      this.#kernel.addMoments(
        this.#turns,
        this.#padded,
        this.#start * DOUBLE,
        used,
        from * DOUBLE,
        some.length / used,
        peak,
        this.#out * DOUBLE,
      );
    }
    read(memory, this.#out, sums);
  };

  /** The kernel's memory with this model's data in it. */
  #memory(): Float64Array {
    if (owner !== this.#data) {
      const transitions = MOST_TRANSITIONS * (OF_TRANSITION + 2 * this.#padded);
      const moments = 1 + this.#dimension * (2 + this.#dimension) + MOST_OF_POINTS;
      reserve(this.#kernel, this.#out + Math.max(transitions, moments));
      const { buffer } = this.#kernel.memory;
      if (view.buffer !== buffer) view = new Float64Array(buffer);
      view.set(this.#data, this.#dataStart);
      owner = this.#data;
    }
    return view;
  }

  /** Resets the padding to zero: an overflowed step leaves NaN there, which would affect later steps. */
  #write(memory: Float64Array, at: number, values: Float64Array): void {
    const { length } = values;
    for (let j = 0; j < length; j++) memory[at + j] = values[j];
    for (let j = length; j < this.#padded; j++) memory[at + j] = 0;
  }
}

function read(memory: Float64Array, at: number, values: Float64Array): void {
  for (let j = 0; j < values.length; j++) values[j] = memory[at + j];
}

/** The data in the order in which logit.as expects them after the gradient. */
function arranged(terms: LogitTerms, padded: number, turns: number): Float64Array {
  const { rows, dimension, signedRows, offsets, linear, quadratic, student } = terms;
  const studentStart = padded * (padded + 1);
  const rowsStart = studentStart + padded + 4;
  const numbers = turns * ROWS_A_TURN * (padded + 1);
  const data = new Float64Array(rowsStart + numbers + numbers / 2);
  data.set(linear);
  for (let j = 0; j < dimension; j++) {
    data.set(quadratic.subarray(j * dimension, (j + 1) * dimension), padded * (j + 1));
  }
  data.set(student.direction, studentStart);
  const { offset, df } = student;
  data.set([offset, df, terms.constant, turns * ROWS_A_TURN - rows], studentStart + padded);
  const singles = new Float32Array(data.buffer, (rowsStart + numbers) * DOUBLE, numbers);
  for (let i = 0; i < rows; i++) {
    const start = rowsStart + (i - (i % 2)) * (padded + 1) + (i % 2);
    const single = (i - (i % 4)) * (padded + 1) + (i % 4);
    data[start] = offsets[i];
    singles[single] = offsets[i];
    for (let j = 0; j < dimension; j++) {
      const value = signedRows[i * dimension + j];
      data[start + 2 * (j + 1)] = value;
      singles[single + 4 * (j + 1)] = value;
    }
  }
  return data;
}
