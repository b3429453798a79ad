/**
 * Priors as text, in the notation of brms and of the command line:
 *
 *     normal(0, 1) class=b coef=x1
 *     student_t(3, 0, 2.5), class = sd, group = g
 *     lkj(2)
 *
 * A distribution with its parameters by position, then options in any order, separated by commas,
 * spaces or both: class (default b; cor for lkj), coef, group, dpar, resp, lb, ub, tag. Values with
 * spaces, commas or quotes must be quoted, with a backslash before a quote or a backslash.
 */
import type { HorseshoePrior, Prior } from '../../../models/prior-distributions.js';
import { WeighbridgeError } from '../../errors.js';
import { foundAt, TextCursor } from '../../text/cursor.js';
import {
  beta,
  cauchy,
  constant,
  doubleExponential,
  exponential,
  flat,
  gamma,
  halfCauchy,
  halfNormal,
  halfStudentT,
  horseshoe,
  invGamma,
  lkj,
  logistic,
  lognormal,
  normal,
  priorRow,
  studentT,
  uniform,
} from './constructors.js';
import { formatNumber } from './numbers.js';
import type { LkjPrior, PriorRow, PriorTarget } from './prior-rows.js';

/** The distribution as in brms' tables, without bounds: `normal(0, 1)`, `(flat)`. */
export function priorText(prior: Prior | LkjPrior): string {
  if (prior.distribution === 'flat') return '(flat)';
  if (prior.distribution === 'horseshoe') return horseshoeText(prior);
  return `${prior.distribution}(${parametersOf(prior).map(formatNumber).join(', ')})`;
}

/** brms' names of the arguments of horseshoe(), in its order, with their defaults. */
const horseshoeArguments = [
  { name: 'df', key: 'df', usual: 1 },
  { name: 'scale_global', key: 'scaleGlobal', usual: 1 },
  { name: 'df_global', key: 'dfGlobal', usual: 1 },
  { name: 'scale_slab', key: 'scaleSlab', usual: 2 },
  { name: 'df_slab', key: 'dfSlab', usual: 4 },
  { name: 'par_ratio', key: 'parRatio', usual: undefined },
  { name: 'autoscale', key: 'autoscale', usual: true },
] as const;

/** With the first argument, and those that are not the default. */
function horseshoeText(prior: HorseshoePrior): string {
  const told = horseshoeArguments.slice(1).flatMap(({ name, key, usual }) => {
    const value = prior[key];
    if (value === usual || value === undefined) return [];
    const text = typeof value === 'boolean' ? String(value).toUpperCase() : formatNumber(value);
    return [`${name} = ${text}`];
  });
  return `horseshoe(${[formatNumber(prior.df), ...told].join(', ')})`;
}

function parametersOf(
  prior: Exclude<Prior, { distribution: 'flat' | 'horseshoe' }> | LkjPrior,
): number[] {
  switch (prior.distribution) {
    case 'normal':
      return [prior.mean, prior.sd];
    case 'student_t':
      return [prior.df, prior.location, prior.scale];
    case 'cauchy':
    case 'double_exponential':
    case 'logistic':
      return [prior.location, prior.scale];
    case 'inv_gamma':
      return [prior.shape, prior.scale];
    case 'exponential':
      return [prior.rate];
    case 'gamma':
      return [prior.shape, prior.rate];
    case 'beta':
      return [prior.alpha, prior.beta];
    case 'lognormal':
      return [prior.meanlog, prior.sdlog];
    case 'uniform':
      return [prior.from, prior.to];
    case 'constant':
      return [prior.value];
    case 'lkj':
      return [prior.eta];
  }
}

/** `normal(0, 1) class=b coef=x1 lb=0`: the inverse of `parsePrior`. */
export function formatPrior(row: PriorRow): string {
  const { prior } = row;
  const text = prior.distribution === 'flat' ? 'flat()' : priorText(prior);
  const bound = (name: string, value: number | undefined) =>
    value === undefined ? '' : ` ${name}=${formatNumber(value)}`;
  const bounds =
    prior.distribution === 'lkj' ? '' : bound('lb', prior.lower) + bound('ub', prior.upper);
  const tag = row.tag === undefined ? '' : ` tag=${quoted(row.tag)}`;
  return `${text} ${targetText(row)}${bounds}${tag}`;
}

/** The target as text, for example `class=sd group=g coef=x`. */
export function targetText({ class: name, coef, group, dpar, resp }: PriorTarget): string {
  const option = (key: string, value: string | undefined) =>
    value === undefined ? '' : ` ${key}=${quoted(value)}`;
  return `class=${name}${option('coef', coef)}${option('group', group)}${option('dpar', dpar)}${option('resp', resp)}`;
}

