/**
 * Smooth terms of one variable in a formula: splines `s(x, k = 10)` and Gaussian processes `gp(x, k = 20)`. Syntax,
 * defaults and names are brms' and mgcv's.
 */
import type { FailAt } from '../text/cursor.js';
import { numberOf } from './constants.js';
import { formatExpression } from './format.js';
import type { CallExpression, Expression, NameExpression } from './formula.js';
import { flag } from './functions.js';
import { type CovarianceName, covarianceNames } from './hilbert-space.js';
import { LEAST_K } from './thin-plate.js';

interface OfOneVariable {
  /** The call as written, for messages and as the key of its constants. */
  readonly text: string;
  /** `s(x)`, `gp(x)`. */
  readonly label: string;
  /** The variable, with one value per row. */
  readonly x: Expression;
  /** A column of which each level has a function of its own. @default none */
  readonly by: NameExpression | null;
  /** Dimension of the basis. */
  readonly k: number;
  readonly place: number;
}

interface SplineTerm extends OfOneVariable {
  readonly kind: 'spline';
}

interface ProcessTerm extends OfOneVariable {
  readonly kind: 'process';
  readonly covariance: CovarianceName;
  /** Factor of the range of x at which the basis ends. */
  readonly c: number;
  /** Whether x is divided by its range. */
  readonly isScaled: boolean;
}

export type SmoothTerm = SplineTerm | ProcessTerm;

/** Names of the functions that are smooth terms. */
export const smoothFunctions: readonly string[] = ['s', 'gp'];

const usage = {
  s: 's(x, k = 10)',
  gp: "gp(x, k = 20, c = 5/4, scale = TRUE, cov = 'exp_quad')",
} as const;

/** Arguments of mgcv's s() and brms' gp() that are not supported, with their purposes. */
const refused = {
  s: new Map([
    ['m', 'the order of the penalty'],
    ['fx', 'splines without a penalty'],
    ['sp', 'fixed smoothing parameters'],
    ['id', 'shared smoothing parameters'],
    ['xt', 'further settings of a basis'],
    ['pc', 'constraints at points'],
  ]),
  gp: new Map([
    ['iso', 'length-scales of several variables'],
    ['gr', 'latent values of groups of rows, which the basis does not need'],
    ['cmc', 'contrasts between levels'],
  ]),
} as const;

const MOST_K = 1000;

/** mgcv's dimension of a basis of one variable. */
const DEFAULT_K = 10;

/** @throws WeighbridgeError `bad-formula` that points at the argument */
export function smoothTerm(call: CallExpression, fail: FailAt): SmoothTerm {
  const name = call.function === 's' ? 's' : 'gp';
  const { variables, named } = argumentsOf(call, name, fail);
  const [x, second] = variables;
  if (x === undefined || second !== undefined) {
    return fail(
      second?.place ?? call.place,
      `${name}() takes one variable, found ${variables.length}; expected ${usage[name]}`,
    );
  }
  const by = byColumn(named.get('by'), fail);
  const common = {
    text: formatExpression(call),
    label: `${name}(${formatExpression(x)})`,
    x,
    by,
    place: call.place,
  };
  if (name === 's') {
    requireThinPlate(named.get('bs'), fail);
    return { ...common, kind: 'spline', k: dimension(named, LEAST_K, DEFAULT_K, fail) };
  }
  const covariance = covarianceOf(named.get('cov'), fail);
  const c = positiveNumber(named.get('c'), 'c', 5 / 4, fail);
  return {
    ...common,
    kind: 'process',
    covariance,
    c,
    isScaled: flag(named, 'scale', true, fail),
    k: dimension(named, 1, defaultDimension(covariance, c), fail),
  };
}

/**
 * Basis functions that a kernel needs for each length-scale between the middle and the boundary (Riutort-Mayol et
 * al. 2023, equations 21 to 23, where boundary and length-scale are in half ranges of x).
 */
const functionsPerLength: Readonly<Record<CovarianceName, number>> = {
  exp_quad: 1.75,
  matern52: 2.65,
  matern32: 3.42,
};

