/**
 * Text to a formula: `y | trials(n) ~ x1 * x2 + (1 + x1 | g)`.
 */
import { checkNumeric, checkPredictors, checkResponse } from './check.js';
import { formatFormula } from './format.js';
import type { Expression, Formula } from './formula.js';
import { type FormulaFail, formulaError } from './formula-error.js';
import { brmsFunctions } from './functions.js';
import { cursorOf, describeToken, parseExpression, takeSymbol } from './parse-expression.js';
import type { Token } from './tokens.js';

/**
 * @param text an R formula, as brms takes it
 * @throws WeighbridgeError 'bad-formula' that points at a character; `formulaPlace` of it has the offset
 */
export function parseFormula(text: string): Formula {
  if (typeof text !== 'string') {
    throw formulaError('', 0, `expected text such as 'y ~ x', found ${typeof text}`);
  }
  const sides = parseSides(text);
  const canonical = formatFormula(sides);
  // Parsed anew, so that places are those of the canonical text: it alone is kept.
  return { text: canonical, ...(canonical === text ? sides : parseSides(canonical)) };
}

function parseSides(text: string): Omit<Formula, 'text'> {
  const cursor = cursorOf(text);
  const { fail } = cursor;
  const first = cursor.tokens[0];
  refuseBrmsFormula(cursor.tokens, fail);
  if (first.kind === 'end') fail(0, "expected a formula such as 'y ~ x', found no text");
  if (takeSymbol(cursor, '~')) {
    fail(first.place, 'expected the outcome left of ~; a regression has an outcome, y ~ x');
  }
  const left = parseExpression(cursor);
  const between = cursor.tokens[cursor.position];
  if (!takeSymbol(cursor, '~')) {
    const found = describeToken(between);
    fail(between.place, `expected ~ after the outcome, found ${found}`);
  }
  const predictors = parseExpression(cursor);
  const last = cursor.tokens[cursor.position];
  if (last.kind !== 'end') {
    const found = describeToken(last);
    if (found === '~') fail(last.place, 'a second ~; a formula has one');
    fail(last.place, `expected an operator or the end, found ${found}`);
  }
  const sides = { ...splitResponse(left, fail), predictors };
  checkResponse(sides.response, fail);
  if (sides.trials !== null) checkNumeric(sides.trials, fail);
  checkPredictors(predictors, fail);
  return sides;
}

/** brms' functions that hold formulas, whose `~` has no meaning here. */
const formulaFunctions = ['bf', 'brmsformula', 'mvbf', 'mvbrmsformula', 'lf', 'nlf', 'acformula'];

function refuseBrmsFormula([first, second]: readonly Token[], fail: FormulaFail): void {
  const isCall = second?.kind === 'symbol' && second.symbol === '(';
  if (first.kind !== 'name' || !isCall || !formulaFunctions.includes(first.name)) return;
  fail(
    first.place,
    `${first.name}() of brms (distributional, non-linear and multivariate formulas) is not supported; a formula is one of the outcome's mean, y ~ x`,
  );
}

/** `y | trials(n)` to y and n. */
function splitResponse(left: Expression, fail: FormulaFail): Pick<Formula, 'response' | 'trials'> {
  if (left.kind !== 'binary' || left.operator !== '|') return { response: left, trials: null };
  return { response: left.left, trials: trialsArgument(left.right, fail) };
}

function trialsArgument(addition: Expression, fail: FormulaFail): Expression {
  if (addition.kind === 'binary' && addition.operator === '+') {
    // The first that is not trials() is what cannot be done.
    trialsArgument(addition.left, fail);
    trialsArgument(addition.right, fail);
    return fail(addition.place, 'trials() twice');
  }
  if (addition.kind !== 'call') {
    return fail(addition.place, 'expected trials(n) after the | of an outcome');
  }
  if (addition.function !== 'trials') {
    const purpose = brmsFunctions.get(addition.function);
    const what = purpose === undefined ? '' : ` of brms (${purpose})`;
    const name = addition.function;
    return fail(addition.place, `${name}()${what} is not supported; y | trials(n) is`);
  }
  const [only, second] = addition.arguments;
  if (only === undefined || second !== undefined) {
    return fail(addition.place, 'trials() takes one argument, a column or a number: y | trials(n)');
  }
  return only.value;
}
