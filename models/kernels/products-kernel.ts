/** Linear combinations of columns by the compiled kernel (products.as). */
import { productsModule } from './products-module.js';
import { DOUBLE, instantiated, type KernelMemory, reserve } from './web-assembly.js';

interface ProductsExports extends KernelMemory {
  combine(terms: number, number: number, shift: number, count: number, to: number): void;
}

const TERM = 16;

/** The memory of the kernel: terms · result · columns, each with room for a multiple of eight numbers. */
export class ProductKernel {
  private readonly free: number;
  private view: Float64Array;
  private addresses: Int32Array;
  private length = 0;
  private size = 0;
  private result = 0;
  private terms = 0;
  private held = new Uint8Array(0);

  constructor(private readonly kernel: ProductsExports) {
    this.free = kernel.free.value;
    this.view = new Float64Array(kernel.memory.buffer);
    this.addresses = new Int32Array(kernel.memory.buffer);
  }

  /**
   * Begins a block of sums, which nothing must interrupt: it forgets the columns of others.
   *
   * @param slots most terms of one sum
   */
  begin(length: number, slots: number): void {
    this.length = length;
    this.size = DOUBLE * (length + ((8 - (length % 8)) % 8));
    this.result = this.free + slots * TERM;
    this.terms = 0;
    reserve(this.kernel, (this.result + (slots + 1) * this.size) / DOUBLE);
    const { buffer } = this.kernel.memory;
    if (this.view.buffer !== buffer) {
      this.view = new Float64Array(buffer);
      this.addresses = new Int32Array(buffer);
    }
    if (this.held.length < slots) this.held = new Uint8Array(slots);
    else this.held.fill(0);
  }

  /**
   * Adds x times a column to the next sum.
   *
   * @param slot another one for each term of a sum
   * @param lasting whether the slot has the same column in all sums of the block
   */
  add(x: number, column: Float64Array, slot: number, lasting: boolean): void {
    const address = this.result + (slot + 1) * this.size;
    if (!(lasting && this.held[slot] === 1)) {
      this.view.set(column, address / DOUBLE);
      this.held[slot] = 1;
    }
    const term = this.free + TERM * this.terms++;
    this.view[term / DOUBLE] = x;
    this.addresses[term / 4 + 2] = address;
  }

  /** Writes shift plus all that was added, in the order in which it was, and begins the next sum. */
  sum(shift: number, target: Float64Array): void {
    const { kernel, free, terms, length, result } = this;
    kernel.combine(free, terms, shift, this.size / DOUBLE, result);
    this.terms = 0;
    target.set(this.view.subarray(result / DOUBLE, result / DOUBLE + length));
  }
}

let found: ProductKernel | null | undefined;

/** Null where WebAssembly is not available. */
export function productKernel(): ProductKernel | null {
  if (found === undefined) {
    const kernel = instantiated<ProductsExports>(productsModule);
    found = kernel && new ProductKernel(kernel);
  }
  return found;
}
