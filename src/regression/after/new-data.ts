/** The rows to predict: those of the fit, or new ones, encoded in the same way. */
import type { Cells } from '../../../models/families/family.js';
import { additionOf } from '../../formula/additions.js';
import type { Encoded } from '../../formula/design.js';
import { boundsOf, encode, errorsOf, setsOfRows, trialsOf } from '../../formula/encode.js';
import type { OutcomeBounds } from '../../formula/limits.js';
import { type DataInput, hasColumn, selectRows, type Table, tableOf } from '../../formula/table.js';
import type { FittedRegression } from '../fitted-regression.js';
import { requireData } from '../options.js';
import { predictorColumns } from './grid.js';
import { checkGroups, type GroupChoice } from './linear-predictor.js';

interface PredictedData {
  readonly encoded: Encoded;
  /**
   * Trials of each row; 1 if the family has none. Lazy: a linear predictor needs no trials, and new
   * rows may lack the column.
   */
  readonly trials: () => Float64Array;
  /** Known standard errors of each row; null if outcomes have none. Lazy, as trials. */
  readonly errors: () => Float64Array | null;
  /** Bounds of truncated outcomes; null if the formula has none. Lazy, as the trials. */
  readonly bounds: () => OutcomeBounds | null;
  /** The choice set of each row; null if the family has none. Lazy, as the trials. */
  readonly sets: () => Cells | null;
}

/**
 * @throws WeighbridgeError `bad-data` for new rows that do not fit the design: a missing column, a
 *   missing value, an unknown level of a predictor
 */
export function predictedData(
  fit: FittedRegression,
  data: DataInput | undefined,
  choice: GroupChoice,
): PredictedData {
  const groups = checkGroups(choice);
  const { design, encoded, response } = fit.frame;
  if (data === undefined) {
    const isBounded = additionOf(design.formula, 'trunc') !== null;
    return {
      encoded,
      trials: () => response.trials ?? ones(encoded.rows),
      errors: () => response.errors ?? null,
      bounds: () => (isBounded ? (response.limits ?? null) : null),
      sets: () => response.sets ?? null,
    };
  }
  requireData(data);
  const given = tableOf(data);
  const table = typeof groups === 'string' ? given : withUnasked(fit, given, groups);
  return {
    encoded: encode(design, table, { groups: groups === 'none' ? 'leave-out' : 'include' }),
    trials: () => trialsOf(design, table) ?? ones(table.rows),
    errors: () => errorsOf(design, table),
    bounds: () => boundsOf(design, table),
    sets: () => setsOfRows(design, table),
  };
}

/**
 * Fills in missing columns of groups that are not requested. Any value will do, because their
 * effects are not added.
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
