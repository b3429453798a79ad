/**
 * Priors as text, in the notation of brms and of the command line:
 *
 *     normal(0, 1) class=b coef=x1
 *     student_t(3, 0, 2.5), class = sd, group = g
 *     lkj(2)
 *     normal(0, tau) class=b, with exponential(1) class=scale coef=tau
 *
 * A distribution with its parameters by position, then options in any order, separated by commas,
 * spaces or both: class (default b; cor for lkj, simo for dirichlet), coef, group, dpar, resp, lb, ub, tag. Values with
 * spaces, commas or quotes must be quoted, with a backslash before a quote or a backslash.
 */
import type {
  HorseshoePrior,
  JointPrior,
  Prior,
  R2D2Prior,
  SharedScalePrior,
} from '../../../models/prior-distributions.js';
import { WeighbridgeError } from '../../errors.js';
import { foundAt, TextCursor } from '../../text/cursor.js';
import {
  beta,
  cauchy,
  constant,
  dirichlet,
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
  r2d2,
  studentT,
  uniform,
} from './constructors.js';
import { formatNumber } from './numbers.js';
import { isMatrixPrior, type MatrixPrior, type PriorRow, type PriorTarget } from './prior-rows.js';

/** The distribution as in brms' tables, without bounds: `normal(0, 1)`, `(flat)`. */
export function priorText(prior: Prior | MatrixPrior): string {
  if (prior.distribution === 'flat') return '(flat)';
  if (prior.distribution === 'horseshoe' || prior.distribution === 'R2D2') return namedText(prior);
  if (prior.distribution === 'shared_scale') return sharedText(prior);
  if (prior.distribution === 'dirichlet') return `dirichlet(${listText(prior.concentration)})`;
  return `${prior.distribution}(${parametersOf(prior).map(formatNumber).join(', ')})`;
}

/** One number, or `c(2, 1)`. */
function listText(numbers: readonly number[]): string {
  const text = numbers.map(formatNumber).join(', ');
  return numbers.length === 1 ? text : `c(${text})`;
}

/** brms' names of an argument and its default. */
interface Argument {
  readonly name: string;
  readonly key: string;
  readonly usual: number | boolean | undefined;
}

/** brms' names of the arguments of priors of all slopes, in its order, with their defaults. */
const namedArguments: Readonly<Record<'horseshoe' | 'R2D2', readonly Argument[]>> = {
  horseshoe: [
    { name: 'df', key: 'df', usual: 1 },
    { name: 'scale_global', key: 'scaleGlobal', usual: 1 },
    { name: 'df_global', key: 'dfGlobal', usual: 1 },
    { name: 'scale_slab', key: 'scaleSlab', usual: 2 },
    { name: 'df_slab', key: 'dfSlab', usual: 4 },
    { name: 'par_ratio', key: 'parRatio', usual: undefined },
    { name: 'autoscale', key: 'autoscale', usual: true },
  ],
  R2D2: [
    { name: 'mean_R2', key: 'meanR2', usual: 0.5 },
    { name: 'prec_R2', key: 'precR2', usual: 2 },
    { name: 'cons_D2', key: 'consD2', usual: 1 },
    { name: 'autoscale', key: 'autoscale', usual: true },
  ],
};

/** With the first argument, and those that are not the default. */
function namedText(prior: HorseshoePrior | R2D2Prior): string {
  const values: Readonly<Record<string, unknown>> = { ...prior };
  const textOf = (value: unknown): string => {
    if (typeof value === 'number') return formatNumber(value);
    return Array.isArray(value) ? listText(value) : String(value).toUpperCase();
  };
  const [first, ...rest] = namedArguments[prior.distribution];
  const told = rest.flatMap(({ name, key, usual }) => {
    const value = values[key];
    const text = textOf(value);
    return value === undefined || text === textOf(usual) ? [] : [`${name} = ${text}`];
  });
  return `${prior.distribution}(${[textOf(values[first.key]), ...told].join(', ')})`;
}

/** `normal(0, tau)`. */
function sharedText(prior: SharedScalePrior): string {
  const df = prior.of === 'student_t' ? [formatNumber(prior.df)] : [];
  return `${prior.of}(${[...df, formatNumber(prior.location), prior.scale].join(', ')})`;
}

