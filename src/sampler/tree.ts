/**
 * The doubling tree of the No-U-Turn sampler, without the physics: a trajectory grows by
 * subtrees of 1, 2, 4, ... steps in random directions until it turns back on itself (Hoffman &
 * Gelman 2014; multinomial weights and biased progressive sampling: Betancourt 2017, appendix A).
 * The trajectory defines states, spans and turns, so tests can grow trees on integers.
 */

/** A run of consecutive states; one of them is its proposal. */
export interface Span {
  /** log of the summed weights of the states in the span. */
  logWeight: number;
}

/** A trajectory that can be made longer at either end. */
export interface GrowingTrajectory<S extends Span> {
  newSpan(): S;
  /** One step beyond the growing end, written into `leaf`; false if the step diverged. */
  step(leaf: S): boolean;
  /**
   * Makes `joined` the span of `first` followed by `second`, in the direction of growth, with
   * the proposal of `second` if `takeSecond`, else that of `first`. May reuse the buffers of
   * `first` and `second`, which are not read again. Returns false if the joined span turns back on
   * itself. The tree sets `joined.logWeight`.
   */
  join(first: S, second: S, joined: S, takeSecond: boolean): boolean;
  /** Changes direction: `whole` then grows at its other end. */
  reverse(whole: S): void;
}

export interface Growth<S extends Span> {
  /** The final span, with its proposal. */
  readonly span: S;
  /** Completed doublings. */
  readonly depth: number;
  /** Why it ended; `max-depth` only if the last doubling made no U-turn. */
  readonly end: 'u-turn' | 'max-depth' | 'divergence';
}

/** log(exp(a) + exp(b)) without overflow. */
export function logAddExp(a: number, b: number): number {
  if (a === Number.NEGATIVE_INFINITY) return b;
  if (b === Number.NEGATIVE_INFINITY) return a;
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
}

/** The part of a random stream that the tree uses. */
export interface TreeRandom {
  coin(): boolean;
  uniform(): number;
}

/**
 * Returns a function that grows `whole`, the span of the initial state alone. Spans come from a pool
 * that is reused by the next call: pass the returned span as `whole` to the next call, and drop the
 * one that was passed before.
 */
export function treeGrower<S extends Span>(trajectory: GrowingTrajectory<S>, maxDepth: number) {
  const firsts = Array.from({ length: maxDepth }, () => trajectory.newSpan());
  const seconds = Array.from({ length: maxDepth }, () => trajectory.newSpan());
  const subtree = trajectory.newSpan();
  let joined = trajectory.newSpan();
  let diverged = false;

  /** Grows 2^depth states into `into`; false if a step diverged or a subtree turned. */
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

  return function grow(whole: S, random: TreeRandom): Growth<S> {
    diverged = false;
    let depth = 0;
    let straight = true;
    while (straight && depth < maxDepth) {
      if (random.coin()) trajectory.reverse(whole);
      if (!growSubtree(depth, subtree, random)) {
        return { span: whole, depth, end: diverged ? 'divergence' : 'u-turn' };
      }
      depth++;
      // Between doublings the new half is favoured (biased progressive sampling).
      const takeSubtree = random.uniform() < Math.exp(subtree.logWeight - whole.logWeight);
      const logWeight = logAddExp(whole.logWeight, subtree.logWeight);
      straight = trajectory.join(whole, subtree, joined, takeSubtree);
      joined.logWeight = logWeight;
      [whole, joined] = [joined, whole];
    }
    return { span: whole, depth, end: straight ? 'max-depth' : 'u-turn' };
  };
}
