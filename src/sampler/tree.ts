/**
 * The doubling tree of the No-U-Turn sampler, apart from any physics: a trajectory grows by
 * subtrees of 1, 2, 4, ... steps in random directions until it turns back on itself (Hoffman &
 * Gelman 2014; multinomial weights and biased progressive sampling: Betancourt 2017, appendix A).
 * What a state, a span of states and a turn are is the trajectory's business, so that the tree
 * can be tested on whole numbers.
 */

/** A run of consecutive states, with one of them chosen to stand for it: its proposal. */
export interface Span {
  /** log of the summed weights of the states in the span. */
  logWeight: number;
}

export interface Trajectory<S extends Span> {
  newSpan(): S;
  /** One step beyond the growing end, written into `leaf`; false where the step diverged. */
  step(leaf: S): boolean;
  /**
   * Makes `joined` the span of `first` followed by `second`, in the direction of growth, with
   * the proposal of `second` if `takeSecond`, else that of `first`. Both may be gutted. Returns
   * false where the joined span turns back on itself. `joined.logWeight` is set by the tree.
   */
  join(first: S, second: S, joined: S, takeSecond: boolean): boolean;
  /** Turns round, so that `whole` grows at its other end. */
  reverse(whole: S): void;
}

export interface Growth {
  /** Completed doublings. */
  depth: number;
  diverged: boolean;
}

/** log(exp(a) + exp(b)) without overflow. */
export function logAddExp(a: number, b: number): number {
  if (a === Number.NEGATIVE_INFINITY) return b;
  if (b === Number.NEGATIVE_INFINITY) return a;
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
}

/** Where the tree's randomness comes from: fixed values in a test, a stream otherwise. */
export interface TreeRandom {
  coin(): boolean;
  uniform(): number;
}

/**
 * A grower that reuses its spans from one trajectory to the next. `grow` starts from `whole`, the
 * span of the initial state alone, and leaves the final span, with its proposal, in the span that
 * it returns (`whole` may then be any span of the pool: always go on with the returned one).
 */
export function treeGrower<S extends Span>(trajectory: Trajectory<S>, maxDepth: number) {
  const firsts = Array.from({ length: maxDepth }, () => trajectory.newSpan());
  const seconds = Array.from({ length: maxDepth }, () => trajectory.newSpan());
  const subtree = trajectory.newSpan();
  let joined = trajectory.newSpan();
  let diverged = false;

  /** Grows 2^depth states into `into`; false where a step diverged or a subtree turned. */
  function growSubtree(depth: number, into: S, random: TreeRandom): boolean {
    if (depth === 0) {
      const valid = trajectory.step(into);
      if (!valid) diverged = true;
      return valid;
    }
    const first = firsts[depth - 1];
    const second = seconds[depth - 1];
    if (!growSubtree(depth - 1, first, random)) return false;
    if (!growSubtree(depth - 1, second, random)) return false;
    // Within a subtree the proposal is drawn in proportion to the weights.
    const logWeight = logAddExp(first.logWeight, second.logWeight);
    const takeSecond = random.uniform() < Math.exp(second.logWeight - logWeight);
    const straight = trajectory.join(first, second, into, takeSecond);
    into.logWeight = logWeight;
    return straight;
  }

  return function grow(whole: S, random: TreeRandom): { span: S } & Growth {
    let depth = 0;
    diverged = false;
    while (depth < maxDepth) {
      if (random.coin()) trajectory.reverse(whole);
      if (!growSubtree(depth, subtree, random)) break;
      depth++;
      // Between doublings the new half is favoured (biased progressive sampling).
      const takeSubtree = random.uniform() < Math.exp(subtree.logWeight - whole.logWeight);
      const logWeight = logAddExp(whole.logWeight, subtree.logWeight);
      const straight = trajectory.join(whole, subtree, joined, takeSubtree);
      joined.logWeight = logWeight;
      const spare = whole;
      whole = joined;
      joined = spare;
      if (!straight) break;
    }
    return { span: whole, depth, diverged };
  };
}
