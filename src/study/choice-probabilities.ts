/**
 * The probabilities of choices in a file of choices: a column that may be missing, with cells that
 * may be empty.
 */
import type { Choice } from './context.js';
import { cellError, parseNumber, type Table, type TableRow } from './csv.js';
import { probabilityColumn } from './layout.js';

/** The column's name where the header has it. */
export function probabilityColumns(header: readonly string[]): string[] {
  return header.includes(probabilityColumn) ? [probabilityColumn] : [];
}

/** @throws WeighbridgeError `bad-data` for a cell that holds anything but a probability. */
export function probabilityInRow(table: Table, row: TableRow): Pick<Choice, 'probabilityA'> {
  const column = table.columns.indexOf(probabilityColumn);
  const cell = row.cells[column] ?? '';
  if (cell === '') return {};
  const probabilityA = parseNumber(cell);
  if (probabilityA === null || probabilityA < 0 || probabilityA > 1) {
    throw cellError(table, row, column, 'a probability from 0 to 1, or nothing');
  }
  return { probabilityA };
}

/** What is odd about the probabilities of a file, a line each. */
export function probabilityWarnings(file: string, choices: readonly Choice[]): string[] {
  const known = choices.flatMap(({ choseA, probabilityA }) =>
    probabilityA === undefined ? [] : [choseA ? probabilityA : 1 - probabilityA],
  );
  const warnings: string[] = [];
  const missing = choices.length - known.length;
  if (missing > 0 && known.length > 0) {
    warnings.push(
      `${file}: ${missing} of ${choices.length} choices have no ${probabilityColumn}: weighed by probability, they count as made`,
    );
  }
  // A model may choose the less probable option now and then, but not as a rule.
  const against = known.filter((probability) => probability < 0.5).length;
  if (2 * against > known.length) {
    warnings.push(
      `${file}: ${against} of ${known.length} choices went to the option that ${probabilityColumn} calls the less probable one: does it hold the probability of B?`,
    );
  }
  return warnings;
}
