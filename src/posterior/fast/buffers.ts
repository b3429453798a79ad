/**
 * Reused buffers: a summary needs a dozen vectors as long as the draws, and allocating them costs as
 * much as filling them. A buffer is valid until the next call with the same slot and length, is never
 * returned from this folder, and starts with arbitrary content.
 */
function slots<Slot extends string, Buffer extends { readonly length: number }>(
  allocate: (length: number) => Buffer,
): (slot: Slot, length: number) => Buffer {
  const buffers = new Map<Slot, Buffer>();
  return (slot, length) => {
    const found = buffers.get(slot);
    if (found?.length === length) return found;
    const fresh = allocate(length);
    buffers.set(slot, fresh);
    return fresh;
  };
}

type NumberSlot =
  | 'draws of a parameter'
  | 'ascending draws'
  | 'ascending distances'
  | 'scores'
  | 'deviations'
  | 'draws in a tail'
  | 'likelihoods'
  | 'log ratios'
  | 'weights'
  | 'largest'
  | 'shifted'
  | 'thetas'
  | 'weights of thetas'
  | 'slopes at draws'
  | 'columns';
export const numberBuffer = slots<NumberSlot, Float64Array>((n) => new Float64Array(n));

type IndexSlot =
  | 'places'
  | 'by last digit'
  | 'order of draws'
  | 'order of distances'
  | 'places of the largest'
  | 'chains of members';
export const indexBuffer = slots<IndexSlot, Uint32Array>((n) => new Uint32Array(n));
