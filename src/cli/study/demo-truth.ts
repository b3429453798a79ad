/** The true values of the simulator beside the intervals that a demo found. */
import Table from 'cli-table3';
import pc from 'picocolors';

/** An interval, and the value that is true in the simulator. */
export interface Checked {
  readonly what: string;
  readonly truth: number;
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

function isCovered({ truth, lower, upper }: Checked): boolean {
  return truth >= lower && truth <= upper;
}

/** The table, and a sentence on how many intervals hold their true value. */
export function truthTable(checked: readonly Checked[]): string {
  const table = new Table({
    head: ['in the simulator', 'true value', 'estimate', '95% HDI', 'covered'],
    colAligns: ['left', 'right', 'right', 'left', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const one of checked) {
    const { what, truth, estimate, lower, upper } = one;
    table.push([
      what,
      truth.toFixed(3),
      estimate.toFixed(3),
      `[${lower.toFixed(3)}, ${upper.toFixed(3)}]`,
      isCovered(one) ? pc.green('yes') : pc.yellow('no'),
    ]);
  }
  const covered = checked.filter(isCovered).length;
  const percent = checked.length === 0 ? 0 : (100 * covered) / checked.length;
  return [
    table.toString(),
    `${covered} of ${checked.length} HDIs (${percent.toFixed(0)}%) hold the value that is true in the simulator; 95% are expected.`,
  ].join('\n');
}
