/**
 * Priors as text, as brms writes them and the command line takes them:
 *
 *     normal(0, 1) class=b coef=x1
 *     student_t(3, 0, 2.5), class = sd, group = g
 *     lkj(2)
 *
 * A distribution with its parameters by position, then options in any order, separated by commas,
 * spaces or both: class (b where absent; cor of an lkj), coef, group, lb, ub. Values that hold
 * spaces, commas or quotes stand in quotes, with a backslash before a quote or a backslash.
 */
import type { Prior } from '../../../models/prior-distributions.js';
import { WeighbridgeError } from '../../errors.js';
import {
  beta,
  cauchy,
  exponential,
  flat,
  gamma,
  halfCauchy,
  halfNormal,
  halfStudentT,
  lkj,
  lognormal,
  normal,
  priorRow,
  studentT,
  uniform,
} from './constructors.js';
import { formatNumber } from './numbers.js';
import type { LkjPrior, PriorRow, PriorTarget } from './prior-rows.js';

/** As brms' tables show it, without its bounds: `normal(0, 1)`, `(flat)`. */
export function priorText(prior: Prior | LkjPrior): string {
  if (prior.distribution === 'flat') return '(flat)';
  return `${prior.distribution}(${parametersOf(prior).map(formatNumber).join(', ')})`;
}

function parametersOf(prior: Exclude<Prior, { distribution: 'flat' }> | LkjPrior): number[] {
  switch (prior.distribution) {
    case 'normal':
      return [prior.mean, prior.sd];
    case 'student_t':
      return [prior.df, prior.location, prior.scale];
    case 'cauchy':
      return [prior.location, prior.scale];
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
    case 'lkj':
      return [prior.eta];
  }
}

/** `normal(0, 1) class=b coef=x1 lb=0`: what `parsePrior` reads as the same row. */
export function formatPrior(row: PriorRow): string {
  const { prior } = row;
  const text = prior.distribution === 'flat' ? 'flat()' : priorText(prior);
  const bound = (name: string, value: number | undefined) =>
    value === undefined ? '' : ` ${name}=${formatNumber(value)}`;
  const bounds =
    prior.distribution === 'lkj' ? '' : bound('lb', prior.lower) + bound('ub', prior.upper);
  return `${text} ${targetText(row)}${bounds}`;
}

/** `class=sd group=g coef=x`. */
export function targetText({ class: name, coef, group }: PriorTarget): string {
  const option = (key: string, value: string | undefined) =>
    value === undefined ? '' : ` ${key}=${quoted(value)}`;
  return `class=${name}${option('coef', coef)}${option('group', group)}`;
}

