/**
 * Linear combinations of columns, in AssemblyScript: the linear predictor of a row at all draws. The
 * JavaScript equivalent, which gives the same bits, is in src/regression/after/linear-predictor.ts.
 */

/** First free address. */
export const free: usize = (__heap_base + 15) & ~15;

/**
 * Writes shift + Σ x_k column_k, added up in this order. A term is x_k and the address of its column, in 16
 * bytes. Columns and the result have `count` numbers, a multiple of eight.
 */
export function combine(terms: usize, number: i32, shift: f64, count: i32, to: usize): void {
  const last = terms + (<usize>number << 4);
  const size = <usize>count << 3;
  for (let at: usize = 0; at < size; at += 64) {
    let a = f64x2.splat(shift);
    let b = a;
    let c = a;
    let d = a;
    for (let term = terms; term < last; term += 16) {
      const x = v128.load64_splat(term);
      const from = <usize>load<i32>(term, 8) + at;
      a = f64x2.add(a, f64x2.mul(x, v128.load(from)));
      b = f64x2.add(b, f64x2.mul(x, v128.load(from, 16)));
      c = f64x2.add(c, f64x2.mul(x, v128.load(from, 32)));
      d = f64x2.add(d, f64x2.mul(x, v128.load(from, 48)));
    }
    v128.store(to + at, a);
    v128.store(to + at, b, 16);
    v128.store(to + at, c, 32);
    v128.store(to + at, d, 48);
  }
}
