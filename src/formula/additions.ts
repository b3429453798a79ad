/**
 * What is said of the outcome after a bar: `y | trials(n) + weights(w) ~ x`.
 *
 *  - `trials(n)`: trials of a binomial outcome.
 *  - `freq(n)`: the row stands for n equal rows. The fit is that of the repeated table.
 *  - `weights(w)`: the row's log likelihood is multiplied by w, as in brms.
 *  - `se(s)`: the outcome has the known standard error s, and no other; with `sigma = TRUE` besides σ.
 *  - `cens(c)`, `cens(c, y2)`: the outcome is censored, as in brms (limits.ts).
 *  - `trunc(lb = a, ub = b)`: only outcomes within bounds have a row.
 *  - `thres(k)`: ordered categories have k thresholds; `thres(gr = g)`: rows of each level of g have their own.
 *  - `set(a, b)`: rows with the same values are the options of a choice set.
 */
import type { FailAt } from '../text/cursor.js';
import type { Argument, CallExpression, Expression, Formula } from './formula.js';
import { brmsFunctions } from './functions.js';

const additionNames = ['trials', 'freq', 'weights', 'se', 'cens', 'trunc', 'set', 'thres'] as const;
type AdditionName = (typeof additionNames)[number];

/** An example of each, for messages. */
const examples: Readonly<Record<AdditionName, string>> = {
  trials: 'trials(n)',
  freq: 'freq(n)',
  weights: 'weights(w)',
  se: 'se(s)',
  cens: 'cens(c)',
  trunc: 'trunc(lb = 0)',
  set: 'set(id)',
  thres: 'thres(gr = judge)',
};

/** The term of this name; null in a formula without it. */
export function additionOf(
  { additions }: Pick<Formula, 'additions'>,
  name: AdditionName,
): CallExpression | null {
  return additions.find((addition) => addition.function === name) ?? null;
}

/** The first argument of the term of this name; null in a formula without it. */
export function argumentOf(
  formula: Pick<Formula, 'additions'>,
  name: AdditionName,
): Expression | null {
  return additionOf(formula, name)?.arguments[0].value ?? null;
}

/** The same formula with each argument of its terms changed. */
export function withArguments(
  additions: readonly CallExpression[],
  change: (value: Expression) => Expression,
): readonly CallExpression[] {
  return additions.map((addition) => ({
    ...addition,
    arguments: addition.arguments.map(
      (argument): Argument => ({ ...argument, value: change(argument.value) }),
    ),
  }));
}

/** The values of all terms: the columns that the left side has besides the outcome. */
export function additionValues({ additions }: Pick<Formula, 'additions'>): readonly Expression[] {
  const values = additions.flatMap((addition) => addition.arguments.map(({ value }) => value));
  // `sigma = TRUE` is no column.
  return values.filter(({ kind }) => kind !== 'logical');
}

/** True for `se(s)` without `sigma = TRUE`: the outcomes have no errors but the known ones. */
export function hasKnownScale(formula: Pick<Formula, 'additions'>): boolean {
  const [, sigma] = additionOf(formula, 'se')?.arguments ?? [];
  if (additionOf(formula, 'se') === null) return false;
  return sigma?.value.kind !== 'logical' || !sigma.value.value;
}

/** Splits `y | trials(n) + weights(w)` into y and the terms. */
export function splitResponse(
  left: Expression,
  fail: FailAt,
): Pick<Formula, 'response' | 'additions'> {
  if (left.kind !== 'binary' || left.operator !== '|') return { response: left, additions: [] };
  const additions = sumOf(left.right).map((term) => checked(term, fail));
  additions.forEach(({ function: name, place }, i) => {
    if (additions.findIndex((other) => other.function === name) < i) fail(place, `${name}() twice`);
  });
  return { response: left.left, additions };
}

function sumOf(expression: Expression): readonly Expression[] {
  if (expression.kind !== 'binary' || expression.operator !== '+') return [expression];
  return [...sumOf(expression.left), ...sumOf(expression.right)];
}

