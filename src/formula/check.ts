/**
 * Checks that each expression is allowed in its context: operators build terms right of `~`, are
 * arithmetic within functions, and join grouping factors after `|`.
 */

import type { FailAt } from '../text/cursor.js';
import { constantsOf, numberOf } from './constants.js';
import { formatExpression } from './format.js';
import {
  type BinaryExpression,
  type CallExpression,
  type Expression,
  operatorFacts,
} from './formula.js';
import {
  checkLatentCall,
  firstArgument,
  polyCall,
  rowArguments,
  specialFunctions,
  unknownFunction,
} from './functions.js';
import { multiMembership } from './multi-membership.js';
import { smoothFunctions, smoothTerm } from './smooth-terms.js';

/** Maximum exponent of a sum of terms; higher powers add no terms. */
const MAX_POWER = 100;

/** The context of a term. Offsets and group terms can only be added or subtracted. */
type Context = 'added' | 'removed' | 'operand' | 'varying';

export function checkPredictors(expression: Expression, fail: FailAt): void {
  checkTerms(expression, 'added', fail);
}

function checkTerms(expression: Expression, context: Context, fail: FailAt): void {
  switch (expression.kind) {
    case 'name':
      return;
    case 'dot':
      if (context === 'varying') {
        fail(expression.place, '. is not supported in a group term; name the columns that vary');
      }
      return;
    case 'logical':
      fail(expression.place, 'TRUE and FALSE are not terms');
      return;
    case 'text':
      fail(expression.place, 'text is not a term; names with spaces go in `backquotes`');
      return;
    case 'constant':
      fail(expression.place, `${expression.name} is not a term`);
      return;
    case 'number':
      if (expression.value !== 0 && expression.value !== 1) {
        const found = formatExpression(expression);
        fail(
          expression.place,
          `the only numbers that are terms are 0 and 1, found ${found}; arithmetic goes inside I()`,
        );
      }
      return;
    case 'unary': {
      const { operator, operand } = expression;
      if (operator === '!') checkNumeric(operand, fail);
      else checkTerms(operand, operator === '-' ? taken(context) : context, fail);
      return;
    }
    case 'parentheses': {
      const { inner } = expression;
      if (inner.kind === 'binary' && isBar(inner)) checkGroup(inner, context, fail);
      else checkTerms(inner, context, fail);
      return;
    }
    case 'binary':
      checkOperator(expression, context, fail);
      return;
    case 'call':
      checkTermCall(expression, context, fail);
      return;
  }
}

/** The context right of a minus. */
function taken(context: Context): Context {
  return context === 'added' ? 'removed' : crossed(context);
}

/** The context of an operand of `:`, `*` and so on. */
function crossed(context: Context): Context {
  return context === 'varying' ? context : 'operand';
}

/** Operators between effects and grouping factor: `|` and `||`. */
export function isBar({ operator }: BinaryExpression): boolean {
  return operatorFacts(operator).role === 'group';
}

function checkOperator(expression: BinaryExpression, context: Context, fail: FailAt): void {
  const { operator, left, right, place } = expression;
  if (isBar(expression)) {
    fail(place, `${operator} outside of parentheses; a group term is (1 ${operator} g)`);
  }
  if (operator === '+' || operator === '-') {
    checkTerms(left, context, fail);
    checkTerms(right, operator === '+' ? context : taken(context), fail);
    return;
  }
  if (isVariable(expression)) {
    checkNumeric(expression, fail);
    return;
  }
  refuseNumber(left, operator, fail);
  checkTerms(left, crossed(context), fail);
  if (operator === '^') {
    checkPower(right, fail);
    return;
  }
  refuseNumber(right, operator, fail);
  if (operator === '%in%') refuseValues(expression, fail);
  checkTerms(right, crossed(context), fail);
}

/** Whether an operator computes values (`x > 0`, `x %% 2`) instead of building terms. */
export function isVariable({ operator }: BinaryExpression): boolean {
  const { role } = operatorFacts(operator);
  return role === 'comparison' || role === 'value';
}

