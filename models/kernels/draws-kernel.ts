/**
 * The compiled loops over a parameter's draws (draws.as), and the vectors in their memory. The vectors are
 * the buffers of src/posterior/fast/buffers.ts: a summary fills them, and nothing is copied. The memory has one
 * size, because growing it would detach every vector.
 */
import { drawsModule } from './draws-module.js';
import { DOUBLE, instantiated, type KernelMemory, reserve } from './web-assembly.js';

interface DrawsExports extends KernelMemory {
  sortDraws(
    values: number,
    n: number,
    mean: number,
    sd: number,
    places: number,
    byLastDigit: number,
    order: number,
    ascending: number,
  ): number;
  scatterScores(
    ascending: number,
    order: number,
    n: number,
    whole: number,
    half: number,
    scores: number,
  ): void;
  centreChains(
    values: number,
    chains: number,
    length: number,
    deviations: number,
    means: number,
    products: number,
  ): void;
  lagProducts(
    deviations: number,
    chains: number,
    length: number,
    lag: number,
    products: number,
  ): void;
  foldedSums(
    ascending: number,
    order: number,
    n: number,
    centre: number,
    above: number,
    whole: number,
    half: number,
    chains: number,
    run: number,
    sums: number,
  ): void;
  addSlopes(values: number, count: number, factor: number, shift: number, slopes: number): void;
  addEnds(
    low: number,
    high: number,
    points: number,
    paths: number,
    lowStart: number,
    lowStep: number,
    highStart: number,
    highStep: number,
    normals: number,
    sums: number,
  ): void;
}

/** Null if the platform does not support it. */
export const drawsKernel = instantiated<DrawsExports>(drawsModule);

/** Numbers in a vector of the kernel, at most: 32,768 draws, and zeros between up to 2,000 chains of them. */
const MOST = 40_000;
/** Vectors of doubles; those of integers share the last ones, two to each. */
const VECTORS = 11;
const first = drawsKernel ? 16 * Math.ceil(drawsKernel.free.value / 16) : 0;
if (drawsKernel) reserve(drawsKernel, first / DOUBLE + VECTORS * MOST);
const memory = drawsKernel?.memory.buffer ?? null;

/**
 * A vector of the kernel's memory.
 *
 * @param place which: 0 to 7
 * @returns null if it is too long, or without the kernel
 */
export function kernelNumbers(place: number, length: number): Float64Array | null {
  if (!memory || length > MOST) return null;
  return new Float64Array(memory, first + place * MOST * DOUBLE, length);
}

/** The same for integers. @param place which: 0 to 3 */
export function kernelIndices(place: number, length: number): Uint32Array | null {
  if (!memory || length > MOST - 1) return null;
  return new Uint32Array(memory, first + (8 * MOST + (place * MOST) / 2) * DOUBLE, length);
}

const SMALL = 8192;

/**
 * A short vector of the kernel's memory.
 *
 * @param start number of its first element among those of all short vectors
 * @returns null without the kernel
 */
export function smallNumbers(start: number, length: number): Float64Array | null {
  if (!memory || start + length > SMALL) return null;
  return new Float64Array(memory, first + (10 * MOST + start) * DOUBLE, length);
}

/** Whether the kernel can work on all of these. */
export function areInKernel(...vectors: readonly (Float64Array | Uint32Array)[]): boolean {
  return memory !== null && vectors.every(({ buffer }) => buffer === memory);
}
