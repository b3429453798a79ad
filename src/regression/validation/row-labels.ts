/** Labels of observations, by which they are held out together. */
import { badArgument, badData, described } from '../../checks/values.js';
import type { ModelFrame } from '../../formula/design.js';
import { labelAt } from '../../formula/table.js';
import type { FittedRegression } from '../fitted-regression.js';

/** A column of the formula, or a value for each row of the data. */
export type RowLabels = string | ArrayLike<string | number>;

/**
 * The label of each observation, as text.
 *
 * @param option that gives them, for messages
 * @param rowsOf rows of each observation, of which the first decides
 * @throws WeighbridgeError `bad-argument`; `bad-data` for a missing label
 */
export function labelsOfObservations(
  { frame }: FittedRegression,
  option: string,
  given: unknown,
  rowsOf: readonly (readonly number[])[],
): string[] {
  const { usedRows } = frame;
  const labelOf = labelReader(frame, option, given);
  return rowsOf.map(([row]) => {
    const label = labelOf(row);
    if (label !== null) return label;
    const number = usedRows[row] + 1;
    throw badData(`row ${number}: ${option} is missing, expected a value`, { row: number });
  });
}

/**
 * Labels by the row of the design.
 *
 * @throws WeighbridgeError `bad-argument`
 */
function labelReader(
  { table, copied, usedRows, facts }: ModelFrame,
  option: string,
  given: unknown,
): (row: number) => string | null {
  if (typeof given === 'string' && Object.hasOwn(table.columns, given)) {
    return (row) => labelAt(table.columns[given], copied ? copied[row] : row);
  }
  const values: readonly unknown[] | null =
    Array.isArray(given) || ArrayBuffer.isView(given) ? Array.from(given as unknown[]) : null;
  if (values === null) {
    const names = Object.keys(table.columns).join(', ');
    const found = typeof given === 'string' ? given : described(given);
    throw badArgument(
      `${option} is ${found}, but must be a column of the formula (${names}) or a value for each row`,
    );
  }
  const rows = table.rows + facts.droppedRows;
  if (values.length !== rows) {
    throw badArgument(`${option} has ${values.length} values, but the data have ${rows} rows`);
  }
  return (row) => {
    const value = values[usedRows[row]];
    return value === null || value === undefined ? null : String(value);
  };
}
