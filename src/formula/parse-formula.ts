/**
 * Parses the text of a formula: `y | trials(n) ~ x1 * x2 + (1 + x1 | g)`, `bf(y ~ x, sigma ~ x)`.
 */
import { type FailAt, failIn } from '../text/cursor.js';
import { additionValues, splitResponse } from './additions.js';
import { checkNumeric, checkPredictors, checkResponse } from './check.js';
import { formatFormula } from './format.js';
import type { CallExpression, Formula, FormulaPart, MissingModel } from './formula.js';
import { missingModel } from './latents.js';
import { describeToken, parseExpression, TokenCursor } from './parse-expression.js';

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
  const isWhole = takeWrapper(cursor);
  const first = cursor.token;
  if (first.kind === 'end') fail(0, "expected a formula such as 'y ~ x', found no text");
  if (cursor.takeSymbol('~')) {
    fail(first.place, 'expected the outcome left of ~; a regression has an outcome, y ~ x');
  }
  const left = parseExpression(cursor);
  takeTilde(cursor, 'the outcome');
  const predictors = parseExpression(cursor);
  const parts = isWhole ? takeParts(cursor) : [];
  const added = isWhole ? takeAdded(cursor) : {};
  const last = cursor.token;
  if (last.kind !== 'end') {
    const found = describeToken(last);
    if (found === '~') fail(last.place, 'a second ~; a formula has one');
    if (found === ',') {
      fail(last.place, 'several formulas are written bf(y ~ x, sigma ~ x), found a comma outside');
    }
    fail(last.place, `expected an operator or the end, found ${found}`);
  }
  const formula = {
    text,
    ...splitResponse(left, fail),
    predictors,
    ...(parts.length > 0 && { parts }),
    ...added,
  };
  checkResponse(formula.response, fail);
  for (const value of additionValues(formula)) checkNumeric(value, fail);
  checkPredictors(predictors, fail);
  for (const part of parts) checkPredictors(part.predictors, fail);
  for (const { predictors: own } of added.missing ?? []) checkPredictors(own, fail);
  return formula;
}

function takeTilde(cursor: TokenCursor, after: string): void {
  const between = cursor.token;
  if (cursor.takeSymbol('~')) return;
  cursor.fail(between.place, `expected ~ after ${after}, found ${describeToken(between)}`);
}

/** The formula in R's spelling, with the same tree and with offsets into that spelling. */
export function canonicalFormula(formula: Formula): Formula {
  const text = formatFormula(formula);
  return text === formula.text ? formula : parseFormula(text);
}

/** brms' other functions that take formulas as arguments. */
const formulaFunctions = ['mvbf', 'mvbrmsformula', 'lf', 'nlf', 'acformula'];

/** True if the formula is within `bf(…)`, whose parenthesis is then taken. */
function takeWrapper(cursor: TokenCursor): boolean {
  const { token, following, fail } = cursor;
  const isCall = following?.kind === 'symbol' && following.symbol === '(';
  if (token.kind !== 'name' || !isCall) return false;
  if (formulaFunctions.includes(token.name)) {
    fail(
      token.place,
      `${token.name}() of brms (non-linear and multivariate formulas) is not supported; write y ~ x, or bf(y ~ x, sigma ~ x)`,
    );
  }
  if (token.name !== 'bf' && token.name !== 'brmsformula') return false;
  cursor.advance();
  cursor.advance();
  return true;
}

/** The formulas of parameters, `sigma ~ x`, up to the parenthesis that ends `bf(…)`. */
function takeParts(cursor: TokenCursor): FormulaPart[] {
  const { fail } = cursor;
  const parts: FormulaPart[] = [];
  while (cursor.takeSymbol(',')) {
    const { token, following } = cursor;
    if (token.kind !== 'name') {
      return fail(
        token.place,
        `expected the formula of a parameter, sigma ~ x, found ${describeToken(token)}`,
      );
    }
    const { name, place } = token;
    if (following.kind === 'symbol' && following.symbol === '=') {
      fail(place, `${name} = in bf() is not supported; a parameter has a formula, sigma ~ x`);
    }
    if (parts.some(({ parameter }) => parameter === name))
      fail(place, `a second formula of ${name}`);
    cursor.advance();
    takeTilde(cursor, `the parameter ${name}`);
    parts.push({ parameter: name, predictors: parseExpression(cursor), place });
  }
  cursor.expectSymbol(')', 'the formulas of bf()');
  return parts;
}

/** What follows `bf(…)`: `+ bf(x | mi() ~ z)`, `+ set_rescor(FALSE)`, `+ set_mecor(FALSE)`. */
function takeAdded(cursor: TokenCursor): Pick<Formula, 'missing' | 'correlatesNoisy'> {
  const { fail } = cursor;
  const missing: MissingModel[] = [];
  let correlatesNoisy = true;
  while (cursor.takeSymbol('+')) {
    const { token } = cursor;
    if (takeWrapper(cursor)) {
      const left = parseExpression(cursor);
      takeTilde(cursor, 'the predictor');
      const model = missingModel(left, parseExpression(cursor), fail);
      if (missing.some(({ variable }) => variable === model.variable)) {
        fail(model.place, `a second formula of ${model.variable}`);
      }
      missing.push(model);
      cursor.expectSymbol(')', 'the formula of a predictor');
      continue;
    }
    const call = parseExpression(cursor, 6);
    const name = call.kind === 'call' ? call.function : '';
    if (call.kind !== 'call' || (name !== 'set_rescor' && name !== 'set_mecor')) {
      return fail(
        token.place,
        'expected bf(x | mi() ~ z), set_rescor(FALSE) or set_mecor(FALSE) after bf(…) +',
      );
    }
    const isTrue = flag(call, fail);
    if (name === 'set_mecor') correlatesNoisy = isTrue;
    else if (isTrue) {
      fail(
        token.place,
        'correlated residuals are not supported: set_rescor(FALSE), the outcome and its predictors are independent given each other',
      );
    }
  }
  return {
    ...(missing.length > 0 && { missing }),
    ...(!correlatesNoisy && { correlatesNoisy: false }),
  };
}

/** The only argument, TRUE or FALSE. */
function flag({ function: name, arguments: given, place }: CallExpression, fail: FailAt): boolean {
  const [first, second] = given;
  if (first?.value.kind === 'logical' && second === undefined) return first.value.value;
  return fail(place, `${name}() takes TRUE or FALSE`);
}
