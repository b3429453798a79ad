/**
 * Buffers that are used again: a summary needs a dozen vectors as long as the draws for a moment
 * each, and to allocate and collect them costs as much as to fill them. A buffer is its caller's
 * until the next call for the same one; what is returned to others is never one of these.
 */
type Slot = 'deviations' | 'indicators';

const buffers = new Map<Slot, Float64Array>();

/** The buffer of that name, of this length, with anything in it. */
export function scratch(slot: Slot, length: number): Float64Array {
  const found = buffers.get(slot);
  if (found?.length === length) return found;
  const fresh = new Float64Array(length);
  buffers.set(slot, fresh);
  return fresh;
}
