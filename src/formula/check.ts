/**
 * Which expressions have a meaning where: right of `~` operators build terms, within functions
 * they are arithmetic, behind `|` they join grouping factors.
 */

import { constantsOf, numberOf } from './constants.js';
import { formatExpression } from './format.js';
import type { BinaryExpression, CallExpression, Expression } from './formula.js';
import type { FormulaFail } from './formula-error.js';
import { firstArgument, polyCall, rowArguments, unknownFunction } from './functions.js';
import { isComparison } from './parse-expression.js';

/** Powers of a sum of terms beyond this add no terms. */
const MAX_POWER = 100;

/**
 * Where a term stands. Offsets and group terms are added or taken away, and nothing else is done to
 * them.
 */
type Standing = 'added' | 'removed' | 'operand' | 'varying';

export function checkPredictors(expression: Expression, fail: FormulaFail): void {
  checkTerms(expression, 'added', fail);
}

function checkTerms(expression: Expression, standing: Standing, fail: FormulaFail): void {
  switch (expression.kind) {
    case 'name':
      return;
    case 'dot':
      if (standing === 'varying') {
        fail(expression.place, '. has no place in a group term; name the columns that vary');
      }
      return;
    case 'logical':
      fail(expression.place, 'TRUE and FALSE are not terms');
      return;
    case 'text':
      fail(expression.place, 'text is no term; names with spaces stand in `backquotes`');
      return;
    case 'constant':
      fail(expression.place, `${expression.name} is no term`);
      return;
    case 'number':
      if (expression.value !== 0 && expression.value !== 1) {
        const found = formatExpression(expression);
        fail(
          expression.place,
          `of numbers, 0 and 1 alone are terms, found ${found}; arithmetic stands within I()`,
        );
      }
      return;
    case 'unary': {
      const { operator, operand } = expression;
      if (operator === '!') checkNumeric(operand, fail);
      else checkTerms(operand, operator === '-' ? taken(standing) : standing, fail);
      return;
    }
    case 'parentheses': {
      const { inner } = expression;
      if (inner.kind === 'binary' && isBar(inner)) checkGroup(inner, standing, fail);
      else checkTerms(inner, standing, fail);
      return;
    }
    case 'binary':
      checkOperator(expression, standing, fail);
      return;
    case 'call':
      checkTermCall(expression, standing, fail);
      return;
  }
}

/** Right of a minus. */
function taken(standing: Standing): Standing {
  return standing === 'added' ? 'removed' : crossed(standing);
}

/** What may be added or taken away may not be crossed. */
function crossed(standing: Standing): Standing {
  return standing === 'varying' ? standing : 'operand';
}

function isBar({ operator }: BinaryExpression): boolean {
  return operator === '|' || operator === '||';
}

function checkOperator(expression: BinaryExpression, standing: Standing, fail: FormulaFail): void {
  const { operator, left, right, place } = expression;
  if (isBar(expression)) {
    fail(place, `${operator} outside of parentheses; a group term is (1 ${operator} g)`);
  }
  if (operator === '+' || operator === '-') {
    checkTerms(left, standing, fail);
    checkTerms(right, operator === '+' ? standing : taken(standing), fail);
    return;
  }
  if (isVariable(expression)) {
    checkNumeric(expression, fail);
    return;
  }
  refuseNumber(left, operator, fail);
  checkTerms(left, crossed(standing), fail);
  if (operator === '^') {
    checkPower(right, fail);
    return;
  }
  refuseNumber(right, operator, fail);
  if (operator === '%in%') refuseValues(expression, fail);
  checkTerms(right, crossed(standing), fail);
}

/** An operator that makes values of values, where others make terms of terms: `x > 0`, `x %% 2`. */
export function isVariable(expression: BinaryExpression): boolean {
  return isComparison(expression) || ['&', '&&', '%%', '%/%'].includes(expression.operator);
}

function refuseValues({ left, right }: BinaryExpression, fail: FormulaFail): void {
  if (right.kind !== 'call' || right.function !== 'c') return;
  const test = `I(${formatExpression(left)} %in% ${formatExpression(right)})`;
  fail(right.place, `%in% of terms nests them; a test of values stands within I(), as in ${test}`);
}

function refuseNumber(operand: Expression, operator: string, fail: FormulaFail): void {
  if (numberOf(operand) === null) return;
  const found = formatExpression(operand);
  fail(
    operand.place,
    `${operator} joins terms and ${found} is none; arithmetic stands within I(), as in I(x${operator}2)`,
  );
}

function checkPower(right: Expression, fail: FormulaFail): void {
  const power = numberOf(right);
  if (power !== null && Number.isInteger(power) && power >= 1 && power <= MAX_POWER) return;
  const found = formatExpression(right);
  fail(
    right.place,
    `^ of terms wants a whole number from 1 to ${MAX_POWER}, found ${found}; the square of a number is I(x^2)`,
  );
}

function checkTermCall(call: CallExpression, standing: Standing, fail: FormulaFail): void {
  switch (call.function) {
    case 'offset':
      if (standing !== 'added' && standing !== 'removed') {
        fail(call.place, 'an offset is added or taken away as it is: y ~ x + offset(z)');
      }
      checkNumeric(firstArgument(call, fail), fail);
      return;
    case 'poly':
      checkNumeric(polyCall(call, fail).x, fail);
      return;
    default:
      checkNumeric(call, fail);
      return;
  }
}

/** `1 + x | g`, of which the parentheses were taken off. */
function checkGroup(bar: BinaryExpression, standing: Standing, fail: FormulaFail): void {
  const { left, right, operator, place } = bar;
  if (standing === 'varying') fail(place, 'a group term within a group term');
  if (standing === 'operand') {
    fail(place, 'a group term is added or taken away as it is: y ~ x + (1 | g)');
  }
  if (left.kind === 'binary' && isBar(left)) {
    fail(left.place, 'a second |; names of group terms, (1 |id| g), are not supported');
  }
  checkTerms(left, 'varying', fail);
  checkGrouping(right, operator, fail);
}

/** What stands behind `|`: names, joined by `:`, `/`, `*` or `+`. */
function checkGrouping(expression: Expression, bar: string, fail: FormulaFail): void {
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

/** Values: of numbers, columns and functions of them; comparisons too. */
export function checkNumeric(expression: Expression, fail: FormulaFail): void {
  switch (expression.kind) {
    case 'name':
    case 'number':
    case 'constant':
    case 'logical':
    case 'text':
      return;
    case 'dot':
      fail(expression.place, '. has no place in arithmetic');
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
      const unknown = unknownFunction(expression.function);
      if (unknown !== null) fail(expression.place, unknown);
      if (expression.function === 'poly' || expression.function === 'offset') {
        const name = expression.function;
        fail(expression.place, `${name}() is a term of its own and has no place within arithmetic`);
      }
      for (const of of rowArguments(expression, fail)) checkNumeric(of, fail);
      return;
    }
  }
}

function checkValueOperator(expression: BinaryExpression, fail: FormulaFail): void {
  const { operator, left, right, place } = expression;
  if (operator === '||' || operator === '&&') {
    fail(place, `${operator} takes single values in R; for columns write ${operator[0]}`);
  }
  if (operator === ':') fail(place, ': has no place in arithmetic');
  checkNumeric(left, fail);
  if (operator === '%in%') constantsOf(right, fail);
  else checkNumeric(right, fail);
}

export function checkResponse(response: Expression, fail: FormulaFail): void {
  if (numberOf(response) !== null) {
    const found = formatExpression(response);
    fail(response.place, `expected the outcome, a column or a function of one, found ${found}`);
  }
  checkNumeric(response, fail);
}
