/**
 * The supported functions in formulas. Arguments are matched as in R: by name first, the others in
 * order.
 */
import gammaln from '@stdlib/math-base-special-gammaln';
import type { FailAt } from '../text/cursor.js';
import { constantsOf, numberOf } from './constants.js';
import { formatExpression } from './format.js';
import type { CallExpression, Expression } from './formula.js';

/** Functions of one number. */
export const numericFunctions: ReadonlyMap<string, (x: number) => number> = new Map([
  ['log2', Math.log2],
  ['log10', Math.log10],
  ['log1p', Math.log1p],
  ['exp', Math.exp],
  ['expm1', Math.expm1],
  ['sqrt', Math.sqrt],
  ['abs', Math.abs],
  ['sign', Math.sign],
  ['floor', Math.floor],
  ['ceiling', Math.ceil],
  ['trunc', Math.trunc],
  ['sin', Math.sin],
  ['cos', Math.cos],
  ['tan', Math.tan],
  ['asin', Math.asin],
  ['acos', Math.acos],
  ['atan', Math.atan],
  ['sinh', Math.sinh],
  ['cosh', Math.cosh],
  ['tanh', Math.tanh],
  ['asinh', Math.asinh],
  ['acosh', Math.acosh],
  ['atanh', Math.atanh],
  ['lgamma', gammaln],
  ['plogis', (x) => 1 / (1 + Math.exp(-x))],
  ['qlogis', (p) => Math.log(p / (1 - p))],
]);

/**
 * Functions that reduce a column to one number, computed from the data of the fit, also for new
 * rows.
 */
export const columnStatistics: readonly string[] = ['mean', 'median', 'sd', 'var', 'min', 'max'];

/** Functions whose value is a factor. */
export const factorFunctions: readonly string[] = [
  'factor',
  'as.factor',
  'relevel',
  'cut',
  'interaction',
];

/** Functions of brms whose terms have coefficients that are a function of other parameters. */
export const specialFunctions: readonly string[] = ['mo'];

/**
 * The kind of an argument: `rows` is an expression with one value per row. The others are
 * constants: a `number`, several `numbers`, numbers or texts (`values`), a `text`, a `flag` (TRUE
 * or FALSE), or a flag or number (`scaling`).
 */
type Role = 'rows' | 'number' | 'numbers' | 'values' | 'flag' | 'text' | 'scaling';

/** Kinds by argument name in R's order; a question mark marks an optional argument. */
type Signature = Readonly<Record<string, Role | `${Role}?`>>;

const ofRows: Signature = { x: 'rows' };
/** Any number of arguments. */
const REST = '...';

const signatures: ReadonlyMap<string, Signature> = new Map<string, Signature>([
  ['I', ofRows],
  ['log', { x: 'rows', base: 'rows?' }],
  ...[...numericFunctions.keys()].map((name): [string, Signature] => [name, ofRows]),
  ['round', { x: 'rows', digits: 'number?' }],
  ['signif', { x: 'rows', digits: 'number?' }],
  ['atan2', { y: 'rows', x: 'rows' }],
  ['pmin', { [REST]: 'rows', 'na.rm': 'flag?' }],
  ['pmax', { [REST]: 'rows', 'na.rm': 'flag?' }],
  ['ifelse', { test: 'rows', yes: 'rows', no: 'rows' }],
  ['xor', { x: 'rows', y: 'rows' }],
  ...columnStatistics.map((name): [string, Signature] => [name, ofRows]),
  ['scale', { x: 'rows', center: 'scaling?', scale: 'scaling?' }],
  // R's other arguments, coefs and simple, are not supported.
  ['poly', { x: 'rows', degree: 'number?', raw: 'flag?' }],
  ['factor', { x: 'rows', levels: 'values?', labels: 'values?' }],
  ['as.factor', ofRows],
  ['relevel', { x: 'rows', ref: 'values' }],
  [
    'cut',
    {
      x: 'rows',
      breaks: 'numbers',
      labels: 'values?',
      'include.lowest': 'flag?',
      right: 'flag?',
      'dig.lab': 'number?',
    },
  ],
  ['interaction', { [REST]: 'rows', drop: 'flag?', sep: 'text?', 'lex.order': 'flag?' }],
  ['as.numeric', ofRows],
  ['as.double', ofRows],
  ['as.integer', ofRows],
  ['as.logical', ofRows],
  ['as.character', ofRows],
  ['as.vector', ofRows],
  ['identity', ofRows],
  ['c', ofRows],
  ['offset', ofRows],
  ['mo', ofRows],
  ['me', { x: 'rows', sdx: 'rows', gr: 'rows?' }],
  ['mi', ofRows],
]);

