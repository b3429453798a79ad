/**
 * Buffers that are used again: a summary needs a dozen vectors as long as the draws for a moment
 * each, and to allocate and collect them costs as much as to fill them. A buffer is its caller's
 * until the next call for the same one; what is returned to others is never one of these. It comes
 * with anything in it, so that whoever asks for it writes before reading.
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
  | 'columns';
export const scratchNumbers = slots<NumberSlot, Float64Array>((n) => new Float64Array(n));

type IndexSlot =
  | 'places'
  | 'by last digit'
  | 'order of draws'
  | 'order of distances'
  | 'chains of members';
export const scratchIndices = slots<IndexSlot, Uint32Array>((n) => new Uint32Array(n));
