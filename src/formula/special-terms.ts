/**
 * The columns of terms whose coefficients are a function of other parameters, such as mo(x). They follow the
 * columns of all other terms (stacked.ts).
 */
import { badData } from '../checks/values.js';
import type { SpecialColumns } from './design.js';
import { valuesOf } from './evaluate.js';
import { formatExpression } from './format.js';
import type { CallExpression } from './formula.js';
import { firstArgument } from './functions.js';
import { columnsOfTerms } from './model-matrix.js';
import type { Scope } from './scope.js';
import { specialCall, type Terms } from './terms.js';

/** The columns of each special term, in the order of the terms; one more for each column of its other variables. */
export function specialColumns(terms: Terms, scope: Scope): readonly SpecialColumns[] {
  const others = columnsOfTerms(terms, scope);
  return terms.terms.flatMap((term, t) => {
    const calls = term.flatMap((variable) => specialCall(terms.variables[variable]) ?? []);
    const [call, second] = calls;
    if (second) {
      scope.fail(
        second.place,
        `${formatExpression(second)} in one term with ${formatExpression(call)}: expected one function of its kind in a term`,
      );
    }
    const steps = stepsOf(call, scope);
    return others[t].names.map((name, c): SpecialColumns => {
      const factor = others[t].columns[c];
      const values = new Float64Array(scope.rows * steps.count);
      for (let i = 0; i < scope.rows; i++) {
        for (let l = 0; l < steps.of[i]; l++) values[i * steps.count + l] = factor[i];
      }
      return {
        term: { kind: 'monotonic', name, columns: steps.count },
        values,
        notes: steps.notes,
      };
    });
  });
}

/** More steps would make a Dirichlet distribution of hundreds of shares. */
const MOST_STEPS = 200;

interface Steps {
  /** D, the number of steps from the lowest to the highest value in the data of the fit. */
  readonly count: number;
  /** Steps from the lowest value to that of each row, from 0 to D. */
  readonly of: ArrayLike<number>;
  readonly notes: readonly string[];
}

/** The steps of the argument of mo(): whole numbers from the lowest on, or the levels of a factor in their order. */
function stepsOf(call: CallExpression, scope: Scope): Steps {
  const argument = firstArgument(call, scope.fail);
  const label = formatExpression(call);
  const value = valuesOf(argument, scope);
  if (value.kind !== 'numeric') {
    const levels = value.kind === 'factor' ? value.levels.length : 2;
    const [count] = scope.constants(label, () => [levels - 1]);
    if (count < 1) scope.fail(call.place, `${label} has one level, expected two or more`);
    const notes =
      value.kind === 'factor'
        ? [
            `the levels of ${label} ascend in this order: ${value.levels.join(', ')}; the option levels gives them another`,
          ]
        : [];
    return { count, of: value.codes, notes };
  }
  const { values } = value;
  const bad = values.findIndex((x) => !Number.isSafeInteger(x));
  if (bad >= 0) throw unexpected(values[bad], 'a whole number, or text whose levels ascend', bad);
  const [count, least] = scope.constants(label, () => {
    const lowest = values.reduce((low, x) => Math.min(low, x), Number.POSITIVE_INFINITY);
    return [values.reduce((most, x) => Math.max(most, x - lowest), 0), lowest];
  });
  if (count < 1)
    scope.fail(call.place, `${label} is ${least} in all rows, expected two values or more`);
  if (count > MOST_STEPS) {
    scope.fail(
      call.place,
      `${label} goes from ${least} to ${least + count}, expected at most ${MOST_STEPS} steps: use the number itself, or cut it into groups`,
    );
  }
  const outside = values.findIndex((x) => x < least || x > least + count);
  if (outside >= 0) {
    const range = `a whole number from ${least} to ${least + count}, as in the data of the fit`;
    throw unexpected(values[outside], range, outside);
  }
  return { count, of: values.map((x) => x - least), notes: [] };

  function unexpected(found: number, expected: string, i: number): Error {
    const row = scope.rowNumber(i);
    return badData(`row ${row}: ${label} of ${found}, expected ${expected}`, {
      row,
      column: formatExpression(argument),
      found,
      expected,
    });
  }
}
