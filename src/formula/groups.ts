/**
 * Group terms to numbers: which coefficients vary, and the level of each row.
 */
import { WeighbridgeError } from '../errors.js';
import type { DesignMatrix, GroupDesign } from './design.js';
import { modelMatrix } from './model-matrix.js';
import { compareCodePoints } from './names.js';
import type { Scope } from './scope.js';
import { type Column, labelsOf, levelsOf } from './table.js';
import type { GroupTerm } from './terms.js';

/** The columns of a grouping factor as new data have them: levels unknown to the fit among them. */
export type GroupingColumn = (name: string) => Column;

/** Levels that occur: of one column in its order, of several joined by `_` in code-point order. */
export function groupLevels(term: GroupTerm, column: GroupingColumn, rows: number): string[] {
  const [only, second] = term.columns;
  if (second === undefined) return [...levelsOf(column(only.name))];
  const parts = new Map<string, readonly string[]>();
  const columns = partsOf(term, column);
  joinedLabels(columns, rows).forEach((label, row) => {
    const known = parts.get(label);
    if (known === undefined) {
      parts.set(
        label,
        columns.map((labels) => labels[row]),
      );
    } else if (known.some((part, i) => part !== columns[i][row])) {
      throw new WeighbridgeError(
        'bad-data',
        `two levels of ${term.group} would both be '${label}', as its columns are joined by _; rename one of them`,
      );
    }
  });
  return [...parts.keys()].sort(compareCodePoints);
}

/** Labels of each column's rows. Missing ones were refused before, or their rows dropped. */
function partsOf(term: GroupTerm, column: GroupingColumn): readonly (readonly string[])[] {
  return term.columns.map(({ name }) => labelsOf(column(name)).map((label) => label ?? ''));
}

function joinedLabels(columns: readonly (readonly string[])[], rows: number): readonly string[] {
  const [only, second] = columns;
  if (second === undefined) return only;
  return Array.from({ length: rows }, (_, row) => columns.map((labels) => labels[row]).join('_'));
}

export function groupDesign(
  term: GroupTerm,
  levels: readonly string[],
  column: GroupingColumn,
  scope: Scope,
): GroupDesign {
  const place = new Map(levels.map((level, i) => [level, i]));
  const newLevels = new Map<number, string>();
  const levelOf = new Int32Array(scope.rows);
  joinedLabels(partsOf(term, column), scope.rows).forEach((label, row) => {
    const level = place.get(label);
    levelOf[row] = level ?? -1;
    if (level === undefined) newLevels.set(row, label);
  });
  const matrix = varyingMatrix(term, scope);
  return { group: term.group, matrix, levels, levelOf, newLevels, correlated: term.correlated };
}

/** Columns of the coefficients that vary, the intercept's ones first. */
function varyingMatrix(term: GroupTerm, scope: Scope): DesignMatrix {
  const slopes = modelMatrix(term.varying, scope);
  if (!term.varying.intercept) {
    if (slopes.names.length === 0) scope.fail(term.place, `nothing varies by ${term.group}`);
    return slopes;
  }
  const width = slopes.names.length + 1;
  const values = new Float64Array(scope.rows * width);
  for (let row = 0; row < scope.rows; row++) {
    values[row * width] = 1;
    for (let j = 1; j < width; j++) {
      values[row * width + j] = slopes.values[row * (width - 1) + j - 1];
    }
  }
  return { names: ['(Intercept)', ...slopes.names], rows: scope.rows, values };
}
