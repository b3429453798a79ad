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
import { factorFunctions } from '../../formula/functions.js';

/** Columns of the population level, offsets among them, by first appearance. */
export function populationColumns(design: Design): string[] {
  return predictorColumns(design, []);
}

/** Columns of population and group terms, or of those of some groups, predictors first. */
export function predictorColumns(design: Design, groups?: readonly string[]): string[] {
  const { terms } = expandFormula(design.formula, design.dot);
  const kept = terms.groups.filter(({ group }) => groups?.includes(group) ?? true);
  const used = columnsUsed(design.formula, { ...terms, groups: kept });
  return [...new Set([...used.predictors.keys(), ...used.grouping.keys()])];
}

/** The columns that are grouped by, of all groups or of some. */
export function groupingColumns(design: Design, groups?: readonly string[]): string[] {
  const { terms } = expandFormula(design.formula, design.dot);
  const kept = terms.groups.filter(({ group }) => groups?.includes(group) ?? true);
  return [...columnsUsed(design.formula, { ...terms, groups: kept }).grouping.keys()];
}

/** Columns that the formula makes a factor of: x of `factor(x)`, `cut(x, 3)`. */
export function factorColumns(design: Design): string[] {
  const { population } = expandFormula(design.formula, design.dot).terms;
  return population.variables
    .filter((variable) => variable.kind === 'call' && factorFunctions.includes(variable.function))
    .flatMap(columnsIn);
}

/** Columns of which each value is a level: x of `factor(x)`, `interaction(x, f)`, not of `cut(x, 3)`. */
export function leveledColumns(design: Design): string[] {
  const { population, groups } = expandFormula(design.formula, design.dot).terms;
  const variables = [population, ...groups.map(({ varying }) => varying)];
  return variables.flatMap((terms) => terms.variables.flatMap(leveledIn));
}

const leveling: readonly string[] = ['factor', 'as.factor', 'as.character', 'interaction'];

function leveledIn(expression: Expression): string[] {
  if (expression.kind !== 'call') return [];
  const values = expression.arguments.map(({ value }) => value);
  const names = values.flatMap((value) => (value.kind === 'name' ? [value.name] : []));
  const own = leveling.includes(expression.function) ? names : [];
  return [...own, ...values.flatMap(leveledIn)];
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
