/**
 * The functions that a formula knows, with their arguments as R matches them: by name first, the
 * others in order.
 */

import { formatExpression } from './format.js';
import type { CallExpression, Expression } from './formula.js';
import type { FormulaFail } from './formula-error.js';

/** Of one number each. */
export const numericFunctions: ReadonlyMap<string, (x: number) => number> = new Map([
  ['log2', Math.log2],
  ['log10', Math.log10],
  ['log1p', Math.log1p],
  ['exp', Math.exp],
  ['expm1', Math.expm1],
  ['sqrt', Math.sqrt],
  ['abs', Math.abs],
  ['sin', Math.sin],
  ['cos', Math.cos],
]);

export const knownFunctions: readonly string[] = [
  'I',
  'log',
  ...numericFunctions.keys(),
  'scale',
  'poly',
  'factor',
  'offset',
];

/** brms' functions of formulas that are not here, with what they are for. */
export const brmsFunctions: ReadonlyMap<string, string> = new Map([
  ['s', 'smooth terms'],
  ['t2', 'smooth terms'],
  ['gp', 'Gaussian processes'],
  ['mo', 'monotonic effects'],
  ['me', 'predictors with noise'],
  ['mi', 'missing values as parameters'],
  ['cs', 'category specific effects'],
  ['mm', 'multi-membership terms'],
  ['mmc', 'multi-membership terms'],
  ['gr', 'grouping by gr()'],
  ['ar', 'autocorrelation'],
  ['ma', 'autocorrelation'],
  ['arma', 'autocorrelation'],
  ['cosy', 'autocorrelation'],
  ['unstr', 'autocorrelation'],
  ['sar', 'spatial autocorrelation'],
  ['car', 'spatial autocorrelation'],
  ['fcor', 'fixed correlations'],
  ['cens', 'censoring'],
  ['trunc', 'truncation'],
  ['weights', 'weights of rows'],
  ['se', 'known standard errors'],
  ['rate', 'rates'],
  ['subset', 'subsets of rows'],
  ['dec', 'decisions'],
  ['cat', 'numbers of categories'],
  ['thres', 'thresholds'],
  ['index', 'indices of rows'],
  ['vint', 'variables of custom families'],
  ['vreal', 'variables of custom families'],
  ['mvbind', 'several outcomes'],
]);

/** Why a function cannot be used at all, or null for one that is known. */
export function unknownFunction(name: string): string | null {
  if (knownFunctions.includes(name)) return null;
  const purpose = brmsFunctions.get(name);
  if (purpose !== undefined) return `${name}() of brms (${purpose}) is not here`;
  if (name === 'trials') return 'trials() stands left of ~, after the outcome: y | trials(n) ~ x';
  if (name === 'cbind') return 'cbind() is not here; counts of trials are y | trials(n) ~ x';
  return `the function ${name}() is not here; these are: ${knownFunctions.join(', ')}`;
}

type Matched = ReadonlyMap<string, Expression>;

function matchArguments(
  call: CallExpression,
  names: readonly string[],
  fail: FormulaFail,
): Matched {
  const matched = new Map<string, Expression>();
  const usage = `${call.function}(${names.join(', ')})`;
  for (const { name, value } of call.arguments) {
    if (name === null) continue;
    if (!names.includes(name)) fail(value.place, `no argument ${name} in ${usage}`);
    if (matched.has(name)) fail(value.place, `the argument ${name} is given twice`);
    matched.set(name, value);
  }
  const open = names.filter((name) => !matched.has(name));
  for (const { name, value } of call.arguments) {
    if (name !== null) continue;
    const next = open.shift();
    if (next === undefined) {
      const found = formatExpression(value);
      return fail(value.place, `one argument too many, ${found}; expected ${usage}`);
    }
    matched.set(next, value);
  }
  return matched;
}

function required(call: CallExpression, matched: Matched, fail: FormulaFail): Expression {
  const x = matched.get('x');
  return x ?? fail(call.place, `${call.function}() wants a column or an expression`);
}

/** The one argument of `exp(x)`, `I(x)`, `factor(x)`, `offset(x)`. */
export function onlyArgument(call: CallExpression, fail: FormulaFail): Expression {
  return required(call, matchArguments(call, ['x'], fail), fail);
}

export interface LogCall {
  readonly x: Expression;
  /** null: the natural logarithm. */
  readonly base: Expression | null;
}

export function logCall(call: CallExpression, fail: FormulaFail): LogCall {
  const matched = matchArguments(call, ['x', 'base'], fail);
  return { x: required(call, matched, fail), base: matched.get('base') ?? null };
}

export interface ScaleCall {
  readonly x: Expression;
  readonly center: boolean;
  readonly scale: boolean;
}

export function scaleCall(call: CallExpression, fail: FormulaFail): ScaleCall {
  const matched = matchArguments(call, ['x', 'center', 'scale'], fail);
  return {
    x: required(call, matched, fail),
    center: logical(matched, 'center', true, fail),
    scale: logical(matched, 'scale', true, fail),
  };
}

export interface PolyCall {
  readonly x: Expression;
  readonly degree: number;
  /** Powers as they are, not orthogonal ones. */
  readonly raw: boolean;
}

const MAX_DEGREE = 20;

export function polyCall(call: CallExpression, fail: FormulaFail): PolyCall {
  const { place } = call;
  // R's other arguments, coefs and simple, follow by name alone there too.
  const matched = matchArguments(call, ['x', 'degree', 'raw'], fail);
  const degree = matched.get('degree');
  const value = degree === undefined ? 1 : numberOf(degree);
  if (value === null || !Number.isInteger(value) || value < 1 || value > MAX_DEGREE) {
    const found = degree === undefined ? '' : formatExpression(degree);
    return fail(
      degree?.place ?? place,
      `the degree of poly() is a whole number from 1 to ${MAX_DEGREE}, found ${found}`,
    );
  }
  return {
    x: required(call, matched, fail),
    degree: value,
    raw: logical(matched, 'raw', false, fail),
  };
}

function logical(matched: Matched, name: string, otherwise: boolean, fail: FormulaFail): boolean {
  const value = matched.get(name);
  if (value === undefined) return otherwise;
  if (value.kind === 'logical') return value.value;
  return fail(value.place, `${name} is TRUE or FALSE, found ${formatExpression(value)}`);
}

/** A number that is written as such, in parentheses or not; null for all else. */
export function numberOf(expression: Expression): number | null {
  if (expression.kind === 'parentheses') return numberOf(expression.inner);
  return expression.kind === 'number' ? expression.value : null;
}
