/**
 * Autocovariances of a chain, in AssemblyScript: what draws.as and columns.as share. Addresses are in bytes.
 */
const ZERO = f64x2.splat(0.0);

@inline
function sum2(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}

/** Lags whose products are computed together, and zeros behind a chain. */
export const LAGS = 4;

/**
 * Writes the deviations of a chain from its mean, with zeros behind them, and returns the mean.
 */
export function centre(from: usize, length: i32, to: usize): f64 {
  const end = from + (<usize>length << 3);
  const twos = from + (<usize>(length & ~1) << 3);
  let a = ZERO;
  let at = from;
  for (; at < twos; at += 16) a = f64x2.add(a, v128.load(at));
  let sum = sum2(a);
  for (; at < end; at += 8) sum += load<f64>(at);
  const mean = sum / <f64>length;
  const means = f64x2.splat(mean);
  let target = to;
  for (at = from; at < twos; at += 16) {
    v128.store(target, f64x2.sub(v128.load(at), means));
    target += 16;
  }
  for (; at < end; at += 8) {
    store<f64>(target, load<f64>(at) - mean);
    target += 8;
  }
  for (let i = 0; i < LAGS; i++) store<f64>(target + (i << 3), 0.0);
  return mean;
}

/** Adds the products of deviations that are `lag` to `lag` + 3 apart. */
export function addLagProducts(deviations: usize, length: i32, lag: i32, to: usize): void {
  // A last product may reach one deviation beyond those of the chain, which is zero.
  const end = deviations + (<usize>max(0, length - lag) << 3);
  const apart = <usize>lag << 3;
  let s0 = ZERO;
  let s1 = ZERO;
  let s2 = ZERO;
  let s3 = ZERO;
  for (let at = deviations; at < end; at += 16) {
    const x = v128.load(at);
    const other = at + apart;
    s0 = f64x2.add(s0, f64x2.mul(x, v128.load(other)));
    s1 = f64x2.add(s1, f64x2.mul(x, v128.load(other, 8)));
    s2 = f64x2.add(s2, f64x2.mul(x, v128.load(other, 16)));
    s3 = f64x2.add(s3, f64x2.mul(x, v128.load(other, 24)));
  }
  store<f64>(to, load<f64>(to) + sum2(s0));
  store<f64>(to, load<f64>(to, 8) + sum2(s1), 8);
  store<f64>(to, load<f64>(to, 16) + sum2(s2), 16);
  store<f64>(to, load<f64>(to, 24) + sum2(s3), 24);
}
