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

/** The levels of a term in parts that no row connects, in the order of their first levels. */
export function partsOf(term: GroupEffects): readonly (readonly string[])[] {
  const size = term.coefficients.length;
  const parents = term.levels.map((_, level) => level);
  const rootOf = (level: number): number => {
    let root = level;
    while (parents[root] !== root) {
      parents[root] = parents[parents[root]];
      root = parents[root];
    }
    return root;
  };
  const members = membersOf(term);
  for (let row = 0; row < term.levelOf.length; row++) {
    const meeting = members.filter(({ values }) => values[row * size] !== 0);
    for (const { levelOf } of meeting.slice(1)) {
      const [one, other] = [rootOf(meeting[0].levelOf[row]), rootOf(levelOf[row])];
      parents[Math.max(one, other)] = Math.min(one, other);
    }
  }
  const parts = new Map<number, string[]>();
  term.levels.forEach((name, level) => {
    const root = rootOf(level);
    const known = parts.get(root);
    if (known) known.push(name);
    else parts.set(root, [name]);
  });
  return [...parts.values()];
}
