/**
 * Large tables as counts. Where models explain several targets on thousands of rows, a regression row by row takes
 * minutes, most of them for the effects of single items within explainers. Right answers are counted instead: by
 * target, cluster of items, explainer and model, over items and seeds.
 *
 * What that keeps: clusters, which are what counts as independent; pairs by cluster; the luck of models and
 * pairs. Two trainings of one pair become one, whose luck is their mean, so that intervals hold for other
 * trainings as before. What it loses: items of one cluster are taken to be equally hard, which makes the
 * binomial variance a little too large, and logits are those of the share right in a cluster.
 */
import { type ItemRow, unitOf } from './read-items.js';
import { groupBy } from './table.js';

/** A row with the name of what is compared: an explainer, or an explainer at a size. */
export interface ArmRow extends ItemRow {
  readonly arm: string;
}

/** Tables with more rows are counted. */
const MOST_ROWS = 5000;

interface ItemCounts {
  /** `cluster` is one of a target, `score` the share right of `answers`; `seed` stands for all seeds. */
  readonly rows: readonly ArmRow[];
  /** The clusters of targets, with their items and, by explainer, the row of each. */
  readonly units: readonly CountedUnit[];
  readonly note: string;
}

/** Items that are averaged over as one. */
export interface CountedUnit {
  readonly cluster: string;
  readonly items: number;
  /** The row that an explainer has here, or would have. */
  readonly rowOf: (arm: string) => ArmRow;
}

/** Graded scores become means. @returns null if the rows are few, or if no model explains several targets */
export function countsOf(rows: readonly ArmRow[]): ItemCounts | null {
  if (rows.length <= MOST_ROWS || !isCrossed(rows)) return null;
  const kinds = new Map(rows.map((row) => [row.arm, kindOf(row)]));
  const clusterFor = ({ target, cluster }: ItemRow, arm: string) =>
    JSON.stringify([target, cluster, kinds.get(arm) ?? '']);
  const keyOf = ({ target, cluster, arm, model, n, seed }: ArmRow) =>
    JSON.stringify([target, cluster, arm, model, n, seed === null]);
  const counted = [...groupBy(rows, keyOf).values()].flatMap((group): ArmRow[] => {
    const [first] = group;
    if (!first) return [];
    const right = group.reduce((sum, { score }) => sum + score, 0);
    const seed = first.seed === null ? null : 'all';
    const cluster = clusterFor(first, first.arm);
    return [{ ...first, cluster, seed, answers: group.length, score: right / group.length }];
  });
  const units = [...groupBy(rows, ({ target, cluster }) => JSON.stringify([target, cluster]))];
  return {
    rows: counted,
    units: units.flatMap(([, group]): CountedUnit[] => {
      const [first] = group;
      if (!first) return [];
      const items = new Set(group.map(unitOf)).size;
      const rowOf = (arm: string) => ({ ...first, arm, cluster: clusterFor(first, arm) });
      return [{ cluster: first.cluster, items, rowOf }];
    }),
    note: `The ${rows.length} rows are counts of right answers, or means of graded scores, by target, cluster of items, explainer and model, over items and seeds; logits are those of the share right in a cluster.`,
  };
}

/** Whether a model explains more than one target. */
export function isCrossed(rows: readonly ItemRow[]): boolean {
  const targets = new Map<string, string>();
  return rows.some(({ model, target }) => {
    if (model === null) return false;
    const known = targets.get(model) ?? target;
    targets.set(model, known);
    return known !== target;
  });
}

/**
 * Explainers of one kind are right on the same items. Those that have no model, have not learned, or are without the
 * vector are right on others: clusters have effects of their own for them, as if they were not paired, which can
 * only make the interval of a difference too wide.
 */
function kindOf({ arm, model, n, vector }: ArmRow): string {
  if (model === null || n === null || n === 0) return arm;
  return vector === 'none' ? 'without the vector' : '';
}
