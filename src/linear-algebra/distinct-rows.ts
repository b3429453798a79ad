/** Finds rows of numbers that are equal in all columns, with a hash table over the bits. */

/** A block of columns, row-major. */
export interface RowBlock {
  readonly values: ArrayLike<number>;
  readonly width: number;
}

export interface DistinctRows {
  /** Index of each row's distinct row. Distinct rows are numbered in order of first appearance. */
  readonly of: Int32Array;
  /** First row with each index. */
  readonly first: Int32Array;
}

const number = new Float64Array(1);
const bits = new Int32Array(number.buffer);

/** Finds the distinct rows among the first `rows` rows of the blocks; 0 and −0 are equal. */
export function distinctRows(rows: number, blocks: readonly RowBlock[]): DistinctRows {
  const of = new Int32Array(rows);
  const first = new Int32Array(rows);
  let count = 0;
  let size = 16;
  while (size < 2 * rows) size *= 2;
  /** Index plus one; 0 means free. */
  const table = new Int32Array(size);
  for (let row = 0; row < rows; row++) {
    let slot = hashOf(blocks, row) & (size - 1);
    while (table[slot] !== 0 && !areEqual(blocks, row, first[table[slot] - 1])) {
      slot = (slot + 1) & (size - 1);
    }
    if (table[slot] === 0) {
      first[count] = row;
      table[slot] = ++count;
    }
    of[row] = table[slot] - 1;
  }
  return { of, first: first.slice(0, count) };
}

function hashOf(blocks: readonly RowBlock[], row: number): number {
  let hash = 0;
  for (const { values, width } of blocks) {
    for (let at = row * width; at < (row + 1) * width; at++) {
      // Adding zero turns −0 into 0.
      number[0] = values[at] + 0;
      hash = Math.imul(hash ^ bits[0], 0x9e3779b1);
      hash = Math.imul(hash ^ (hash >>> 15) ^ bits[1], 0x85ebca77);
    }
  }
  return hash ^ (hash >>> 13);
}

function areEqual(blocks: readonly RowBlock[], a: number, b: number): boolean {
  for (const { values, width } of blocks) {
    for (let j = 0; j < width; j++) {
      if (values[a * width + j] !== values[b * width + j]) return false;
    }
  }
  return true;
}