function checked(addition: Expression, fail: FailAt): CallExpression {
  if (addition.kind !== 'call') {
    return fail(
      addition.place,
      `expected ${Object.values(examples).join(', ')} after the | of an outcome`,
    );
  }
  const known = additionNames.find((name) => name === addition.function);
  if (known === undefined) {
    const purpose = brmsFunctions.get(addition.function);
    const what = purpose === undefined ? '' : ` of brms (${purpose})`;
    const supported = `y | ${Object.values(examples).join(', ')}`;
    return fail(addition.place, `${addition.function}()${what} is not supported; ${supported} are`);
  }
  if (known === 'set') return namingColumns(addition, fail);
  if (known === 'cens') return censoring(addition, fail);
  if (known === 'trunc') return truncation(addition, fail);
  if (known === 'thres') return namingThresholds(addition, fail);
  const [only, second, third] = addition.arguments;
  if (known === 'se' && second !== undefined) {
    const { name, value } = second;
    if (third !== undefined || (name ?? 'sigma') !== 'sigma' || value.kind !== 'logical') {
      fail(
        addition.place,
        'se() takes standard errors and sigma, TRUE or FALSE: y | se(s, sigma = TRUE)',
      );
    }
  }
  if (only === undefined || only.name !== null || (known !== 'se' && second !== undefined)) {
    const example = `y | ${examples[known]}`;
    return fail(addition.place, `${known}() takes one argument, a column or a number: ${example}`);
  }
  return addition;
}

function censoring(cens: CallExpression, fail: FailAt): CallExpression {
  const [code, upper, third] = cens.arguments;
  const isSound =
    code?.name === null && (upper === undefined || (upper.name ?? 'y2') === 'y2') && !third;
  if (isSound) return cens;
  return fail(
    cens.place,
    'cens() takes what is known of each outcome, and the upper ends of intervals: y | cens(c) or y | cens(c, y2)',
  );
}

function truncation(trunc: CallExpression, fail: FailAt): CallExpression {
  const names = trunc.arguments.map(({ name }, i) => name ?? ['lb', 'ub'][i]);
  const isSound = names.every((name) => name === 'lb' || name === 'ub');
  if (isSound && names.length > 0 && new Set(names).size === names.length) return trunc;
  return fail(
    trunc.place,
    'trunc() takes a lower bound, an upper bound or both: y | trunc(lb = 0, ub = 10)',
  );
}

/** The upper ends of intervals, y2 of `cens(c, y2)`; null in a formula without them. */
export function upperEndsOf(formula: Pick<Formula, 'additions'>): Expression | null {
  return additionOf(formula, 'cens')?.arguments[1]?.value ?? null;
}

function namingColumns(set: CallExpression, fail: FailAt): CallExpression {
  const isColumn = ({ name, value }: Argument) => name === null && value.kind === 'name';
  if (set.arguments.length > 0 && set.arguments.every(isColumn)) return set;
  return fail(set.place, 'set() takes the columns that tell choice sets apart: y | set(id)');
}

/** `thres(4)`, `thres(gr = judge)`, `thres(k, gr = judge)`; also with the number as `x = k`, brms' name of it. */
function namingThresholds(thres: CallExpression, fail: FailAt): CallExpression {
  const isGroup = ({ name }: Argument) => name === 'gr';
  const groups = thres.arguments.filter(isGroup);
  const numbers = thres.arguments.filter((argument) => !isGroup(argument));
  const isSound =
    thres.arguments.length > 0 &&
    groups.length <= 1 &&
    groups.every(({ value }) => value.kind === 'name') &&
    numbers.length <= 1 &&
    numbers.every(({ name }) => name === null || name === 'x');
  if (isSound) return thres;
  return fail(
    thres.place,
    'thres() takes a number of thresholds, a column of groups, or both: y | thres(4, gr = judge)',
  );
}