const knownFunctions: readonly string[] = [...signatures.keys()];

/** Functions of R that are not supported, each with a reason or an alternative. */
const refusedFunctions: ReadonlyMap<string, string> = new Map([
  ['cbind', 'cbind() is not supported; counts of trials are y | trials(n) ~ x'],
  ['mm', 'mm() goes alone after the | of a group term: (1 | mm(g, h))'],
  ['trials', 'trials() goes left of ~, after the outcome: y | trials(n) ~ x'],
  ['freq', 'freq() goes left of ~, after the outcome: y | freq(n) ~ x'],
  ['weights', 'weights() goes left of ~, after the outcome: y | weights(w) ~ x'],
  ['cens', 'cens() goes left of ~, after the outcome: y | cens(c) ~ x'],
  ['se', 'se() goes left of ~, after the outcome: y | se(s) ~ x'],
  ['thres', 'thres() goes left of ~, after the outcome: y | thres(gr = judge) ~ x'],
  ['cs', 'cs() is a term of its own: rating ~ x + cs(z)'],
  [
    'is.na',
    'is.na() is not supported: rows with a missing value are left out before the formula is read; make a column of it in the data',
  ],
  ['ordered', 'ordered() is not supported: contrasts are those of unordered factors; see factor()'],
  ['as.ordered', 'as.ordered() is not supported: contrasts are those of unordered factors'],
  ['C', 'C() is not supported: contrasts are treatment contrasts'],
  ['bs', 'bs() (B-splines) is not supported; s(x) is a penalized spline'],
  ['ns', 'ns() (natural splines) is not supported; s(x) is a penalized spline'],
  ['s', 's() goes right of ~: y ~ s(x)'],
  ['gp', 'gp() goes right of ~: y ~ gp(x)'],
  ['te', 'te() is not supported; s(x) + s(z) has a smooth term for each variable'],
  ['ti', 'ti() is not supported; s(x) + s(z) has a smooth term for each variable'],
]);

/** Unsupported formula functions of brms, with their purposes. */
export const brmsFunctions: ReadonlyMap<string, string> = new Map([
  ['t2', 'smooth terms of several variables'],
  ['mmc', 'predictors of each member'],
  ['gr', 'grouping by gr()'],
  ['ar', 'autocorrelation'],
  ['ma', 'autocorrelation'],
  ['arma', 'autocorrelation'],
  ['cosy', 'autocorrelation'],
  ['unstr', 'autocorrelation'],
  ['sar', 'spatial autocorrelation'],
  ['car', 'spatial autocorrelation'],
  ['fcor', 'fixed correlations'],
  ['rate', 'rates'],
  ['subset', 'subsets of rows'],
  ['dec', 'decisions'],
  ['cat', 'numbers of categories'],
  ['index', 'indices of rows'],
  ['vint', 'variables of custom families'],
  ['vreal', 'variables of custom families'],
  ['mvbind', 'several outcomes'],
]);

/** The message for a function that is not supported; null for a known one. */
export function unknownFunction(name: string): string | null {
  if (knownFunctions.includes(name)) return null;
  const purpose = brmsFunctions.get(name);
  if (purpose !== undefined) return `${name}() of brms (${purpose}) is not supported`;
  const refused = refusedFunctions.get(name);
  if (refused !== undefined) return refused;
  return `the function ${name}() is not supported; these are: ${knownFunctions.join(', ')}`;
}

