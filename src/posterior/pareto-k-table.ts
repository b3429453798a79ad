/**
 * Observations sorted by how far their importance weights can be trusted, as loo 2.5.1 does.
 */
import { commonWidth, rounded, textTable } from './printable.js';

export interface ParetoKRow {
  /** As loo writes it: `(0.5, 0.7]`. */
  readonly range: string;
  readonly verdict: 'good' | 'ok' | 'bad' | 'very bad';
  /** Observations whose k̂ is in the range. */
  readonly count: number;
  /** Their share of all, from 0 to 1. */
  readonly proportion: number;
  /** The smallest effective number of draws among them; NaN where there is none. */
  readonly minEss: number;
}

const ranges = [
  { range: '(-Inf, 0.5]', verdict: 'good', above: Number.NEGATIVE_INFINITY, to: 0.5 },
  { range: '(0.5, 0.7]', verdict: 'ok', above: 0.5, to: 0.7 },
  { range: '(0.7, 1]', verdict: 'bad', above: 0.7, to: 1 },
  { range: '(1, Inf)', verdict: 'very bad', above: 1, to: Number.POSITIVE_INFINITY },
] as const;

export function paretoKTable(paretoK: Float64Array, ess: Float64Array): ParetoKRow[] {
  return ranges.map(({ range, verdict, above, to }) => {
    const within = ess.filter((_, i) => paretoK[i] > above && paretoK[i] <= to);
    return {
      range,
      verdict,
      count: within.length,
      proportion: within.length / paretoK.length,
      minEss: within.length ? within.reduce((a, b) => Math.min(a, b)) : Number.NaN,
    };
  });
}

/** Observations whose k̂ is above `threshold`, from 0. */
export function paretoKIds(paretoK: Float64Array, threshold = 0.5): number[] {
  return Array.from(paretoK.keys()).filter((i) => paretoK[i] > threshold);
}

const HELP = "See help('pareto-k-diagnostic') for details.";

export function printParetoKTable(table: readonly ParetoKRow[]): string {
  const [, ok, bad, veryBad] = table.map(({ count }) => count);
  if (ok + bad + veryBad === 0) {
    return ['', 'All Pareto k estimates are good (k < 0.5).', HELP].join('\n');
  }
  const shares = commonWidth(table.map(({ proportion }) => rounded(100 * proportion, 1)));
  const counts = commonWidth(table.map(({ count }) => String(count)));
  const labels = commonWidth(table.map(({ range }) => range));
  const column = (head: string, cell: (row: ParetoKRow, place: number) => string) => ({
    head,
    cells: table.map(cell),
    align: 'left' as const,
  });
  return [
    'Pareto k diagnostic values:',
    ...textTable(labels, [
      column(' ', () => ''),
      column(' ', ({ verdict }) => `(${verdict})`),
      column('Count', (_, i) => counts[i]),
      column('Pct.   ', (_, i) => `${shares[i]}%`),
      column('Min. n_eff', ({ minEss }) =>
        Number.isNaN(minEss) ? '<NA>' : String(Math.round(minEss)),
      ),
    ]),
    ...(bad + veryBad === 0 ? ['', 'All Pareto k estimates are ok (k < 0.7).'] : []),
    HELP,
  ].join('\n');
}