function refuseValues({ left, right }: BinaryExpression, fail: FailAt): void {
  if (right.kind !== 'call' || right.function !== 'c') return;
  const test = `I(${formatExpression(left)} %in% ${formatExpression(right)})`;
  fail(right.place, `%in% nests terms; a test of values goes inside I(), as in ${test}`);
}

function refuseNumber(operand: Expression, operator: string, fail: FailAt): void {
  if (numberOf(operand) === null) return;
  const found = formatExpression(operand);
  fail(
    operand.place,
    `${operator} joins terms and ${found} is not a term; arithmetic goes inside I(), as in I(x${operator}2)`,
  );
}

function checkPower(right: Expression, fail: FailAt): void {
  const power = numberOf(right);
  if (power !== null && Number.isInteger(power) && power >= 1 && power <= MAX_POWER) return;
  const found = formatExpression(right);
  fail(
    right.place,
    `the power of a sum of terms is ${found}, expected a whole number from 1 to ${MAX_POWER}; the square of a number is I(x^2)`,
  );
}

function checkTermCall(call: CallExpression, context: Context, fail: FailAt): void {
  switch (call.function) {
    case 'offset':
      if (context !== 'added' && context !== 'removed') {
        fail(call.place, 'an offset can only be added or taken away: y ~ x + offset(z)');
      }
      checkNumeric(firstArgument(call, fail), fail);
      return;
    case 'poly':
      checkNumeric(polyCall(call, fail).x, fail);
      return;
    case 'mo':
      if (context === 'varying') {
        fail(call.place, 'mo() is not supported in a group term or cs(); name the column itself');
      }
      checkNumeric(firstArgument(call, fail), fail);
      return;
    case 'cs':
      checkSpecific(call, context, fail);
      return;
    case 's':
    case 'gp':
      checkSmooth(call, context, fail);
      return;
    case 'me':
    case 'mi':
      if (context === 'varying') {
        fail(call.place, `${call.function}() does not vary by groups: it goes outside of ( | )`);
      }
      for (const value of checkLatentCall(call, fail)) checkNumeric(value, fail);
      return;
    default:
      checkNumeric(call, fail);
      return;
  }
}

function checkSmooth(call: CallExpression, context: Context, fail: FailAt): void {
  const { label, x } = smoothTerm(call, fail);
  if (context === 'varying') fail(call.place, `${label} in a group term is not supported`);
  if (context === 'operand') {
    fail(
      call.place,
      `${label} can only be added or taken away: y ~ ${label} + z; with a curve for each level of g, add by = g`,
    );
  }
  checkNumeric(x, fail);
}

/** `cs(x + z)`: terms whose effects differ by threshold. */
function checkSpecific(call: CallExpression, context: Context, fail: FailAt): void {
  if (context !== 'added' && context !== 'removed') {
    fail(call.place, 'cs() can only be added or taken away: rating ~ x + cs(z)');
  }
  const [only, second] = call.arguments;
  if (only === undefined || only.name !== null || second !== undefined) {
    fail(call.place, 'cs() takes one argument, predictors: rating ~ x + cs(z + w)');
  }
  if (only.value.kind === 'binary' && isBar(only.value)) {
    fail(
      only.value.place,
      'cs() of group effects, cs(1 | g), is not supported; cs(x) is, and (1 | g) outside of it',
    );
  }
  checkTerms(only.value, 'varying', fail);
}

/** `1 + x | g`, and the `id` of `1 + x |id| g`. */
interface GroupBar {
  /** What varies. */
  readonly left: Expression;
  readonly id: string | null;
}

/**
 * What is left of the last bar of a group term.
 *
 * @throws WeighbridgeError `bad-formula` for `|id||`, `||id|`, a third bar, and an id that is not a name
 */
