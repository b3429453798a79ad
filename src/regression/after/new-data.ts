/**
 * Rows that a fit predicts: its own, or new ones that become numbers as its own did.
 */
import type { Encoded } from '../../formula/design.js';
import { encode, trialsOf } from '../../formula/encode.js';
import { type DataInput, hasColumn, selectRows, type Table, tableOf } from '../../formula/table.js';
import type { FittedRegression } from '../fitted-regression.js';
import { requireData } from '../options.js';
import { predictorColumns } from './formula-parts.js';
import { checkGroups, type GroupChoice } from './linear-predictor.js';

export interface PredictedData {
  readonly encoded: Encoded;
  /**
   * Trials of each row; 1 where the family has none. Read when they are asked for: a linear predictor
   * needs none, and new rows may lack their column.
   */
  readonly trials: () => Float64Array;
}

/**
 * @throws WeighbridgeError `bad-data` for new rows that the design of the fit does not take: a
 *   column that is not there, a missing value, an unknown level of a predictor
 */
export function predictedData(
  fit: FittedRegression,
  data: DataInput | undefined,
  choice: GroupChoice,
): PredictedData {
  const groups = checkGroups(choice);
  const { design, encoded, response } = fit.frame;
  if (data === undefined) {
    return { encoded, trials: () => response.trials ?? ones(encoded.rows) };
  }
  requireData(data);
  const given = tableOf(data);
  const table = typeof groups === 'string' ? given : withUnasked(fit, given, groups);
  return {
    encoded: encode(design, table, { groups: groups === 'none' ? 'leave-out' : 'include' }),
    trials: () => trialsOf(design, table) ?? ones(table.rows),
  };
}

/**
 * Of the effects of some groups the columns of the others are not asked for: where one is missing,
 * any of its values does, as those effects are not added.
 */
function withUnasked(fit: FittedRegression, table: Table, groups: readonly string[]): Table {
  const { design, table: own } = fit.frame;
  const asked = predictorColumns(design, groups);
  const filled = predictorColumns(design)
    .filter((name) => !asked.includes(name) && !hasColumn(table, name))
    .map((name) => [name, selectRows(own.columns[name], new Int32Array(table.rows))]);
  return { ...table, columns: { ...table.columns, ...Object.fromEntries(filled) } };
}

function ones(rows: number): Float64Array {
  return new Float64Array(rows).fill(1);
}
