/** The table of answers, read by row. */
import { badArgument } from '../../checks/values.js';
import type { TableCell } from '../../data-files/table-rows.js';
import type { AnswerColumns } from '../../table-analysis/analyse-table.js';

export class AnswerRows {
  readonly names: readonly string[];

  /** @param analysis the name of the analysis, for messages */
  constructor(
    private readonly columns: AnswerColumns,
    private readonly analysis: string,
  ) {
    this.names = [...columns.keys()];
  }

  cell(row: number, name: string): TableCell {
    return this.columns.get(name)?.[row] ?? null;
  }

  /** '' for an empty cell. */
  text(row: number, name: string): string {
    return String(this.cell(row, name) ?? '');
  }

  isValid(row: number): boolean {
    return this.cell(row, 'valid') === true;
  }

  /** @throws WeighbridgeError `bad-argument` for a stage without answers */
  ofStages(stages: readonly string[]): number[] {
    const all = this.columns.get('stage') ?? [];
    for (const stage of stages) {
      if (all.includes(stage)) continue;
      throw badArgument(
        `the analysis '${this.analysis}' names the stage '${stage}', which has no answers: there are ${[...new Set(all)].join(', ')}`,
      );
    }
    return all.flatMap((stage, row) => (stages.includes(String(stage)) ? [row] : []));
  }
}
