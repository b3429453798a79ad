/**
 * What a formula says of its columns: which belong to the population level, which to group terms, and
 * which stand together in a term.
 */
import {
  columnsUsed,
  expandFormula,
  hasReservedIntercept,
  RESERVED_INTERCEPT,
} from '../../formula/columns-used.js';
import type { Design } from '../../formula/design.js';
import { namesIn } from '../../formula/evaluate.js';
import type { Expression } from '../../formula/formula.js';

/** Columns of the population level, offsets among them, by first appearance. */
export function populationColumns(design: Design): string[] {
  return predictorColumns(design, []);
}

/** The columns that are grouped by. */
export function groupingColumns(design: Design): string[] {
  return [...expandFormula(design.formula, design.dot).used.grouping.keys()];
}

/** Columns of population and group terms, or of those of some groups, predictors first. */
export function predictorColumns(design: Design, groups?: readonly string[]): string[] {
  const { terms } = expandFormula(design.formula, design.dot);
  const kept = terms.groups.filter(({ group }) => groups?.includes(group) ?? true);
  const used = columnsUsed(design.formula, { ...terms, groups: kept });
  return [...new Set([...used.predictors.keys(), ...used.grouping.keys()])];
}

/** Columns of the trials of a binomial. */
export function trialsColumns({ formula }: Design): string[] {
  return formula.trials === null ? [] : columnsIn(formula.trials);
}

/** Columns that each population-level term has together: of `x * f` [x], [f] and [x, f]. */
export function termColumns(design: Design): string[][] {
  const { population } = expandFormula(design.formula, design.dot).terms;
  const reserved = hasReservedIntercept(population) ? RESERVED_INTERCEPT : null;
  return population.terms.map((term) =>
    [...new Set(term.flatMap((variable) => columnsIn(population.variables[variable])))].filter(
      (name) => name !== reserved,
    ),
  );
}

function columnsIn(expression: Expression): string[] {
  return [...namesIn(expression).keys()];
}
