/**
 * Group terms by their grouping factor. Terms over one factor, `(1 | g) + (0 + x | g)`, vary by the
 * same levels: their coefficients stand side by side in one factor, whose covariance is block
 * diagonal.
 */
import type { GroupEffects } from '../regression-data.js';

/** A term's place in its factor. */
export interface FactorTerm {
  /** Among the terms of the regression. */
  readonly term: number;
  /** Of its first coefficient among those of the factor. */
  readonly start: number;
  /** Its coefficients. */
  readonly size: number;
}

export interface GroupFactor {
  /** Its name. */
  readonly group: string;
  readonly terms: readonly FactorTerm[];
  /** Coefficients a level. */
  readonly size: number;
  readonly levels: number;
  /** Place of each row's level. */
  readonly levelOf: Int32Array;
  /** Row-major (row, coefficient). */
  readonly values: Float64Array;
}

/**
 * The factors of the terms, the one of most effects last: it is the one whose effects are found
 * given everything else.
 */
export function groupFactors(groups: readonly GroupEffects[], rows: number): GroupFactor[] {
  const together: number[][] = [];
  groups.forEach((group, term) => {
    const known = together.find(([first]) => sameLevels(groups[first], group));
    if (known) known.push(term);
    else together.push([term]);
  });
  const factors = together.map((terms) => factorOf(groups, terms, rows));
  return factors.sort((a, b) => a.levels * a.size - b.levels * b.size);
}

function sameLevels(a: GroupEffects, b: GroupEffects): boolean {
  return (
    a.group === b.group &&
    a.levels.length === b.levels.length &&
    a.levelOf.every((level, row) => level === b.levelOf[row])
  );
}

function factorOf(
  groups: readonly GroupEffects[],
  terms: readonly number[],
  rows: number,
): GroupFactor {
  const places: FactorTerm[] = [];
  let size = 0;
  for (const term of terms) {
    const count = groups[term].coefficients.length;
    places.push({ term, start: size, size: count });
    size += count;
  }
  const values = new Float64Array(rows * size);
  for (const { term, start, size: count } of places) {
    const own = groups[term].values;
    for (let i = 0; i < rows; i++) {
      for (let c = 0; c < count; c++) values[i * size + start + c] = own[i * count + c];
    }
  }
  const [first] = terms;
  return {
    group: groups[first].group,
    terms: places,
    size,
    levels: groups[first].levels.length,
    levelOf: groups[first].levelOf,
    values,
  };
}
