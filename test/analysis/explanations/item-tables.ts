/** Per-item tables of explainers, simulated from known effects on the logit scale. */
import type { GivenTable } from '../../../src/analysis/explanations/read-items.js';
import { randomStream } from '../../../src/random/stream.js';
import { logistic } from './simulated-table.js';

export type Cells = Readonly<Record<string, string | number | boolean | null>>;

export function tableOf(rows: readonly Cells[], file = 'd.csv'): GivenTable {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = names.map((name) => [name, rows.map((row) => row[name] ?? null)]);
  return { file, columns: Object.fromEntries(columns) };
}

interface SimulatedArm {
  readonly cells: Cells;
  readonly ability: number;
}

interface SimulatedItems {
  readonly clusters: number;
  readonly itemsOfCluster: number;
  /** Standard deviations, in logits. */
  readonly sdCluster: number;
  readonly sdItem: number;
}

/** An answer of each arm to each item, right with probability logistic(ability + cluster + item). */
export function simulatedItems(
  seed: number,
  arms: readonly SimulatedArm[],
  { clusters, itemsOfCluster, sdCluster, sdItem }: SimulatedItems,
): Cells[] {
  const { normal, uniform } = randomStream(seed, 'item tables');
  return Array.from({ length: clusters }, (_, c) => {
    const ofCluster = sdCluster * normal();
    return Array.from({ length: itemsOfCluster }, (_, i) => {
      const ease = ofCluster + sdItem * normal();
      return arms.map(({ cells, ability }) => ({
        ...{ item: `${c}.${i}`, cluster: `prompt ${c}`, target: 'model', task: 'patching' },
        score: uniform() < logistic(ability + ease) ? 1 : 0,
        ...cells,
      }));
    });
  }).flat(2);
}

/** The mean of logistic(ability + sd·z) over a standard normal z, by the midpoint rule. */
export function populationAccuracy(ability: number, sd: number): number {
  const step = 0.01;
  let sum = 0;
  for (let z = -8; z < 8; z += step) {
    const at = z + step / 2;
    sum += (logistic(ability + sd * at) * Math.exp((-at * at) / 2) * step) / Math.sqrt(2 * Math.PI);
  }
  return sum;
}
