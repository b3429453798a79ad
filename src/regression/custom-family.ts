/**
 * `customFamily`: a family from expressions in R's notation, which become programs (models/families/program.ts).
 */
import { inputsOf, meanOfLink, REST, requireCustom } from '../../models/families/custom.js';
import {
  type CustomFamily,
  customOutcomes,
  type Family,
  isKnownName,
  isOwnName,
  type LinkName,
  type OwnParameter,
} from '../../models/families/family.js';
import { argumentsOf, type Program, type ProgramStep } from '../../models/families/program.js';
import type { Prior } from '../../models/prior-distributions.js';
import { listed } from '../checks/names.js';
import { requireNames } from '../checks/options.js';
import { badArgument, described, isRecord } from '../checks/values.js';
import type { CallExpression, Expression } from '../formula/formula.js';
import { describeToken, parseExpression, TokenCursor } from '../formula/parse-expression.js';
import type { FailAt } from '../text/cursor.js';
import { priorClasses } from './priors/prior-rows.js';
import { parsePrior } from './priors/prior-text.js';

/** A parameter of a family of your own. */
export interface CustomParameterOptions {
  /** Open ends of its range. @default none */
  readonly lower?: number | undefined;
  readonly upper?: number | undefined;
  /** Its prior, unless a regression gives another, for example `gamma(2, 0.1)`. */
  readonly prior: string;
}

export interface CustomFamilyOptions {
  /** Shown in summaries and messages. */
  readonly name: string;
  /** Kind of outcome: a number, 0 or 1, a whole number from 0, or one of at most `trials`. @default 'real' */
  readonly outcome?: CustomFamily['outcome'] | undefined;
  /** Range of the outcomes, its ends included. @default that of the kind of outcome */
  readonly lower?: number | undefined;
  readonly upper?: number | undefined;
  /** Link of mu, which also says its range. @default 'identity' */
  readonly link?: LinkName | undefined;
  /** Parameters beside mu. @default none */
  readonly parameters?: Readonly<Record<string, CustomParameterOptions>> | undefined;
  /** Names for parts of the expressions below; each may use those before it. */
  readonly where?: Readonly<Record<string, string>> | undefined;
  /** log p(y) with all its constants, of `y`, `mu`, the parameters, and `trials` of a binomial outcome. */
  readonly logDensity: string;
  /** E(y). @default mu; times the trials of a binomial outcome */
  readonly mean?: string | undefined;
  /**
   * A draw of y, with `rnorm(mean, sd)`, `runif(low, high)`, `rexp`, `rgamma`, `rbeta`, `rpois`, `rbinom`.
   *
   * @default none: methods that draw outcomes fail
   */
  readonly random?: string | undefined;
}

const optionNames = [
  'name',
  'outcome',
  'lower',
  'upper',
  'link',
  'parameters',
  'where',
  'logDensity',
  'mean',
  'random',
];

/**
 * A family of your own, as plain data: for `regression` and all methods of its fits, on any runner, in saved fits.
 * Expressions are in R's notation, with `+ - * / ^`, comparisons, `ifelse(test, yes, no)`, `exp log log1p sqrt lgamma
 * plogis pnorm …` and Stan's densities (`normal_lpdf(y, mu, sigma)`). Gradients and curvature of the log density are
 * exact.
 *
 * @throws WeighbridgeError `bad-argument`; `bad-formula` for an expression that cannot be read
 * @example
 * const gumbel = customFamily({
 *   name: 'gumbel',
 *   parameters: { beta: { lower: 0, prior: 'gamma(2, 1)' } },
 *   where: { z: '(y - mu) / beta' },
 *   logDensity: '-z - exp(-z) - log(beta)',
 *   mean: 'mu + 0.5772156649015329 * beta',
 *   random: 'mu - beta * log(rexp(1))',
 * });
 * const fit = await regression({ formula: 'y ~ x', family: gumbel, data });
 */
export function customFamily(options: CustomFamilyOptions): Family {
  if (!isRecord(options)) {
    throw badArgument(
      `expected options, for example { name: 'gumbel', logDensity: '…' }, found ${described(options)}`,
    );
  }
  requireNames(options, optionNames, 'customFamily');
  const { name, outcome = 'real', link = 'identity', lower, upper, where = {} } = options;
  if (typeof name !== 'string' || name === '') {
    throw badArgument(`name is ${described(name)}, expected the name of the family`);
  }
  if (!customOutcomes.includes(outcome)) {
    throw badArgument(
      `outcome is ${described(outcome)}, expected one of ${listed(customOutcomes)}`,
    );
  }
  const mean = meanOfLink(link);
  if (!mean)
    throw badArgument(
      `link of the family ${name} is ${described(link)}, expected the link of a mean, for example log`,
    );
  const parameters = Object.entries(options.parameters ?? {}).map(parameterOf);
  const family = { outcome, mean, parameters };
  const compile = (text: string, part: string, hasOutcome: boolean, isRandom = false): Program => {
    if (typeof text !== 'string')
      throw badArgument(`${part} is ${described(text)}, expected an expression`);
    return new ProgramWriter(inputsOf(family, hasOutcome), where, isRandom).program(text);
  };
  const custom = {
    name,
    ...family,
    ...(lower !== undefined && { lower }),
    ...(upper !== undefined && { upper }),
    logDensity: compile(options.logDensity, 'logDensity', true),
    ...(options.mean !== undefined && { expected: compile(options.mean, 'mean', false) }),
    ...(options.random !== undefined && { random: compile(options.random, 'random', false, true) }),
  };
  return { family: 'custom', link, custom: requireCustom(custom, link) };
}