function parametersOf(
  prior: Exclude<
    Prior | MatrixPrior,
    { distribution: 'flat' | 'dirichlet' | JointPrior['distribution'] }
  >,
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
  const bounds = isMatrixPrior(prior) ? '' : bound('lb', prior.lower) + bound('ub', prior.upper);
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
  make(parameters: readonly number[]): Prior | MatrixPrior;
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

/** Distributions whose scale, the last of their parameters, may be the name of a parameter: `normal(0, tau)`. */
const scaled: ReadonlyMap<string, (others: readonly number[], scale: string) => Prior> = new Map([
  ['normal', ([mean]: readonly number[], sd: string) => normal(mean, sd)],
  [
    'student_t',
    ([df, location]: readonly number[], scale: string) => studentT(df, location, scale),
  ],
  ['cauchy', ([location]: readonly number[], scale: string) => cauchy(location, scale)],
  [
    'double_exponential',
    ([location]: readonly number[], scale: string) => doubleExponential(location, scale),
  ],
  ['logistic', ([location]: readonly number[], scale: string) => logistic(location, scale)],
]);

/** A name of a parameter in place of a number; Inf is a number. */
const PARAMETER = /(?!Inf(?:inity)?\b)[A-Za-z][A-Za-z_0-9.]*/y;

/** Priors of brms that are not supported, each with its purpose. */
const brmsPriors: ReadonlyMap<string, string> = new Map([
  ['lasso', 'shrinkage of all slopes'],
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
  const own = { lkj: 'cor', dirichlet: 'simo' } as const;
  const isMatrix = isMatrixPrior(distribution);
  const { lb, ub } = options;
  const bounds = {
    ...(lb === undefined ? {} : { lower: lb }),
    ...(ub === undefined ? {} : { upper: ub }),
  };
  if (isMatrix && (lb ?? ub) !== undefined) {
    const article = distribution.distribution === 'lkj' ? 'an' : 'a';
    expected(cursor, `${article} ${distribution.distribution} prior without lb and ub`, place);
  }
  return namingText(text, () =>
    priorRow(
      { ...distribution, ...bounds },
      options.class ?? (isMatrix ? own[distribution.distribution] : 'b'),
      {
        ...(options.coef === undefined ? {} : { coef: options.coef }),
        ...(options.group === undefined ? {} : { group: options.group }),
        ...(options.dpar === undefined ? {} : { dpar: options.dpar }),
        ...(options.resp === undefined ? {} : { resp: options.resp }),
        ...(options.tag === undefined ? {} : { tag: options.tag }),
      },
    ),
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
function readDistribution(cursor: TextCursor): Prior | MatrixPrior {
  if (cursor.take(/\(flat\)/y) !== null) return flat();
  const { place } = cursor;
  const name = cursor.take(NAME) ?? '';
  const spelling = spellings.get(name);
  const known = [...spellings.keys(), 'horseshoe', 'R2D2', 'dirichlet'].join(', ');
  if (name === 'dirichlet') return readDirichlet(cursor);
  if (name === 'horseshoe' || name === 'R2D2') return readNamed(cursor, name);
  const brms = brmsPriors.get(name);
  if (brms !== undefined) {
    cursor.fail(place, `${name}() of brms (${brms}) is not supported; these are: ${known}`);
  }
  if (spelling === undefined) return expected(cursor, `a distribution (${known})`, place);
  const { count, make } = spelling;
  const withScale = scaled.get(name);
  if (cursor.take(/\(/y) === null) expected(cursor, "'('");
  const parameters: number[] = [];
  let scale: string | null = null;
  for (let i = 0; i < count; i++) {
    if (i > 0 && cursor.take(/,/y) === null) {
      expected(cursor, `',' and parameter ${i + 1} of ${name}`);
    }
    if (withScale && i === count - 1) scale = cursor.take(PARAMETER);
    if (scale === null) parameters.push(readNumber(cursor));
  }
  if (cursor.take(/\)/y) === null) expected(cursor, `')' after ${count} parameters of ${name}`);
  return namingText(cursor.text, () =>
    withScale && scale !== null ? withScale(parameters, scale) : make(parameters),
  );
}

/** Reads `(1)`, `(c(2, 1))` or `(2, 1)`. */
function readDirichlet(cursor: TextCursor): MatrixPrior {
  if (cursor.take(/\(/y) === null) expected(cursor, "'('");
  const numbers = [readNumbers(cursor)];
  while (cursor.take(/,/y) !== null) numbers.push(readNumber(cursor));
  if (cursor.take(/\)/y) === null) expected(cursor, "')' after the numbers of dirichlet");
  return namingText(cursor.text, () => dirichlet(...numbers.flat()));
}

/** Reads the arguments, `(1, scale_global = 0.5)`, by position or by name. */
function readNamed(cursor: TextCursor, distribution: 'horseshoe' | 'R2D2'): Prior {
  const known = namedArguments[distribution];
  if (cursor.take(/\(/y) === null) expected(cursor, "'('");
  const given: Record<string, number | boolean | readonly number[]> = {};
  for (let i = 0; cursor.take(/\)/y) === null; i++) {
    if (i > 0 && cursor.take(/,/y) === null) expected(cursor, "',' or ')'");
    const { place } = cursor;
    const name = cursor.take(/[A-Za-z_0-9]+(?=\s*=)/y);
    const argument = name === null ? known[i] : known.find((one) => one.name === name);
    if (argument === undefined || argument.key in given) {
      const names = known.map((one) => one.name).join(', ');
      return expected(cursor, `an argument of ${distribution} once (${names})`, place);
    }
    if (name !== null) cursor.take(/=/y);
    const truth = argument.key === 'autoscale' ? cursor.take(/TRUE|FALSE/y) : null;
    given[argument.key] = truth === null ? readNumbers(cursor) : truth === 'TRUE';
  }
  const [first] = known;
  const { [first.key]: leading, ...options } = given;
  const start = typeof leading === 'number' ? leading : undefined;
  return namingText(cursor.text, () =>
    distribution === 'horseshoe' ? horseshoe(start, options) : r2d2(start, options),
  );
}

/** A number, or `c(2, 1)`. */
function readNumbers(cursor: TextCursor): number | readonly number[] {
  if (cursor.take(/c\s*\(/y) === null) return readNumber(cursor);
  const numbers = [readNumber(cursor)];
  while (cursor.take(/,/y) !== null) numbers.push(readNumber(cursor));
  if (cursor.take(/\)/y) === null) expected(cursor, "')' after the numbers of c");
  return numbers;
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
