/**
 * The levels and columns of a group term, `(1 + x | g)`.
 */
import { badData } from '../checks/values.js';
import type { DesignMatrix, GroupDesign, MemberDesign } from './design.js';
import { evaluate } from './evaluate.js';
import { modelMatrix } from './model-matrix.js';
import { compareCodePoints } from './names.js';
import type { Scope } from './scope.js';
import { type Column, labelsOf, levelsOf } from './table.js';
import type { GroupTerm } from './terms.js';

/** The columns of a grouping factor in new data, including levels that were not in the fit. */
type GroupingColumn = (name: string) => Column;

/** Levels that occur: in the order of a single column, or joined by `_` in code-point order. */
export function groupLevels(term: GroupTerm, column: GroupingColumn, rows: number): string[] {
  if (term.membership) return union(term.columns.map(({ name }) => column(name)));
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
      throw badData(
        `two levels of ${term.group} would both be '${label}', as its columns are joined by _; rename one of them`,
      );
    }
  });
  return [...parts.keys()].sort(compareCodePoints);
}

/**
 * Levels of any of the columns: numbers ascend, text is in code-point order, unless the columns have another order
 * (option `levels`); then those of the first come first.
 */
function union(columns: readonly Column[]): string[] {
  const all = [...new Set(columns.flatMap(levelsOf))];
  if (columns.every(({ kind }) => kind === 'numeric')) return all.sort((a, b) => +a - +b);
  const isSorted = columns.every((column) => {
    const levels = levelsOf(column);
    return levels.every((level, i) => i === 0 || compareCodePoints(levels[i - 1], level) < 0);
  });
  return isSorted ? all.sort(compareCodePoints) : all;
}

/** Labels per column and row. Missing values have already been rejected or dropped. */
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
  const { group, correlated, id } = term;
  const named = id === null ? {} : { id };
  const matrix = varyingMatrix(term, scope);
  const parts = partsOf(term, column);
  if (term.membership === null) {
    const labels = joinedLabels(parts, scope.rows);
    return { group, matrix, levels, ...placesOf(labels, place), correlated, ...named };
  }
  const weights = weightsOf(term, term.membership, scope);
  const [first, ...further] = parts.map((labels, member): MemberDesign => {
    const values = weighted(matrix, weights[member]);
    return { ...placesOf(labels, place), values };
  });
  const { values, ...places } = first;
  return { group, matrix: { ...matrix, values }, levels, ...places, correlated, further, ...named };
}

/**
 * Terms with one name, `(1 |id| g)`, as one term with the coefficients of all, at the place of the first: they are
 * correlated with each other.
 *
 * @param terms in the same rows; those with one name have one grouping factor
 */
export function joinedByName(terms: readonly GroupDesign[]): GroupDesign[] {
  const together: GroupDesign[][] = [];
  for (const term of terms) {
    const known = together.find(([{ id }]) => id !== undefined && id === term.id);
    if (known) known.push(term);
    else together.push([term]);
  }
  return together.map((all) => {
    const [{ id: _, ...first }] = all;
    return all.length === 1 ? first : { ...first, ...coefficientsOfAll(all) };
  });
}

function coefficientsOfAll(terms: readonly GroupDesign[]) {
  const [first] = terms;
  const membersOf = ({ matrix: { values }, levelOf, newLevels, further = [] }: GroupDesign) => [
    { values, levelOf, newLevels },
    ...further,
  ];
  const members = membersOf(first).map(({ levelOf }, m): MemberDesign => {
    const own = terms.map((term) => membersOf(term)[m]);
    return {
      levelOf,
      values: besideEachOther(own, first.matrix.rows),
      newLevels: new Map(own.flatMap(({ newLevels }) => [...newLevels])),
    };
  });
  const [{ values, ...places }, ...further] = members;
  const names = terms.flatMap(({ matrix }) => matrix.names);
  const hasParameters = terms.some(({ parameters }) => parameters);
  return {
    matrix: { names, rows: first.matrix.rows, values },
    ...places,
    correlated: true,
    ...(first.further && { further }),
    ...(hasParameters && {
      parameters: terms.flatMap(({ parameters, matrix }) =>
        matrix.names.map((_, c) => parameters?.[c] ?? null),
      ),
    }),
  };
}

/** The columns of all matrices as one matrix, row-major. */
function besideEachOther(
  matrices: readonly { readonly values: Float64Array }[],
  rows: number,
): Float64Array {
  const widths = matrices.map(({ values }) => values.length / rows);
  const width = widths.reduce((sum, own) => sum + own, 0);
  const all = new Float64Array(rows * width);
  let first = 0;
  matrices.forEach(({ values }, i) => {
    const own = widths[i];
    for (let row = 0; row < rows; row++) {
      all.set(values.subarray(row * own, (row + 1) * own), row * width + first);
    }
    first += own;
  });
  return all;
}

/** The index of each row's level, and the levels that have none. */
function placesOf(
  labels: readonly string[],
  place: ReadonlyMap<string, number>,
): Pick<GroupDesign, 'levelOf' | 'newLevels'> {
  const newLevels = new Map<number, string>();
  const levelOf = Int32Array.from(labels, (label, row) => {
    const level = place.get(label);
    if (level === undefined) newLevels.set(row, label);
    return level ?? -1;
  });
  return { levelOf, newLevels };
}

/** Weights of each member by row; as in brms, each row's are divided by their sum unless `scale = FALSE`. */
function weightsOf(
  { columns, place }: GroupTerm,
  { weights, isScaled }: NonNullable<GroupTerm['membership']>,
  scope: Scope,
): readonly Float64Array[] {
  const members = columns.length;
  if (weights === null) {
    return columns.map(() => new Float64Array(scope.rows).fill(1 / members));
  }
  const given = weights.map((weight) => evaluate(weight, scope).slice());
  if (!isScaled) return given;
  for (let row = 0; row < scope.rows; row++) {
    let sum = 0;
    for (const weight of given) {
      if (weight[row] < 0) {
        scope.fail(
          place,
          `row ${scope.rowNumber(row)} has the weight ${weight[row]}: negative weights cannot be divided by their sum; write scale = FALSE in mm()`,
        );
      }
      sum += weight[row];
    }
    if (sum === 0) {
      scope.fail(
        place,
        `row ${scope.rowNumber(row)}: the weights of mm() are all 0, expected a sum above 0`,
      );
    }
    for (const weight of given) weight[row] /= sum;
  }
  return given;
}

function weighted({ values, rows }: DesignMatrix, weights: Float64Array): Float64Array {
  const width = values.length / rows;
  return values.map((value, at) => value * weights[Math.floor(at / width)]);
}

/** R's name of the column of ones. */
export const INTERCEPT = '(Intercept)';

/** Columns of the varying coefficients, with the intercept's ones first. */
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
  return { names: [INTERCEPT, ...slopes.names], rows: scope.rows, values };
}