function quoted(value: string): string {
  return /^[^\s,'"=\\]+$/.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
}

interface Spelling {
  /** Number of parameters of the distribution. */
  readonly count: number;
  make(parameters: readonly number[]): Prior | LkjPrior;
}

/** Distributions keyed by their names in Stan and brms, and half distributions. */
const spellings: ReadonlyMap<string, Spelling> = new Map<string, Spelling>([
  ['normal', { count: 2, make: ([mean, sd]) => normal(mean, sd) }],
  ['student_t', { count: 3, make: ([df, location, scale]) => studentT(df, location, scale) }],
  ['cauchy', { count: 2, make: ([location, scale]) => cauchy(location, scale) }],
  ['exponential', { count: 1, make: ([rate]) => exponential(rate) }],
  ['gamma', { count: 2, make: ([shape, rate]) => gamma(shape, rate) }],
  ['beta', { count: 2, make: ([a, b]) => beta(a, b) }],
  ['lognormal', { count: 2, make: ([meanlog, sdlog]) => lognormal(meanlog, sdlog) }],
  ['uniform', { count: 2, make: ([from, to]) => uniform(from, to) }],
  ['inv_gamma', { count: 2, make: ([shape, scale]) => invGamma(shape, scale) }],
  [
    'double_exponential',
    { count: 2, make: ([location, scale]) => doubleExponential(location, scale) },
  ],
  ['logistic', { count: 2, make: ([location, scale]) => logistic(location, scale) }],
  ['half_normal', { count: 1, make: ([sd]) => halfNormal(sd) }],
  ['half_student_t', { count: 2, make: ([df, scale]) => halfStudentT(df, scale) }],
  ['half_cauchy', { count: 1, make: ([scale]) => halfCauchy(scale) }],
  ['constant', { count: 1, make: ([value]) => constant(value) }],
  ['lkj', { count: 1, make: ([eta]) => lkj(eta) }],
  ['flat', { count: 0, make: () => flat() }],
]);

/** Priors of brms that are not supported, each with its purpose. */
const brmsPriors: ReadonlyMap<string, string> = new Map([
  ['R2D2', 'shrinkage of all slopes'],
  ['lasso', 'shrinkage of all slopes'],
  ['dirichlet', 'simplexes'],
  ['chi_square', 'a distribution of Stan'],
  ['inv_chi_square', 'a distribution of Stan'],
  ['skew_normal', 'a distribution of Stan'],
  ['weibull', 'a distribution of Stan'],
  ['gumbel', 'a distribution of Stan'],
  ['lkj_corr_cholesky', 'written as lkj'],
]);

/**
 * Reads `normal(0, 1) class=b coef=x1 group=g lb=0 ub=1 tag=t`, or brms' spelling with commas.
 *
 * @throws WeighbridgeError `bad-formula`, with the position of the error; `bad-argument` for
 *   parameters out of range
 */
export function parsePrior(text: string): PriorRow {
  const cursor = new TextCursor(text, 'prior');
  const { place } = cursor;
  const distribution = readDistribution(cursor);
  const options = readOptions(cursor);
  const isLkj = distribution.distribution === 'lkj';
  const { lb, ub } = options;
  const bounds = {
    ...(lb === undefined ? {} : { lower: lb }),
    ...(ub === undefined ? {} : { upper: ub }),
  };
  if (isLkj && (lb ?? ub) !== undefined) expected(cursor, 'an lkj prior without lb and ub', place);
  return namingText(text, () =>
    priorRow({ ...distribution, ...bounds }, options.class ?? (isLkj ? 'cor' : 'b'), {
      ...(options.coef === undefined ? {} : { coef: options.coef }),
      ...(options.group === undefined ? {} : { group: options.group }),
      ...(options.dpar === undefined ? {} : { dpar: options.dpar }),
      ...(options.resp === undefined ? {} : { resp: options.resp }),
      ...(options.tag === undefined ? {} : { tag: options.tag }),
    }),
  );
}

interface Options {
  class?: string;
  coef?: string;
  group?: string;
  dpar?: string;
  resp?: string;
  tag?: string;
  lb?: number;
  ub?: number;
}

const NUMBER = /[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|Inf(?:inity)?)/y;
const NAME = /[A-Za-z_][A-Za-z_0-9.]*/y;
const BARE = /[^\s,'"=\\]+/y;
const QUOTED = /"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*'/y;

function expected(cursor: TextCursor, what: string, place = cursor.place): never {
  return cursor.fail(place, `expected ${what}, found ${foundAt(cursor.text, place)}`);
}

/** Adds the text to errors about its values, for example a negative sd. */
function namingText<T>(text: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof WeighbridgeError)) throw error;
    const { code, message, details } = error;
    throw new WeighbridgeError(code, `${JSON.stringify(text)}: ${message}`, { details });
  }
}