/** The arguments of a call by name, and those matched by `...`. */
export interface Arguments {
  readonly named: ReadonlyMap<string, Expression>;
  readonly rest: readonly Expression[];
}

/** @throws WeighbridgeError `bad-formula` if the function or an argument is unknown */
export function matchArguments(call: CallExpression, fail: FailAt): Arguments {
  const signature = signatures.get(call.function);
  if (signature === undefined) {
    return fail(call.place, unknownFunction(call.function) ?? `unknown ${call.function}()`);
  }
  const names = Object.keys(signature);
  const usage = `${call.function}(${names.join(', ')})`;
  const named = new Map<string, Expression>();
  for (const { name, value } of call.arguments) {
    if (name === null) continue;
    if (!names.includes(name) || name === REST)
      fail(value.place, `no argument ${name} in ${usage}`);
    if (named.has(name)) fail(value.place, `the argument ${name} is given twice`);
    named.set(name, value);
  }
  const positional = call.arguments.filter(({ name }) => name === null).map(({ value }) => value);
  if (names[0] === REST) {
    if (positional.length === 0)
      fail(call.place, `${call.function}() without columns, expected at least one`);
    return { named, rest: positional };
  }
  const open = names.filter((name) => !named.has(name));
  for (const value of positional) {
    const next = open.shift();
    if (next === undefined) {
      const found = formatExpression(value);
      return fail(value.place, `one argument too many, ${found}; expected ${usage}`);
    }
    named.set(next, value);
  }
  const lacking = names.find((name) => !signature[name].endsWith('?') && !named.has(name));
  if (lacking === names[0])
    fail(call.place, `${call.function}() without an argument, expected a column or an expression`);
  if (lacking !== undefined) fail(call.place, `${usage}: the argument ${lacking} is missing`);
  return { named, rest: [] };
}

/**
 * Checks the constant arguments and returns the others, which are expressions with one value per
 * row.
 *
 * @throws WeighbridgeError that points at the argument
 */
export function rowArguments(call: CallExpression, fail: FailAt): readonly Expression[] {
  const { named, rest } = matchArguments(call, fail);
  const signature = signatures.get(call.function) ?? {};
  const rows = [...rest];
  for (const [name, value] of named) {
    const role = signature[name].replace('?', '');
    if (role === 'rows') rows.push(value);
    else if (role === 'flag') flag(named, name, false, fail);
    else if (role === 'scaling') scaling(named, name, fail);
    else requireConstants(value, role, fail);
  }
  return rows;
}

function requireConstants(value: Expression, role: string, fail: FailAt): void {
  // labels = FALSE of cut() is a constant, which is rejected when it is read.
  const constants = constantsOf(value, fail);
  const found = formatExpression(value);
  if (role !== 'values' && role !== 'text' && constants.some((one) => typeof one !== 'number')) {
    fail(value.place, `expected ${role === 'number' ? 'a number' : 'numbers'}, found ${found}`);
  }
  if (role === 'text' && typeof constants[0] !== 'string') {
    fail(value.place, `expected text in quotes, found ${found}`);
  }
  if ((role === 'number' || role === 'text') && constants.length !== 1) {
    fail(value.place, `expected one ${role}, found ${found}`);
  }
}

/** The first argument, which is the only one of `exp(x)`, `I(x)` or `offset(x)`. */
export function firstArgument(call: CallExpression, fail: FailAt): Expression {
  const { named, rest } = matchArguments(call, fail);
  const [first] = Object.keys(signatures.get(call.function) ?? {});
  return (
    rest[0] ??
    named.get(first) ??
    fail(call.place, `${call.function}() without an argument, expected a column`)
  );
}