export function groupBar({ left, operator, place }: BinaryExpression, fail: FailAt): GroupBar {
  if (left.kind !== 'binary' || !isBar(left)) return { left, id: null };
  const bars = [left.operator, operator];
  if (left.left.kind === 'binary' && isBar(left.left)) {
    fail(left.left.place, 'a third |; a group term with a name is (1 |id| g)');
  }
  if (bars.includes('||')) {
    fail(
      operator === '||' ? place : left.place,
      'terms with a name are correlated with each other, which || leaves out: write (1 |id| g)',
    );
  }
  const { right: name } = left;
  if (name.kind !== 'name' && name.kind !== 'number') {
    fail(name.place, `the name of a group term is ${formatExpression(name)}; write (1 |id| g)`);
  }
  return { left: left.left, id: formatExpression(name) };
}

/** `1 + x | g`, without its parentheses. */
function checkGroup(bar: BinaryExpression, context: Context, fail: FailAt): void {
  const { right, operator, place } = bar;
  if (context === 'varying') fail(place, 'a group term within a group term');
  if (context === 'operand') {
    fail(place, 'a group term can only be added or taken away: y ~ x + (1 | g)');
  }
  checkTerms(groupBar(bar, fail).left, 'varying', fail);
  const members = multiMembership(right, fail);
  if (members) for (const weight of members.weights ?? []) checkNumeric(weight, fail);
  else checkGrouping(right, operator, fail);
}

/** The grouping factors after `|`: names, joined by `:`, `/`, `*` or `+`. */
function checkGrouping(expression: Expression, bar: string, fail: FailAt): void {
  const { kind, place } = expression;
  if (kind === 'name') return;
  if (kind === 'parentheses') {
    checkGrouping(expression.inner, bar, fail);
    return;
  }
  if (kind === 'binary' && [':', '/', '*', '+'].includes(expression.operator)) {
    checkGrouping(expression.left, bar, fail);
    checkGrouping(expression.right, bar, fail);
    return;
  }
  if (kind === 'call') {
    const unknown = unknownFunction(expression.function);
    if (unknown !== null) fail(place, unknown);
  }
  const found = formatExpression(expression);
  fail(
    place,
    `expected a grouping factor after ${bar}, a column or columns joined by : or /, found ${found}`,
  );
}

/** An expression with one value per row: numbers, columns, functions of them, comparisons. */
export function checkNumeric(expression: Expression, fail: FailAt): void {
  switch (expression.kind) {
    case 'name':
    case 'number':
    case 'constant':
    case 'logical':
    case 'text':
      return;
    case 'dot':
      fail(expression.place, '. is not supported in arithmetic');
      return;
    case 'parentheses':
      checkNumeric(expression.inner, fail);
      return;
    case 'unary':
      checkNumeric(expression.operand, fail);
      return;
    case 'binary':
      checkValueOperator(expression, fail);
      return;
    case 'call': {
      const name = expression.function;
      const isSmooth = smoothFunctions.includes(name);
      const unknown = isSmooth ? null : unknownFunction(name);
      if (unknown !== null) fail(expression.place, unknown);
      if (isSmooth || ['poly', 'offset', 'me', 'mi', ...specialFunctions].includes(name)) {
        fail(
          expression.place,
          `${name}() is a term of its own and is not supported inside arithmetic`,
        );
      }
      for (const of of rowArguments(expression, fail)) checkNumeric(of, fail);
      return;
    }
  }
}

function checkValueOperator(expression: BinaryExpression, fail: FailAt): void {
  const { operator, left, right, place } = expression;
  if (operator === '||' || operator === '&&') {
    fail(place, `${operator} takes single values in R; for columns write ${operator[0]}`);
  }
  if (operator === ':') fail(place, ': is not supported in arithmetic');
  checkNumeric(left, fail);
  if (operator === '%in%') constantsOf(right, fail);
  else checkNumeric(right, fail);
}

/** The outcome 1 is that of a table of wins: every row is one. */
export function checkResponse(response: Expression, fail: FailAt): void {
  if (numberOf(response) !== null && numberOf(response) !== 1) {
    const found = formatExpression(response);
    fail(
      response.place,
      `expected the outcome, a column, a function of one, or 1 in all rows, found ${found}`,
    );
  }
  checkNumeric(response, fail);
}
