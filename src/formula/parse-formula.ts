/**
 * Parses the text of a formula: `y | trials(n) ~ x1 * x2 + (1 + x1 | g)`.
 */
import { type FailAt, failIn } from '../text/cursor.js';
import { checkNumeric, checkPredictors, checkResponse } from './check.js';
import { formatFormula } from './format.js';
import type { Expression, Formula } from './formula.js';
import { brmsFunctions } from './functions.js';
import { describeToken, parseExpression, type Token, TokenCursor } from './parse-expression.js';

/**
 * @param text an R formula as in brms
 * @throws WeighbridgeError `bad-formula` with the offset of the character in its details
 */
export function parseFormula(text: string): Formula {
  if (typeof text !== 'string') {
    failIn('formula', '')(0, `expected text such as 'y ~ x', found ${typeof text}`);
  }
  const cursor = new TokenCursor(text);
  const { fail } = cursor;
  const first = cursor.token;
  refuseBrmsFormula(cursor.tokens, fail);
  if (first.kind === 'end') fail(0, "expected a formula such as 'y ~ x', found no text");
  if (cursor.takeSymbol('~')) {
    fail(first.place, 'expected the outcome left of ~; a regression has an outcome, y ~ x');
  }
  const left = parseExpression(cursor);
  const between = cursor.token;
  if (!cursor.takeSymbol('~')) {
    const found = describeToken(between);
    fail(between.place, `expected ~ after the outcome, found ${found}`);
  }
  const predictors = parseExpression(cursor);
  const last = cursor.token;
  if (last.kind !== 'end') {
    const found = describeToken(last);
    if (found === '~') fail(last.place, 'a second ~; a formula has one');
    fail(last.place, `expected an operator or the end, found ${found}`);
  }
  const formula = { text, ...splitResponse(left, fail), predictors };
  checkResponse(formula.response, fail);
  if (formula.trials !== null) checkNumeric(formula.trials, fail);
  checkPredictors(predictors, fail);
  return formula;
}

/** The formula in R's spelling, with the same tree and with offsets into that spelling. */
export function canonicalFormula(formula: Formula): Formula {
  const text = formatFormula(formula);
  return text === formula.text ? formula : parseFormula(text);
}

/** brms' functions that take formulas as arguments. */
const formulaFunctions = ['bf', 'brmsformula', 'mvbf', 'mvbrmsformula', 'lf', 'nlf', 'acformula'];

function refuseBrmsFormula([first, second]: readonly Token[], fail: FailAt): void {
  const isCall = second?.kind === 'symbol' && second.symbol === '(';
  if (first.kind !== 'name' || !isCall || !formulaFunctions.includes(first.name)) return;
  fail(
    first.place,
    `${first.name}() of brms (distributional, non-linear and multivariate formulas) is not supported; write the formula of the mean, y ~ x`,
  );
}

/** Splits `y | trials(n)` into y and n. */
function splitResponse(left: Expression, fail: FailAt): Pick<Formula, 'response' | 'trials'> {
  if (left.kind !== 'binary' || left.operator !== '|') return { response: left, trials: null };
  return { response: left.left, trials: trialsArgument(left.right, fail) };
}

function trialsArgument(addition: Expression, fail: FailAt): Expression {
  if (addition.kind === 'binary' && addition.operator === '+') {
    // Throws at the first term that is not trials().
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
