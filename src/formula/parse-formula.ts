/**
 * Parses the text of a formula: `y | trials(n) ~ x1 * x2 + (1 + x1 | g)`.
 */
import { type FailAt, failIn } from '../text/cursor.js';
import { additionValues, splitResponse } from './additions.js';
import { checkNumeric, checkPredictors, checkResponse } from './check.js';
import { formatFormula } from './format.js';
import type { Formula } from './formula.js';
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
  for (const value of additionValues(formula)) checkNumeric(value, fail);
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
