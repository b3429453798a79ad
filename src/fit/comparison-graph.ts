/**
 * Which levels are compared with which: the graph of a multi-membership term whose weights sum to 0 in every row,
 * such as 1 for the winner and −1 for the loser. Its likelihood knows differences of effects only, and only those
 * between levels that are connected by rows.
 */
import { type GroupEffects, membersOf } from '../../models/regression-data.js';

/** Weights that sum to 0 up to the rounding of fractions. */
const ROUNDING = 1e-12;

/** True if every row of the term is a difference between levels. */
export function isComparison(term: GroupEffects): boolean {
  if (!term.further) return false;
  const members = membersOf(term);
  const size = term.coefficients.length;
  return term.levelOf.every((_, row) => {
    let sum = 0;
    let most = 0;
    for (const { values } of members) {
      sum += values[row * size];
      most = Math.max(most, Math.abs(values[row * size]));
    }
    return Math.abs(sum) <= ROUNDING * most;
  });
}

/** Whether a row says that its member of positive weight is not far above the other, or not far below. */
interface Held {
  readonly fromAbove: boolean;
  readonly fromBelow: boolean;
}

/**
 * The levels of a term in parts that no row connects, in the order of their first levels.
 *
 * @param heldBy what a row says; then two levels are connected if rows hold their difference from above and from
 *   below, directly or through others (Ford 1957, American Mathematical Monthly 64). @default both in each row
 */
export function partsOf(
  term: GroupEffects,
  heldBy: (row: number) => Held = () => ({ fromAbove: true, fromBelow: true }),
): readonly (readonly string[])[] {
  const size = term.coefficients.length;
  const above = term.levels.map(() => new Set<number>());
  const below = term.levels.map(() => new Set<number>());
  const members = membersOf(term);
  for (let row = 0; row < term.levelOf.length; row++) {
    const { fromAbove, fromBelow } = heldBy(row);
    const sides = [1, -1].map((sign) =>
      members
        .filter(({ values }) => sign * values[row * size] > 0)
        .map(({ levelOf }) => levelOf[row]),
    );
    for (const one of sides[0]) {
      for (const other of sides[1]) {
        if (fromAbove) addEdge(above, below, one, other);
        if (fromBelow) addEdge(above, below, other, one);
      }
    }
  }
  return stronglyConnected(above, below).map((part) => part.map((level) => term.levels[level]));
}

type Edges = readonly ReadonlySet<number>[];

function addEdge(
  above: readonly Set<number>[],
  below: readonly Set<number>[],
  from: number,
  to: number,
): void {
  above[from].add(to);
  below[to].add(from);
}

/** Sets of vertices that reach each other (Kosaraju & Sharir 1981), each in ascending order. */
function stronglyConnected(forward: Edges, backward: Edges): number[][] {
  const seen = new Set<number>();
  const finished = forward.flatMap((_, vertex) => reached(vertex, forward, seen));
  seen.clear();
  return finished
    .reverse()
    .map((vertex) => reached(vertex, backward, seen).sort((a, b) => a - b))
    .filter((part) => part.length > 0)
    .sort(([a], [b]) => a - b);
}

/** Vertices that are reached from one and were not seen, in the order in which a depth-first search leaves them. */
function reached(start: number, edges: Edges, seen: Set<number>): number[] {
  const left: number[] = [];
  if (seen.has(start)) return left;
  seen.add(start);
  const path = [{ vertex: start, next: edges[start].values() }];
  while (path.length > 0) {
    const { vertex, next } = path[path.length - 1];
    const { value, done } = next.next();
    if (done) {
      left.push(vertex);
      path.pop();
    } else if (!seen.has(value)) {
      seen.add(value);
      path.push({ vertex: value, next: edges[value].values() });
    }
  }
  return left;
}
