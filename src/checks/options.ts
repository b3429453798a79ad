/**
 * Argument checks shared by all functions that take options. JavaScript callers have no compiler
 * to catch a misspelled option or a string in place of an object.
 */
import { didYouMean, listed } from './names.js';
import { badArgument, described, isRecord } from './values.js';

/**
 * Names of our options in brms, bayestestR, emmeans and loo. A message suggests the first one
 * that the function has.
 */
const renamed: Readonly<Record<string, readonly string[]>> = {
  adapt_delta: ['targetAcceptance'],
  allow_new_levels: ['newLevels'],
  alpha: ['mass'],
  ci: ['mass'],
  coefficient: ['coef'],
  credMass: ['mass'],
  level: ['mass'],
  max_treedepth: ['maxDepth'],
  ndraws: ['replications', 'draws'],
  newdata: ['data'],
  nsamples: ['replications', 'draws'],
  null: ['reference'],
  pars: ['parameters'],
  prob: ['mass'],
  probs: ['mass'],
  re_form: ['groups'],
  re_formula: ['groups'],
  sample_new_levels: ['newLevels'],
  specs: ['by'],
  type: ['scale'],
  var: ['of'],
  variable: ['parameters'],
};

/** Options of other packages that are done differently here, or not supported. */
const elsewhere: Readonly<Record<string, string>> = {
  autocor: 'there is no autocorrelation here',
  control: 'its targetAcceptance and maxDepth are options themselves',
  cores: 'a runner says where chains run',
  int_conditions: 'a second number stands at its mean and one standard deviation to both sides',
  iter: 'draws counts kept draws, beside warmup',
  moment_match: 'observations of a high Pareto k are left out by fits without them',
  reloo: 'observations of a high Pareto k are left out by fits without them, unless refits is 0',
  summary: 'posteriorEpred, posteriorPredict and posteriorLinpred give the draws',
  thin: 'draws are kept as they come',
  weights: 'there are no weights here',
};

/**
 * Throws on a non-object or an unknown option.
 *
 * @param of whose options, for the message
 * @throws WeighbridgeError `bad-argument`
 */
export function requireNames(given: unknown, known: readonly string[], of: string): void {
  if (!isRecord(given)) {
    const expected = known.length === 0 ? 'none' : `for example { ${known[0]}: … }`;
    throw badArgument(`${of} takes its options by name, ${expected}, found ${described(given)}`);
  }
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw badArgument(`there is no option '${unknown}' of ${of}${hint(unknown, known)}`);
}

function hint(name: string, known: readonly string[]): string {
  if (Object.hasOwn(elsewhere, name)) return `; ${elsewhere[name]}`;
  const names: readonly string[] = Object.hasOwn(renamed, name) ? renamed[name] : [];
  const here = names.find((one) => known.includes(one));
  if (here !== undefined) return `; it is ${here} here`;
  const options = known.length === 0 ? 'none' : listed(known, known.length);
  return `${didYouMean(name, known)} (options: ${options})`;
}

/** @throws WeighbridgeError `bad-argument` if the probability is not in (0, 1). */
export function requireProbability(name: string, value: number): number {
  if (typeof value === 'number' && value > 0 && value < 1) return value;
  throw badArgument(`${name} is ${described(value)}, but must be in (0, 1)`);
}

/** @throws WeighbridgeError `bad-argument` if the value is not one of those allowed. */
export function requireOneOf<T extends string>(name: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value;
  const found = typeof value === 'string' ? value : described(value);
  throw badArgument(`${name} is ${found}, but must be one of ${allowed.join(', ')}`);
}

/** @throws WeighbridgeError `bad-argument` if the value is neither a number nor a string. */
export function requireSeed<T>(value: T): T {
  if (typeof value === 'string' || Number.isFinite(value)) return value;
  throw badArgument(`seed is ${described(value)}, but must be a number or a text`);
}

/**
 * One string or several, as a list.
 *
 * @throws WeighbridgeError `bad-argument` for anything else
 */
export function textsOf(name: string, value: unknown, example: string): readonly string[] {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  return texts.map((text) => {
    if (typeof text === 'string') return text;
    throw badArgument(`${name} is ${described(text)}, expected text, for example '${example}'`);
  });
}