/** The shortest length-scale that k functions up to this boundary resolve, in its unit. */
export function shortestLength(covariance: CovarianceName, boundary: number, k: number): number {
  return (functionsPerLength[covariance] * boundary) / k;
}

/** The shortest length-scale that a basis resolves if its dimension is not given, as a share of the range of x. */
const DEFAULT_SHORTEST = 0.1;

function defaultDimension(covariance: CovarianceName, c: number): number {
  return Math.ceil((functionsPerLength[covariance] * c) / DEFAULT_SHORTEST);
}

interface Arguments {
  readonly variables: readonly Expression[];
  readonly named: ReadonlyMap<string, Expression>;
}

const known = { s: ['k', 'bs', 'by'], gp: ['k', 'c', 'scale', 'cov', 'by'] } as const;

function argumentsOf(call: CallExpression, of: 's' | 'gp', fail: FailAt): Arguments {
  const variables: Expression[] = [];
  const named = new Map<string, Expression>();
  for (const { name, value } of call.arguments) {
    if (name === null) variables.push(value);
    else if (named.has(name)) fail(value.place, `the argument ${name} is given twice`);
    else if (known[of].some((one) => one === name)) named.set(name, value);
    else {
      const purpose = refused[of].get(name);
      const what = purpose === undefined ? '' : ` (${purpose})`;
      fail(
        value.place,
        `the argument ${name}${what} of ${of}() is not supported; expected ${usage[of]}`,
      );
    }
  }
  return { variables, named };
}

function byColumn(value: Expression | undefined, fail: FailAt): NameExpression | null {
  if (value === undefined || isMissing(value)) return null;
  if (value.kind === 'name') return value;
  return fail(value.place, `by is ${formatExpression(value)}, expected a column of text: by = g`);
}

/** R's NA. */
function isMissing(value: Expression): boolean {
  return value.kind === 'name' && value.name === 'NA';
}

function requireThinPlate(value: Expression | undefined, fail: FailAt): void {
  if (value === undefined || (value.kind === 'text' && value.value === 'tp')) return;
  fail(
    value.place,
    `the basis ${formatExpression(value)} is not supported; expected thin plate regression splines, bs = "tp"`,
  );
}

function covarianceOf(value: Expression | undefined, fail: FailAt): CovarianceName {
  if (value === undefined) return 'exp_quad';
  const found = covarianceNames.find((name) => value.kind === 'text' && value.value === name);
  if (found !== undefined) return found;
  const all = covarianceNames.map((name) => `"${name}"`).join(', ');
  const text = formatExpression(value);
  const why = text === '"exponential"' ? ', whose spectrum falls too slowly for a basis' : '';
  return fail(value.place, `cov is ${text}${why}; expected one of ${all}`);
}

/** As in mgcv, −1 is the default; as in brms, NA. */
function dimension(
  named: Arguments['named'],
  least: number,
  otherwise: number,
  fail: FailAt,
): number {
  const value = named.get('k');
  if (value === undefined || isMissing(value)) return otherwise;
  const number = arithmetic(value);
  if (number === -1) return otherwise;
  if (number !== null && Number.isInteger(number) && number >= least && number <= MOST_K) {
    return number;
  }
  const found = formatExpression(value);
  return fail(value.place, `k is ${found}, expected a whole number from ${least} to ${MOST_K}`);
}

function positiveNumber(
  value: Expression | undefined,
  name: string,
  otherwise: number,
  fail: FailAt,
): number {
  if (value === undefined) return otherwise;
  const number = arithmetic(value);
  if (number !== null && number > 0 && Number.isFinite(number)) return number;
  return fail(value.place, `${name} is ${formatExpression(value)}, expected a number above 0`);
}

/** The value of a constant expression such as `5/4`; null for others. */
function arithmetic(value: Expression): number | null {
  const own = numberOf(value);
  if (own !== null) return own;
  if (value.kind === 'parentheses') return arithmetic(value.inner);
  if (value.kind !== 'binary' || (value.operator !== '/' && value.operator !== '*')) return null;
  const left = arithmetic(value.left);
  const right = arithmetic(value.right);
  if (left === null || right === null) return null;
  return value.operator === '/' ? left / right : left * right;
}