/** Names that mean something else in a regression. */
const taken: ReadonlySet<string> = new Set([
  'y',
  'trials',
  'disc',
  ...priorClasses.filter((name) => !isKnownName(name)),
]);

function parameterOf([name, given]: [string, CustomParameterOptions]): OwnParameter {
  if (!isOwnName(name) || taken.has(name) || name.startsWith('mu')) {
    throw badArgument(
      `a parameter is called '${name}', expected a name of letters and digits that is none of mu…, ${listed([...taken])}`,
    );
  }
  if (!isRecord(given)) {
    throw badArgument(
      `the parameter ${name} is ${described(given)}, expected { lower, upper, prior }`,
    );
  }
  requireNames(given, ['lower', 'upper', 'prior'], `the parameter ${name}`);
  const { lower, upper } = given;
  for (const [end, value] of Object.entries({ lower, upper })) {
    if (value !== undefined && !Number.isFinite(value)) {
      throw badArgument(
        `${end} of the parameter ${name} is ${described(value)}, expected a number`,
      );
    }
  }
  const ends = { ...(lower !== undefined && { lower }), ...(upper !== undefined && { upper }) };
  return { name, ...ends, prior: priorOf(name, given.prior) };
}

function priorOf(name: string, text: unknown): Prior {
  if (typeof text !== 'string') {
    throw badArgument(
      `the prior of ${name} is ${described(text)}, expected for example 'gamma(2, 0.1)'`,
    );
  }
  const { prior } = parsePrior(`${text} class=${name}`);
  if (prior.distribution !== 'lkj' && prior.distribution !== 'dirichlet') return prior;
  throw badArgument(
    `the prior of ${name} is ${text}, expected that of a number, for example gamma(2, 0.1)`,
  );
}

/** Stan's log densities as expressions of their arguments. */
const densities: Readonly<Record<string, readonly [readonly string[], string]>> = {
  normal_lpdf: [['x', 'm', 's'], '-0.5 * ((x - m) / s)^2 - log(s) - 0.9189385332046727'],
  lognormal_lpdf: [
    ['x', 'm', 's'],
    '-0.5 * ((log(x) - m) / s)^2 - log(s) - log(x) - 0.9189385332046727',
  ],
  student_t_lpdf: [
    ['x', 'n', 'm', 's'],
    'lgamma((n + 1) / 2) - lgamma(n / 2) - 0.5 * log(n * pi) - log(s) - (n + 1) / 2 * log1p(((x - m) / s)^2 / n)',
  ],
  exponential_lpdf: [['x', 'r'], 'log(r) - r * x'],
  gamma_lpdf: [['x', 'a', 'r'], 'a * log(r) - lgamma(a) + (a - 1) * log(x) - r * x'],
  beta_lpdf: [['x', 'a', 'b'], '(a - 1) * log(x) + (b - 1) * log1m(x) - lbeta(a, b)'],
  weibull_lpdf: [
    ['x', 'k', 's'],
    'log(k) - log(s) + (k - 1) * (log(x) - log(s)) - exp(k * (log(x) - log(s)))',
  ],
  bernoulli_lpmf: [['x', 'p'], 'ifelse(x == 1, log(p), log1m(p))'],
  binomial_lpmf: [
    ['x', 'n', 'p'],
    'lchoose(n, x) + ifelse(x == 0, 0, x * log(p)) + ifelse(x == n, 0, (n - x) * log1m(p))',
  ],
  poisson_lpmf: [['x', 'r'], 'ifelse(x == 0, 0, x * log(r)) - r - lgamma(x + 1)'],
  neg_binomial_2_lpmf: [
    ['x', 'm', 'f'],
    'lgamma(x + f) - lgamma(f) - lgamma(x + 1) - f * log1p(m / f) + ifelse(x == 0, 0, x * (log(m) - log(m + f)))',
  ],
};

/** What a name stands for: a step, or a text to be compiled where it is first used. */
type Meaning = number | string;

/** Compiles one expression; equal parts are computed once. */
class ProgramWriter {
  readonly #steps: ProgramStep[] = [];
  readonly #known = new Map<string, number>();
  /** The steps of `where`, so that a variate in one is drawn once. */
  readonly #definitions = new Map<string, number>();

  /**
   * @param inputs names of numbers
   * @param where texts by name
   */
  constructor(
    private readonly inputs: readonly string[],
    private readonly where: Readonly<Record<string, string>>,
    private readonly isRandom: boolean,
  ) {}