function quoted(value: string): string {
  return /^[^\s,'"=\\]+$/.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
}

interface Spelling {
  /** How many parameters there are. */
  readonly count: number;
  make(parameters: readonly number[]): Prior | LkjPrior;
}

/** By the names of Stan and brms, and halves by names of their own. */
const spellings: ReadonlyMap<string, Spelling> = new Map<string, Spelling>([
  ['normal', { count: 2, make: ([mean, sd]) => normal(mean, sd) }],
  ['student_t', { count: 3, make: ([df, location, scale]) => studentT(df, location, scale) }],
  ['cauchy', { count: 2, make: ([location, scale]) => cauchy(location, scale) }],
  ['exponential', { count: 1, make: ([rate]) => exponential(rate) }],
  ['gamma', { count: 2, make: ([shape, rate]) => gamma(shape, rate) }],
  ['beta', { count: 2, make: ([a, b]) => beta(a, b) }],
  ['lognormal', { count: 2, make: ([meanlog, sdlog]) => lognormal(meanlog, sdlog) }],
  ['uniform', { count: 2, make: ([from, to]) => uniform(from, to) }],
  ['half_normal', { count: 1, make: ([sd]) => halfNormal(sd) }],
  ['half_student_t', { count: 2, make: ([df, scale]) => halfStudentT(df, scale) }],
  ['half_cauchy', { count: 1, make: ([scale]) => halfCauchy(scale) }],
  ['lkj', { count: 1, make: ([eta]) => lkj(eta) }],
  ['flat', { count: 0, make: () => flat() }],
]);

/** What brms has beside distributions, or is no distribution of ours, with what it is for. */
const brmsPriors: ReadonlyMap<string, string> = new Map([
  ['horseshoe', 'shrinkage of all slopes'],
  ['R2D2', 'shrinkage of all slopes'],
  ['lasso', 'shrinkage of all slopes'],
  ['constant', 'a parameter that is fixed'],
  ['dirichlet', 'simplexes'],
  ['logistic', 'a distribution of Stan'],
  ['double_exponential', 'a distribution of Stan'],
  ['inv_gamma', 'a distribution of Stan'],
  ['chi_square', 'a distribution of Stan'],
  ['inv_chi_square', 'a distribution of Stan'],
  ['skew_normal', 'a distribution of Stan'],
  ['weibull', 'a distribution of Stan'],
  ['gumbel', 'a distribution of Stan'],
  ['lkj_corr_cholesky', 'written lkj here'],
]);

/**
 * Reads `normal(0, 1) class=b coef=x1 group=g lb=0 ub=1`, or brms' spelling with commas.
 *
 * @throws WeighbridgeError `bad-argument`: what was expected at which character, from 1
 */
export function parsePrior(text: string): PriorRow {
  const reader = readerOf(text);
  const distribution = readDistribution(reader);
  const options = readOptions(reader);
  const isLkj = distribution.distribution === 'lkj';
  const { lb, ub } = options;
  const bounds = {
    ...(lb === undefined ? {} : { lower: lb }),
    ...(ub === undefined ? {} : { upper: ub }),
  };
  if (isLkj && (lb ?? ub) !== undefined) reader.fail('an lkj prior without lb and ub', 0);
  return reader.explained(() =>
    priorRow({ ...distribution, ...bounds }, options.class ?? (isLkj ? 'cor' : 'b'), {
      ...(options.coef === undefined ? {} : { coef: options.coef }),
      ...(options.group === undefined ? {} : { group: options.group }),
    }),
  );
}

interface Options {
  class?: string;
  coef?: string;
  group?: string;
  lb?: number;
  ub?: number;
}

type Reader = ReturnType<typeof readerOf>;

const NUMBER = /[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|Inf(?:inity)?)/y;
const SPACES = /\s+/y;
const NAME = /[A-Za-z_][A-Za-z_0-9.]*/y;
const BARE = /[^\s,'"=\\]+/y;
const QUOTED = /"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*'/y;

function readerOf(text: string) {
  let at = matchAt(SPACES, text, 0)?.length ?? 0;
  const fail = (expected: string, place = at): never => {
    const found = place < text.length ? `'${characterAt(text, place)}'` : 'the end';
    throw new WeighbridgeError(
      'bad-argument',
      `prior ${JSON.stringify(text)}: expected ${expected} at character ${place + 1}, found ${found}`,
    );
  };
  return {
    fail,
    /** For what is well-formed and not here. */
    refuse: (problem: string): never => {
      throw new WeighbridgeError('bad-argument', `prior ${JSON.stringify(text)}: ${problem}`);
    },
    place: () => at,
    atEnd: () => at >= text.length,
    /** What the pattern (sticky) matches here, or null; spaces after it are passed over. */
    take(pattern: RegExp): string | null {
      const found = matchAt(pattern, text, at);
      if (found === null) return null;
      at += found.length;
      at += matchAt(SPACES, text, at)?.length ?? 0;
      return found;
    },
    /** Runs what may fail for another reason than the text's form, and names the text. */
    explained<T>(work: () => T): T {
      try {
        return work();
      } catch (error) {
        if (!(error instanceof WeighbridgeError)) throw error;
        throw new WeighbridgeError(error.code, `${JSON.stringify(text)}: ${error.message}`);
      }
    },
  };
}

function matchAt(sticky: RegExp, text: string, at: number): string | null {
  sticky.lastIndex = at;
  return sticky.exec(text)?.[0] ?? null;
}

function characterAt(text: string, place: number): string {
  return String.fromCodePoint(text.codePointAt(place) ?? 0xfffd);
}

/** `normal(0, 1)`, `half_normal(1)`, `flat()` or brms' `(flat)`. */
function readDistribution(reader: Reader): Prior | LkjPrior {
  if (reader.take(/\(flat\)/y) !== null) return flat();
  const start = reader.place();
  const name = reader.take(NAME) ?? '';
  const spelling = spellings.get(name);
  const brms = brmsPriors.get(name);
  if (brms !== undefined)
    reader.refuse(
      `${name}() of brms (${brms}) is not here; these are: ${[...spellings.keys()].join(', ')}`,
    );
  if (spelling === undefined) {
    return reader.fail(`a distribution (${[...spellings.keys()].join(', ')})`, start);
  }
  const { count, make } = spelling;
  if (reader.take(/\(/y) === null) reader.fail("'('");
  const parameters: number[] = [];
  for (let i = 0; i < count; i++) {
    if (i > 0 && reader.take(/,/y) === null) reader.fail(`',' and parameter ${i + 1} of ${name}`);
    parameters.push(readNumber(reader));
  }
  if (reader.take(/\)/y) === null) reader.fail(`')' after ${count} parameters of ${name}`);
  return reader.explained(() => make(parameters));
}

function readNumber(reader: Reader): number {
  const text = reader.take(NUMBER);
  return text === null ? reader.fail('a number') : Number(text.replace(/Inf(inity)?/, 'Infinity'));
}

function readOptions(reader: Reader): Options {
  const options: Options = {};
  for (;;) {
    const comma = reader.take(/,/y) !== null;
    const start = reader.place();
    if (reader.atEnd()) return comma ? reader.fail('class, coef, group, lb or ub') : options;
    const key = reader.take(NAME);
    if (key !== 'class' && key !== 'coef' && key !== 'group' && key !== 'lb' && key !== 'ub') {
      return reader.fail('class, coef, group, lb or ub', start);
    }
    if (options[key] !== undefined) reader.fail(`${key} once`, start);
    if (reader.take(/=/y) === null) reader.fail("'='");
    if (key === 'lb' || key === 'ub') options[key] = readNumber(reader);
    else options[key] = readValue(reader);
  }
}

function readValue(reader: Reader): string {
  const quoted = reader.take(QUOTED);
  if (quoted !== null) return quoted.slice(1, -1).replace(/\\(.)/gs, '$1');
  return reader.take(BARE) ?? reader.fail('a name, or one in quotes');
}
