/** Choice sets, `y | set(id) ~ x`: which rows are options of the same choice, and which were chosen. */
import { badData } from '../checks/values.js';
import { isSameWithin } from '../linear-algebra/within-groups.js';
import { additionOf } from './additions.js';
import type { ChoiceSets, Encoded, GroupDesign } from './design.js';
import type { Formula } from './formula.js';
import { INTERCEPT } from './group-design.js';
import type { Scope } from './scope.js';
import { type Column, labelsOf } from './table.js';

/** Names of the columns that tell sets apart; empty for a formula without sets. */
export function setColumns(formula: Pick<Formula, 'additions'>): readonly string[] {
  const columns = additionOf(formula, 'set')?.arguments ?? [];
  return columns.flatMap(({ value }) => (value.kind === 'name' ? [value.name] : []));
}

/** Rows with the same values in all columns are one set; missing values are a value. */
export function setsOf(columns: readonly Column[]): ChoiceSets {
  const labels = columns.map(labelsOf);
  const known = new Map<string, number>();
  const names: string[] = [];
  const of = Int32Array.from(labels[0] ?? [], (_, row) => {
    const parts = labels.map((label) => label[row]);
    const key = JSON.stringify(parts);
    const set = known.get(key) ?? names.push(parts.join('_')) - 1;
    known.set(key, set);
    return set;
  });
  return { count: names.length, of, labels: names };
}

/** Null for a formula without sets. */
export function readSets(formula: Formula, scope: Scope): ChoiceSets | null {
  const set = additionOf(formula, 'set');
  if (set === null) return null;
  return setsOf(setColumns(formula).map((name) => scope.column(name, set.place)));
}

/**
 * Throws `bad-data` for a set of one option, or one whose ranks are not 1, 2, … once each; of a plain choice,
 * that is one option with 1 and the others with 0.
 */
export function requireChoices(
  name: string,
  values: Float64Array,
  { count, of, labels }: ChoiceSets,
  scope: Pick<Scope, 'rowNumber'>,
): void {
  const rowsOf = Array.from({ length: count }, (): number[] => []);
  of.forEach((set, row) => {
    rowsOf[set].push(row);
  });
  rowsOf.forEach((rows, set) => {
    const first = scope.rowNumber(rows[0]);
    const where = `choice set ${labels[set]} (row ${first})`;
    const details = { row: first, column: name };
    if (rows.length === 1) {
      throw badData(`${where} has one option, expected two or more`, {
        ...details,
        expected: 'two options or more',
      });
    }
    const seen = new Map<number, number>();
    for (const row of rows) {
      const rank = values[row];
      if (rank === 0) continue;
      const other = seen.get(rank);
      if (other !== undefined) {
        const both = `rows ${scope.rowNumber(other)} and ${scope.rowNumber(row)}`;
        throw badData(
          `choice set ${labels[set]}: ${name} is ${rank} in ${both}, expected one option with each rank`,
          { row: scope.rowNumber(row), column: name, found: rank },
        );
      }
      seen.set(rank, row);
    }
    if (seen.size === 0) {
      throw badData(`${where}: no option is chosen, expected ${name} to be 1 for one of them`, {
        ...details,
        expected: '1 for one option',
      });
    }
    const gap = Array.from(seen.keys()).find((rank) => rank > seen.size);
    if (gap === undefined) return;
    throw badData(
      `${where}: ${name} has the rank ${gap}, but ${seen.size} ranked options: expected ranks 1, 2, … without gaps`,
      { ...details, found: gap },
    );
  });
}

/** Names of the grouping factors whose level is the same for all options of each set. */
export function groupsSameInSets(
  groups: readonly GroupDesign[],
  sets: Pick<ChoiceSets, 'count' | 'of'>,
): readonly string[] {
  const isSame = ({ levelOf }: Pick<GroupDesign, 'levelOf'>) => isSameWithin(sets, levelOf);
  const same = groups.filter((group) => [group, ...(group.further ?? [])].every(isSame));
  return same.map(({ group }) => group);
}

/** Leaves out the intercepts of these grouping factors, which cancel. */
export function withoutIntercepts<T extends Pick<Encoded, 'groups'>>(
  encoded: T,
  sameInSets: readonly string[],
): T {
  if (sameInSets.length === 0) return encoded;
  const groups = encoded.groups.map((design) => {
    const { names, rows, values } = design.matrix;
    if (!sameInSets.includes(design.group) || names[0] !== INTERCEPT) return design;
    const width = names.length;
    const withoutFirst = (all: Float64Array) => all.filter((_, at) => at % width !== 0);
    const further = design.further?.map((one) => ({ ...one, values: withoutFirst(one.values) }));
    return {
      ...design,
      matrix: { names: names.slice(1), rows, values: withoutFirst(values) },
      ...(further && { further }),
    };
  });
  return { ...encoded, groups };
}