  program(text: string): Program {
    const last = this.#read(text, new Map(Object.entries(this.where)));
    // The result is that of the last step, which equal parts may have made earlier.
    if (last !== this.#steps.length - 1)
      this.#steps.push({ call: '+', of: [last, this.#number(0)] });
    return this.#steps;
  }

  #read(text: string, meanings: ReadonlyMap<string, Meaning>): number {
    if (typeof text !== 'string')
      throw badArgument(`an expression is ${described(text)}, expected a text`);
    const cursor = new TokenCursor(text, 'expression');
    const expression = parseExpression(cursor);
    const { token } = cursor;
    if (token.kind !== 'end') {
      cursor.fail(token.place, `expected an operator or the end, found ${describeToken(token)}`);
    }
    return this.#write(expression, meanings, cursor.fail);
  }

  #write(expression: Expression, meanings: ReadonlyMap<string, Meaning>, fail: FailAt): number {
    const write = (part: Expression) => this.#write(part, meanings, fail);
    switch (expression.kind) {
      case 'number':
        return this.#number(expression.value);
      case 'logical':
        return this.#number(expression.value ? 1 : 0);
      case 'constant':
        return this.#call('negative', [this.#call('log', [this.#number(0)])]);
      case 'parentheses':
        return write(expression.inner);
      case 'name':
        return this.#name(expression, meanings, fail);
      case 'unary':
        if (expression.operator === '+') return write(expression.operand);
        return this.#call(expression.operator === '-' ? 'negative' : 'not', [
          write(expression.operand),
        ]);
      case 'binary': {
        const { operator, left, right, place } = expression;
        const name = operator === '&&' ? '&' : operator === '||' ? '|' : operator;
        if (argumentsOf(name, false) !== 2) fail(place, `${operator} is not for numbers`);
        return this.#call(name, [write(left), write(right)]);
      }
      case 'call':
        return this.#function(expression, meanings, fail);
      default:
        return fail(expression.place, 'expected a number, a name or a function');
    }
  }

  #name(
    { name, place }: { readonly name: string; readonly place: number },
    meanings: ReadonlyMap<string, Meaning>,
    fail: FailAt,
  ): number {
    const meaning = meanings.get(name);
    if (typeof meaning === 'number') return meaning;
    if (meaning !== undefined) {
      const known = this.#definitions.get(name) ?? this.#read(meaning, before(meanings, name));
      this.#definitions.set(name, known);
      return known;
    }
    if (this.inputs.includes(name)) return this.#step({ input: name });
    if (name === 'pi') return this.#number(Math.PI);
    const known = [...this.inputs.filter((one) => one !== REST), ...meanings.keys()];
    return fail(place, `there is no ${name} here, but ${listed(known)}`);
  }

  #function(
    { function: name, arguments: given, place }: CallExpression,
    meanings: ReadonlyMap<string, Meaning>,
    fail: FailAt,
  ): number {
    const named = given.find((argument) => argument.name !== null);
    if (named) fail(named.value.place, `arguments of ${name}() have no names here`);
    const of = given.map(({ value }) => this.#write(value, meanings, fail));
    const density = Object.hasOwn(densities, name) ? densities[name] : undefined;
    const expected = density ? density[0].length : argumentsOf(name, this.isRandom);
    if (expected === undefined) {
      const isVariate = argumentsOf(name, true) !== undefined;
      fail(
        place,
        isVariate ? `${name}() is for random alone` : `there is no function ${name}() here`,
      );
    }
    if (expected !== of.length)
      fail(place, `${name}() takes ${expected} arguments, found ${of.length}`);
    if (!density) return this.#call(name, of);
    const [parameters, text] = density;
    return this.#read(text, new Map(parameters.map((parameter, i) => [parameter, of[i]])));
  }

  #number(value: number): number {
    return this.#step({ number: value });
  }

  /** 1 − μ of a probability has its own digits. */
  #call(name: string, of: readonly number[]): number {
    const [first, second] = of.map((at) => this.#steps[at]);
    const isMu = (step: ProgramStep | undefined) => step && 'input' in step && step.input === 'mu';
    if (this.inputs.includes(REST)) {
      const isOne = first && 'number' in first && first.number === 1;
      if (name === '-' && isOne && isMu(second)) return this.#step({ input: REST });
      if (name === 'log1m' && isMu(first)) return this.#call('log', [this.#step({ input: REST })]);
    }
    return this.#step({ call: name, of });
  }

  #step(step: ProgramStep): number {
    const key = JSON.stringify(step);
    const isVariate = 'call' in step && argumentsOf(step.call, false) === undefined;
    const known = this.#known.get(key);
    if (known !== undefined && !isVariate) return known;
    this.#steps.push(step);
    this.#known.set(key, this.#steps.length - 1);
    return this.#steps.length - 1;
  }
}

/** The meanings that a definition can use: those before it. */
function before(meanings: ReadonlyMap<string, Meaning>, name: string): Map<string, Meaning> {
  const names = [...meanings.keys()];
  return new Map([...meanings].slice(0, names.indexOf(name)));
}
