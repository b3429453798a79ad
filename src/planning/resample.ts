/**
 * Data of other sizes from those of a pilot: rows with the pilot's predictors, and copies of its groups.
 *
 * Rows are taken in rounds: each round has every row of the pilot once, in random order. With groups, each
 * copy of a group has the rows of one of the pilot's groups, which are taken in the same way, so that what
 * is constant within groups stays so. At the pilot's size, the predictors are the pilot's. The first rows
 * and groups are the same for all sizes (common random numbers).
 */
import {
  type GroupEffects,
  membersOf,
  type RegressionData,
  type RegressionSpecification,
} from '../../models/regression-data.js';
import { badArgument } from '../checks/values.js';
import { quickStream } from '../random/quick-stream.js';
import type { RandomStream } from '../random/stream.js';
import { range } from './plan.js';

/** Sizes of a data set. */
export interface RegressionDesign {
  readonly rows: number;
  /** Number of levels of the varied grouping factor; null: it is the pilot's, or there is none. */
  readonly groups: number | null;
}

/** The grouping factor whose number of levels may vary: that in which others are nested. */
export interface VariedFactor {
  readonly group: string;
  readonly levelOf: Int32Array;
  readonly levels: number;
}

/**
 * The factor whose groups are copied: the named one, or the one in which all others are nested. Null
 * without groups, and for crossed factors of which none is named: rows then keep their levels.
 *
 * @throws WeighbridgeError `bad-argument` if the name is unknown
 */
export function variedFactor(
  { groups }: RegressionData,
  asked: string | undefined,
): VariedFactor | null {
  const names = [...new Set(groups.map(({ group }) => group))];
  const known = asked === undefined || names.includes(asked);
  if (!known || (asked !== undefined && names.length === 0)) {
    throw badArgument(
      names.length === 0
        ? `the formula has no grouping factor '${asked}': it has none`
        : `the formula has no grouping factor '${asked}', but ${names.join(', ')}`,
      { option: 'group', found: asked },
    );
  }
  const candidates = groups.filter(({ group, further }, at) => {
    if (further) return false;
    if (groups.findIndex((other) => other.group === group) !== at) return false;
    return asked === undefined
      ? groups.every((other) => isNested(other, groups[at]?.levelOf))
      : group === asked;
  });
  const [found] = candidates;
  if (found) return { group: found.group, levelOf: found.levelOf, levels: found.levels.length };
  return null;
}

/** True if each level of the inner factor occurs within one level of the outer factor; those of mm() meet across. */
function isNested(term: GroupEffects, outer: Int32Array | undefined): boolean {
  if (!outer || term.further) return false;
  const outerOf = new Map<number, number>();
  return term.levelOf.every((level, row) => {
    const within = outerOf.get(level) ?? outer[row] ?? -1;
    outerOf.set(level, within);
    return within === outer[row];
  });
}

/** The pilot's data without outcomes, in another size. Outcomes are zero. */
export function resampled(
  specification: RegressionSpecification,
  factor: VariedFactor | null,
  { rows, groups }: RegressionDesign,
  path: readonly (string | number)[],
): RegressionSpecification {
  const { data } = specification;
  const picked =
    factor === null
      ? { rowOf: inRounds(range(data.rows), rows, quickStream(...path)), copyOf: null }
      : rowsOfCopies(factor, rows, groups ?? factor.levels, path);
  const { rowOf, copyOf } = picked;
  const pick = (values: Float64Array, width = 1) => pickRows(values, width, rowOf);
  const { names, values } = data.predictors;
  return {
    ...specification,
    data: {
      ...data,
      rows,
      outcomes: new Float64Array(rows),
      trials: data.trials && pick(data.trials),
      ...(data.weights && { weights: pick(data.weights) }),
      ...(data.errors && { errors: pick(data.errors) }),
      offset: data.offset && pick(data.offset),
      predictors: { names, rows, values: pick(values, names.length) },
      groups: data.groups.map((term) => {
        const copied = factor !== null && isNested(term, factor.levelOf);
        return pickTerm(term, rowOf, copied ? copyOf : null);
      }),
    },
  };
}

/** Rows in turn from each copy of a group; copies of the pilot's groups in rounds. */
function rowsOfCopies(
  { levelOf, levels }: VariedFactor,
  rows: number,
  copies: number,
  path: readonly (string | number)[],
): { readonly rowOf: Int32Array; readonly copyOf: Int32Array } {
  const rowsOfLevel = range(levels).map((): number[] => []);
  levelOf.forEach((level, row) => void rowsOfLevel[level]?.push(row));
  const sources = inRounds(range(levels), copies, quickStream(...path, 'groups'));
  const each = Math.ceil(rows / copies);
  const rowsOfCopy = Array.from(sources, (level, copy) =>
    inRounds(rowsOfLevel[level] ?? [], each, quickStream(...path, 'rows', copy)),
  );
  const copyOf = Int32Array.from({ length: rows }, (_, row) => row % copies);
  const rowOf = copyOf.map((copy, row) => rowsOfCopy[copy]?.[Math.floor(row / copies)] ?? 0);
  return { rowOf, copyOf };
}

/** `length` items, each of them once in every round, in random order (Fisher-Yates). */
function inRounds(items: readonly number[], length: number, random: RandomStream): Int32Array {
  const taken = new Int32Array(length);
  const order = [...items];
  for (let at = 0; at < length; at++) {
    const left = at % order.length;
    const chosen = left + Math.floor(random.uniform() * (order.length - left));
    const item = order[chosen] ?? 0;
    order[chosen] = order[left] ?? 0;
    order[left] = item;
    taken[at] = item;
  }
  return taken;
}

function pickRows(values: Float64Array, width: number, rowOf: Int32Array): Float64Array {
  const picked = new Float64Array(rowOf.length * width);
  rowOf.forEach((row, i) => {
    picked.set(values.subarray(row * width, (row + 1) * width), i * width);
  });
  return picked;
}

/** @param copyOf the copy of each new row, if the term's levels are copied; null: they stay the same */
function pickTerm(term: GroupEffects, rowOf: Int32Array, copyOf: Int32Array | null): GroupEffects {
  const levels = new Map<string, number>();
  const [only, ...further] = membersOf(term).map(({ levelOf, values }) => ({
    levelOf: rowOf.map((row, i) => {
      const level = levelOf[row] ?? 0;
      const name = copyOf === null ? (term.levels[level] ?? '') : `${copyOf[i]}.${level}`;
      const known = levels.get(name) ?? levels.size;
      levels.set(name, known);
      return known;
    }),
    values: pickRows(values, term.coefficients.length, rowOf),
  }));
  const members = term.further ? { ...only, further } : only;
  return { ...term, levels: [...levels.keys()], ...members };
}
