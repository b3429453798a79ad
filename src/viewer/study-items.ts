/** The questions of a study of explanations, each with its rows of the predictions. */
import { taskAndPart } from '../report/explanations/tasks.js';
import type { Predictions } from '../result/read-explanations.js';

export interface StudyItem {
  /** From 1, in the order of the first rows. */
  readonly number: number;
  readonly item: string;
  readonly target: string;
  readonly cluster: string;
  readonly task: string;
  readonly part: string;
  readonly truth: string;
  /** Places of its rows. */
  readonly rows: readonly number[];
  /**
   * Whether explainers disagree: each by its most frequent answer at its largest number of exercises, with the vector
   * as it is. Untrained ones are left out.
   */
  readonly isDisputed: boolean;
}

/** Goes through all rows once. */
export function studyItems(predictions: Predictions): StudyItem[] {
  const places = new Map<string, number[]>();
  predictions.item.forEach((item, row) => {
    const key = `${predictions.task[row]}\n${predictions.target[row]}\n${item}`;
    const rows = places.get(key);
    if (rows) rows.push(row);
    else places.set(key, [row]);
  });
  const at = (column: readonly string[], row: number) => column[row] ?? '';
  return [...places.values()].map((rows, i) => {
    const [first = 0] = rows;
    return {
      number: i + 1,
      item: at(predictions.item, first),
      target: at(predictions.target, first),
      cluster: at(predictions.cluster, first),
      ...taskAndPart(at(predictions.task, first)),
      truth: at(predictions.truth, first),
      rows,
      isDisputed: isDisputed(predictions, rows),
    };
  });
}

function isDisputed(
  { explainer, vector, n, answer }: Predictions,
  rows: readonly number[],
): boolean {
  const largest = new Map<string, number>();
  for (const row of rows) {
    const size = n[row] ?? 0;
    const name = explainer[row] ?? '';
    if (vector[row] === 'given' && size > (largest.get(name) ?? 0)) largest.set(name, size);
  }
  const said = new Map<string, Map<string, number>>();
  for (const row of rows) {
    const name = explainer[row] ?? '';
    if (vector[row] !== 'given' || n[row] !== largest.get(name)) continue;
    const counts = said.get(name) ?? new Map<string, number>();
    const own = answer[row] ?? '';
    counts.set(own, (counts.get(own) ?? 0) + 1);
    said.set(name, counts);
  }
  return new Set([...said.values()].map(mostFrequent)).size > 1;
}

/** The first of those. */
function mostFrequent(counts: ReadonlyMap<string, number>): string {
  let best: readonly [string, number] = ['', 0];
  for (const entry of counts) if (entry[1] > best[1]) best = entry;
  return best[0];
}