/** A constant number. @param otherwise the default */
export function numberArgument(
  { named }: Arguments,
  name: string,
  otherwise: number,
  fail: FailAt,
): number {
  const value = named.get(name);
  if (value === undefined) return otherwise;
  const [number] = constantsOf(value, fail);
  return typeof number === 'number'
    ? number
    : fail(value.place, `expected a number, found ${formatExpression(value)}`);
}

/** TRUE or FALSE; also R's short T and F. */
export function flag(
  named: Arguments['named'],
  name: string,
  otherwise: boolean,
  fail: FailAt,
): boolean {
  const value = named.get(name);
  if (value === undefined) return otherwise;
  if (value.kind === 'logical') return value.value;
  if (value.kind === 'name' && (value.name === 'T' || value.name === 'F'))
    return value.name === 'T';
  return fail(value.place, `${name} is ${formatExpression(value)}, expected TRUE or FALSE`);
}

/** `center` and `scale` of `scale`: TRUE, FALSE or a number. */
export function scaling(named: Arguments['named'], name: string, fail: FailAt): boolean | number {
  const value = named.get(name);
  if (value === undefined) return true;
  const number = numberOf(value);
  if (number !== null && (name === 'center' || number !== 0)) return number;
  if (value.kind === 'logical' || value.kind === 'name') return flag(named, name, true, fail);
  const found = formatExpression(value);
  return fail(value.place, `${name} is ${found}, expected TRUE or FALSE or a number`);
}

interface PolyCall {
  readonly x: Expression;
  readonly degree: number;
  /** Raw powers instead of orthogonal polynomials. */
  readonly raw: boolean;
}

const MAX_DEGREE = 20;

export function polyCall(call: CallExpression, fail: FailAt): PolyCall {
  const { named } = matchArguments(call, fail);
  const degree = named.get('degree');
  const value = degree === undefined ? 1 : numberOf(degree);
  if (value === null || !Number.isInteger(value) || value < 1 || value > MAX_DEGREE) {
    const found = degree === undefined ? '' : formatExpression(degree);
    return fail(
      degree?.place ?? call.place,
      `the degree of poly() is ${found}, expected a whole number from 1 to ${MAX_DEGREE}`,
    );
  }
  return { x: firstArgument(call, fail), degree: value, raw: flag(named, 'raw', false, fail) };
}

/** A call of `me(x, s, gr = g)` or `mi(x)`. */
export type LatentCall =
  | {
      readonly kind: 'noisy';
      readonly value: Expression;
      /** Standard errors. */
      readonly error: Expression;
      /** The column whose levels are the units; null if rows are. */
      readonly group: string | null;
    }
  | { readonly kind: 'missing'; readonly variable: string };

/** Null for another expression. The call has been checked by `checkLatentCall`. */
export function latentCall(expression: Expression): LatentCall | null {
  if (expression.kind !== 'call') return null;
  if (expression.function !== 'me' && expression.function !== 'mi') return null;
  const { named } = matchArguments(expression, (_, problem) => {
    throw new RangeError(problem);
  });
  const [x, sdx, gr] = ['x', 'sdx', 'gr'].map((name) => named.get(name));
  if (x === undefined) return null;
  if (expression.function === 'mi') {
    return x.kind === 'name' ? { kind: 'missing', variable: x.name } : null;
  }
  if (sdx === undefined) return null;
  return { kind: 'noisy', value: x, error: sdx, group: gr?.kind === 'name' ? gr.name : null };
}

/** The expressions with a value per row; throws for a call that is none of `LatentCall`. */
export function checkLatentCall(call: CallExpression, fail: FailAt): readonly Expression[] {
  const { named } = matchArguments(call, fail);
  const gr = named.get('gr');
  if (gr !== undefined && gr.kind !== 'name') {
    fail(gr.place, `gr is ${formatExpression(gr)}, expected a column: me(x, s, gr = g)`);
  }
  const values = ['x', 'sdx'].flatMap((name) => named.get(name) ?? []);
  if (call.function === 'mi' && values[0].kind !== 'name') {
    fail(values[0].place, `mi() takes a column, found ${formatExpression(values[0])}`);
  }
  return values;
}