/** Reads a distribution: `normal(0, 1)`, `half_normal(1)`, `flat()` or brms' `(flat)`. */
function readDistribution(cursor: TextCursor): Prior | LkjPrior {
  if (cursor.take(/\(flat\)/y) !== null) return flat();
  const { place } = cursor;
  const name = cursor.take(NAME) ?? '';
  const spelling = spellings.get(name);
  const known = [...spellings.keys(), 'horseshoe'].join(', ');
  if (name === 'horseshoe') return readHorseshoe(cursor);
  const brms = brmsPriors.get(name);
  if (brms !== undefined) {
    cursor.fail(place, `${name}() of brms (${brms}) is not supported; these are: ${known}`);
  }
  if (spelling === undefined) return expected(cursor, `a distribution (${known})`, place);
  const { count, make } = spelling;
  if (cursor.take(/\(/y) === null) expected(cursor, "'('");
  const parameters: number[] = [];
  for (let i = 0; i < count; i++) {
    if (i > 0 && cursor.take(/,/y) === null) {
      expected(cursor, `',' and parameter ${i + 1} of ${name}`);
    }
    parameters.push(readNumber(cursor));
  }
  if (cursor.take(/\)/y) === null) expected(cursor, `')' after ${count} parameters of ${name}`);
  return namingText(cursor.text, () => make(parameters));
}

/** Reads the arguments, `(1, scale_global = 0.5)`, by position or by name. */
function readHorseshoe(cursor: TextCursor): Prior {
  if (cursor.take(/\(/y) === null) expected(cursor, "'('");
  const given: Record<string, number | boolean> = {};
  for (let i = 0; cursor.take(/\)/y) === null; i++) {
    if (i > 0 && cursor.take(/,/y) === null) expected(cursor, "',' or ')'");
    const { place } = cursor;
    const name = cursor.take(/[A-Za-z_]+(?=\s*=)/y);
    const known =
      name === null ? horseshoeArguments[i] : horseshoeArguments.find((one) => one.name === name);
    if (known === undefined || known.key in given) {
      const names = horseshoeArguments.map((one) => one.name).join(', ');
      return expected(cursor, `an argument of horseshoe once (${names})`, place);
    }
    if (name !== null) cursor.take(/=/y);
    const truth = known.key === 'autoscale' ? cursor.take(/TRUE|FALSE/y) : null;
    given[known.key] = truth === null ? readNumber(cursor) : truth === 'TRUE';
  }
  const { df, ...options } = given;
  return namingText(cursor.text, () => horseshoe(typeof df === 'number' ? df : undefined, options));
}

function readNumber(cursor: TextCursor): number {
  const text = cursor.take(NUMBER) ?? expected(cursor, 'a number');
  return Number(text.replace(/Inf(inity)?/, 'Infinity'));
}

function readOptions(cursor: TextCursor): Options {
  const options: Options = {};
  for (;;) {
    const comma = cursor.take(/,/y) !== null;
    const { place } = cursor;
    if (cursor.isAtEnd) return comma ? expected(cursor, OPTION) : options;
    const key = cursor.take(NAME);
    if (!isOption(key)) return expected(cursor, OPTION, place);
    if (options[key] !== undefined) expected(cursor, `${key} once`, place);
    if (cursor.take(/=/y) === null) expected(cursor, "'='");
    if (key === 'lb' || key === 'ub') options[key] = readNumber(cursor);
    else options[key] = readValue(cursor);
  }
}

const OPTION = 'class, coef, group, dpar, resp, lb, ub or tag';
const optionNames: readonly string[] = [
  'class',
  'coef',
  'group',
  'dpar',
  'resp',
  'lb',
  'ub',
  'tag',
];

function isOption(key: string | null): key is keyof Options {
  return key !== null && optionNames.includes(key);
}

function readValue(cursor: TextCursor): string {
  const quoted = cursor.take(QUOTED);
  if (quoted !== null) return quoted.slice(1, -1).replace(/\\(.)/gs, '$1');
  return cursor.take(BARE) ?? expected(cursor, 'a name, or one in quotes');
}
