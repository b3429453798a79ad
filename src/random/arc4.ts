/**
 * The generator of seedrandom 3.0, ARC4 without its first 256 bytes, to the bit and about twice as fast:
 * numbers are made many at a time, with the state in local variables.
 */

const SIZE = 256;
const MASK = SIZE - 1;

/** Numbers made at once, at first and at most: a stream may be used for a single number. */
const FIRST_NUMBERS = 4;
const MOST_NUMBERS = 128;

/** A source of uniforms on [0, 1) with 53 bits, for a key of bytes. */
export function arc4(key: Uint8Array): () => number {
  const state = scheduled(mixed(key));
  const place: Place = { i: 0, j: 0 };
  discard(state, place, SIZE);
  let numbers = new Float64Array(FIRST_NUMBERS);
  let next = numbers.length;
  let begun = false;
  return () => {
    if (next === numbers.length) {
      if (begun && numbers.length < MOST_NUMBERS) numbers = new Float64Array(2 * numbers.length);
      fill(state, place, numbers);
      begun = true;
      next = 0;
    }
    return numbers[next++];
  };
}

interface Place {
  i: number;
  j: number;
}

/** seedrandom's `mixkey`: bytes beyond the 256th are mixed into the first ones. */
function mixed(key: Uint8Array): Uint8Array {
  if (key.length === 0) return new Uint8Array(1);
  const mix = new Uint8Array(Math.min(SIZE, key.length));
  let smear = 0;
  for (let at = 0; at < key.length; at++) {
    smear ^= mix[at & MASK] * 19;
    mix[at & MASK] = smear + key[at];
  }
  return mix;
}

/** The permutation that a key schedules. */
function scheduled(key: Uint8Array): Uint8Array {
  const state = new Uint8Array(SIZE);
  for (let i = 0; i < SIZE; i++) state[i] = i;
  let j = 0;
  for (let i = 0, k = 0; i < SIZE; i++) {
    const swapped = state[i];
    j = (j + key[k] + swapped) & MASK;
    state[i] = state[j];
    state[j] = swapped;
    if (++k === key.length) k = 0;
  }
  return state;
}

function discard(state: Uint8Array, place: Place, count: number): void {
  for (let n = 0; n < count; n++) nextByte(state, place);
}

function nextByte(state: Uint8Array, place: Place): number {
  place.i = (place.i + 1) & MASK;
  const a = state[place.i];
  place.j = (place.j + a) & MASK;
  const b = state[place.j];
  state[place.i] = b;
  state[place.j] = a;
  return state[(a + b) & MASK];
}

const TWO_24 = 2 ** 24;
/** By leading zeros z of 48 bits: 2^(5 + z) and 2^−(53 + z). */
const SCALES = [0, 1, 2, 3].map((zeros) => 2 ** (5 + zeros));
const UNITS = [0, 1, 2, 3].map((zeros) => 2 ** -(53 + zeros));

/**
 * Numbers of 53 bits from the first one that is set. Seven bytes have them if one of the first four
 * bits is set. The seven bytes are seven times `nextByte`, written out: a loop takes half as long again.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: seven copies of six lines
function fill(state: Uint8Array, place: Place, numbers: Float64Array): void {
  let { i, j } = place;
  let a = 0;
  let b = 0;
  let high = 0;
  let low = 0;
  for (let n = 0; n < numbers.length; n++) {
    i = (i + 1) & MASK;
    a = state[i];
    j = (j + a) & MASK;
    b = state[j];
    state[i] = b;
    state[j] = a;
    high = state[(a + b) & MASK];
    i = (i + 1) & MASK;
    a = state[i];
    j = (j + a) & MASK;
    b = state[j];
    state[i] = b;
    state[j] = a;
    high = (high << 8) | state[(a + b) & MASK];
    i = (i + 1) & MASK;
    a = state[i];
    j = (j + a) & MASK;
    b = state[j];
    state[i] = b;
    state[j] = a;
    high = (high << 8) | state[(a + b) & MASK];
    i = (i + 1) & MASK;
    a = state[i];
    j = (j + a) & MASK;
    b = state[j];
    state[i] = b;
    state[j] = a;
    low = state[(a + b) & MASK];
    i = (i + 1) & MASK;
    a = state[i];
    j = (j + a) & MASK;
    b = state[j];
    state[i] = b;
    state[j] = a;
    low = (low << 8) | state[(a + b) & MASK];
    i = (i + 1) & MASK;
    a = state[i];
    j = (j + a) & MASK;
    b = state[j];
    state[i] = b;
    state[j] = a;
    low = (low << 8) | state[(a + b) & MASK];
    i = (i + 1) & MASK;
    a = state[i];
    j = (j + a) & MASK;
    b = state[j];
    state[i] = b;
    state[j] = a;
    const last = state[(a + b) & MASK];
    const zeros = Math.clz32(high) - 8;
    const start = high * TWO_24 + low;
    if (zeros < 4) {
      numbers[n] = (start * SCALES[zeros] + (last >>> (3 - zeros))) * UNITS[zeros];
    } else {
      place.i = i;
      place.j = j;
      numbers[n] = smallNumber(start, last, state, place);
      i = place.i;
      j = place.j;
    }
  }
  place.i = i;
  place.j = j;
}

/** A number that begins with four zero bits: more bytes follow, and bits that are too many are cut off. */
function smallNumber(first: number, second: number, state: Uint8Array, place: Place): number {
  let bits = first * 256;
  let unit = 2 ** -56;
  let last = second;
  while (bits < 2 ** 52) {
    bits = (bits + last) * 256;
    unit /= 256;
    last = nextByte(state, place);
  }
  while (bits >= 2 ** 53) {
    bits /= 2;
    unit *= 2;
    last >>>= 1;
  }
  return (bits + last) * unit;
}
