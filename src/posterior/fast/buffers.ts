/**
 * Reused buffers: a summary needs a dozen vectors as long as the draws, and allocating them costs as
 * much as filling them. A buffer is valid until the next call with the same slot, is never
 * returned from this folder, and starts with arbitrary content. Those that the compiled loops work on lie in
 * the kernel's memory, unless they are too long for it.
 */
import { kernelIndices, kernelNumbers } from '../../../models/kernels/draws-kernel.js';

function slots<Slot extends string, Buffer extends { readonly length: number }>(
  allocate: (slot: Slot, length: number) => Buffer,
): (slot: Slot, length: number) => Buffer {
  const buffers = new Map<Slot, Buffer>();
  return (slot, length) => {
    const found = buffers.get(slot);
    if (found?.length === length) return found;
    const fresh = allocate(slot, length);
    buffers.set(slot, fresh);
    return fresh;
  };
}

type NumberSlot =
  | 'draws of a parameter'
  | 'ascending draws'
  | 'ascending distances'
  | 'scores'
  | 'scores of ranks'
  | 'scores of half ranks'
  | 'deviations'
  | 'chains to centre'
  | 'draws in a tail'
  | 'likelihoods'
  | 'log ratios'
  | 'weights'
  | 'largest'
  | 'shifted'
  | 'slopes at draws'
  | 'columns';

const numbersInKernel: Partial<Record<NumberSlot, number>> = {
  'draws of a parameter': 0,
  'ascending draws': 1,
  scores: 2,
  'scores of ranks': 3,
  deviations: 4,
  'slopes at draws': 5,
  'chains to centre': 6,
  'scores of half ranks': 7,
};

export const numberBuffer = slots<NumberSlot, Float64Array>((slot, length) => {
  const place = numbersInKernel[slot];
  const inKernel = place === undefined ? null : kernelNumbers(place, length);
  return inKernel ?? new Float64Array(length);
});

type IndexSlot =
  | 'places'
  | 'by last digit'
  | 'order of draws'
  | 'order of distances'
  | 'places of the largest'
  | 'chains of members';

const indicesInKernel: Partial<Record<IndexSlot, number>> = {
  places: 0,
  'by last digit': 1,
  'order of draws': 2,
};

export const indexBuffer = slots<IndexSlot, Uint32Array>((slot, length) => {
  const place = indicesInKernel[slot];
  const inKernel = place === undefined ? null : kernelIndices(place, length);
  return inKernel ?? new Uint32Array(length);
});
