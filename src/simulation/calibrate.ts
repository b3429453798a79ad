/** Solvers for the noise at which a simulated study shows a given figure. */

/**
 * Finds by bisection the argument in [low, high] at which a monotone function is nearest to
 * `target`. Functions of choices are step functions, so the result is off by at most one step's
 * width.
 */
export function solveMonotone(
  f: (x: number) => number,
  target: number,
  low: number,
  high: number,
  halvings = 30,
): number {
  const rising = f(high) > f(low);
  let a = low;
  let b = high;
  let best = { x: low, error: Number.POSITIVE_INFINITY };
  for (let i = 0; i < halvings; i++) {
    const x = (a + b) / 2;
    const value = f(x);
    const error = Math.abs(value - target);
    if (error < best.error) best = { x, error };
    if (value < target === rising) a = x;
    else b = x;
  }
  return best.x;
}

/**
 * Solves for two arguments: for each outer argument, the inner one is solved first. `f` returns
 * both figures; the first must be monotone in `inner`, the second in `outer` with the first held
 * fixed.
 */
export function solvePair(
  f: (inner: number, outer: number) => readonly [number, number],
  targets: readonly [number, number],
  ranges: { readonly inner: readonly [number, number]; readonly outer: readonly [number, number] },
  halvings = 20,
): { inner: number; outer: number } {
  const innerFor = (outer: number) =>
    solveMonotone((inner) => f(inner, outer)[0], targets[0], ...ranges.inner, halvings);
  const outer = solveMonotone(
    (candidate) => f(innerFor(candidate), candidate)[1],
    targets[1],
    ...ranges.outer,
    halvings,
  );
  return { inner: innerFor(outer), outer };
}
