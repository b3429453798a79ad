/**
 * Statistics of one column of draws by the compiled kernel (columns.as). The draws are copied into the
 * kernel's memory once; what is asked of them afterwards refers to that copy, until other draws are loaded.
 */
import { columnsModule } from './columns-module.js';
import { DOUBLE, instantiated, type KernelMemory, reserve } from './web-assembly.js';

interface ColumnsExports extends KernelMemory {
  moments(from: number, count: number, to: number): void;
  sortedBelow(from: number, count: number, cutoff: number, to: number): number;
  sortedAbove(from: number, count: number, cutoff: number, to: number): number;
  shiftedExp(from: number, count: number, shift: number, to: number): number;
  centre(from: number, length: number, to: number): number;
  addLagProducts(deviations: number, length: number, lag: number, to: number): void;
  weightSums(from: number, count: number, least: number, cutoff: number, to: number): void;
  weightSpread(from: number, count: number, least: number, cutoff: number, centre: number): number;
  paretoProducts(
    thetas: number,
    candidates: number,
    values: number,
    count: number,
    small: number,
    to: number,
  ): void;
}

interface ColumnMoments {
  readonly least: number;
  readonly greatest: number;
  readonly mean: number;
  /** Σ of squared deviations from the mean. */
  readonly squares: number;
}

/** Numbers of the results; also left free behind an array, for a last vector. */
const ROOM = 16;
/**
 * So many times the draws are held: the draws, e^draws, and deviations of at most as many chains as draws,
 * each with its zeros, or twice the draws where they are sorted.
 */
const HELD = 8;
/** Zeros behind the deviations of a chain, for the last lags. */
const PADDING = 4;
/** Values of one product in `paretoProducts`. */
export const PARETO_BLOCK = 64;

/** The memory of the kernel: results · draws · e^draws · deviations · sorted. */
class ColumnKernel {
  private view: Float64Array;
  private readonly results: number;
  private values = 0;
  private exps = 0;
  private others = 0;
  private count = 0;
  private chainLength = 0;
  private chains = 0;

  constructor(private readonly kernel: ColumnsExports) {
    this.view = new Float64Array(kernel.memory.buffer);
    this.results = kernel.free.value;
  }

  private reserve(doubles: number): void {
    reserve(this.kernel, this.results / DOUBLE + doubles);
    const { buffer } = this.kernel.memory;
    if (this.view.buffer !== buffer) this.view = new Float64Array(buffer);
  }

  private result(index: number): number {
    return this.view[this.results / DOUBLE + index];
  }

  /** Numbers at an address, valid until the memory grows. */
  private at(address: number, count: number): Float64Array {
    return this.view.subarray(address / DOUBLE, address / DOUBLE + count);
  }

  /** Number of draws that are loaded. */
  get draws(): number {
    return this.count;
  }

  private held(): number {
    return HELD * (this.count + 2 * ROOM);
  }

  load(draws: Float64Array): void {
    const n = draws.length;
    if (n !== this.count) {
      const size = (n + (n % 2) + ROOM) * DOUBLE;
      this.count = n;
      this.reserve(this.held());
      this.values = this.results + ROOM * DOUBLE;
      this.exps = this.values + size;
      this.others = this.exps + size;
    }
    this.view.set(draws, this.values / DOUBLE);
  }

  moments(): ColumnMoments {
    this.kernel.moments(this.values, this.count, this.results);
    return {
      least: this.result(0),
      greatest: this.result(1),
      mean: this.result(2),
      squares: this.result(3),
    };
  }

  /** Draws below a cutoff in ascending order, valid until the next call. */
  sortedBelow(cutoff: number): Float64Array {
    const { kernel, values, count, others } = this;
    return this.at(others, kernel.sortedBelow(values, count, cutoff, others));
  }

  /** Draws above a cutoff in ascending order, valid until the next call. */
  sortedAbove(cutoff: number): Float64Array {
    const { kernel, values, count, others } = this;
    return this.at(others, kernel.sortedAbove(values, count, cutoff, others));
  }

  /** Computes e^(draw − shift) of all draws, and returns the sum. */
  exponentiate(shift: number): number {
    return this.kernel.shiftedExp(this.values, this.count, shift, this.exps);
  }

  /** Exponentials below a cutoff in ascending order, valid until the next call. */
  sortedExpsBelow(cutoff: number): Float64Array {
    const { kernel, exps, count, others } = this;
    return this.at(others, kernel.sortedBelow(exps, count, cutoff, others));
  }

  /** Centres the exponentials of each chain; returns the chains' means. */
  centreExps(chains: number): Float64Array {
    const length = this.count / chains;
    this.chainLength = length;
    this.chains = chains;
    const means = new Float64Array(chains);
    for (let chain = 0; chain < chains; chain++) {
      const from = this.exps + chain * length * DOUBLE;
      means[chain] = this.kernel.centre(from, length, this.deviations(chain));
    }
    return means;
  }

  private deviations(chain: number): number {
    return this.others + chain * (this.chainLength + PADDING) * DOUBLE;
  }

  /**
   * Σ over chains of the products of centred exponentials that are `lag` to `lag` + 3 apart. To be asked
   * right after `centreExps`.
   */
  lagProducts(lag: number): Float64Array {
    const products = this.at(this.results, PADDING);
    products.fill(0);
    for (let chain = 0; chain < this.chains; chain++) {
      this.kernel.addLagProducts(this.deviations(chain), this.chainLength, lag, this.results);
    }
    return products;
  }

  /** Number, Σ w and Σ w² of the weights w = least/e of exponentials e from the cutoff on. */
  weightSums(least: number, cutoff: number): readonly [number, number, number] {
    this.kernel.weightSums(this.exps, this.count, least, cutoff, this.results);
    return [this.result(0), this.result(1), this.result(2)];
  }

  /** Σ (w − centre)² of the same weights. */
  weightSpread(least: number, cutoff: number, centre: number): number {
    return this.kernel.weightSpread(this.exps, this.count, least, cutoff, centre);
  }

  /**
   * For each θ and each block of 64 ascending values: Π (1 − θ x), or Π (1 − θ x) − 1 where |θ x| is at
   * most `small` for the last of them. Row-major (θ, block), valid until the next call.
   */
  paretoProducts(thetas: Float64Array, ascending: Float64Array, small: number): Float64Array {
    const { length } = thetas;
    const products = length * Math.ceil(ascending.length / PARETO_BLOCK);
    const behind = this.held();
    const ofValues = behind + length + (length % 2);
    const ofProducts = ofValues + ascending.length + ROOM;
    this.reserve(ofProducts + products + (products % 2));
    const address = (place: number) => this.results + place * DOUBLE;
    this.at(address(behind), length).set(thetas);
    const values = this.at(address(ofValues), ascending.length + 8);
    values.set(ascending);
    values.fill(0, ascending.length);
    const to = address(ofProducts);
    this.kernel.paretoProducts(
      address(behind),
      length,
      address(ofValues),
      ascending.length,
      small,
      to,
    );
    return this.at(to, products);
  }
}

export type { ColumnKernel };

let found: ColumnKernel | null | undefined;

/** Null where WebAssembly is not available. */
export function columnKernel(): ColumnKernel | null {
  if (found === undefined) {
    const kernel = instantiated<ColumnsExports>(columnsModule);
    found = kernel && new ColumnKernel(kernel);
  }
  return found;
}
