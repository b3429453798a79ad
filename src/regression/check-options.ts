/**
 * Checks of what a user hands over, shared by all that take options: callers from JavaScript have no
 * compiler that tells them of a misspelt option or of a text where a record should be.
 */
import { WeighbridgeError } from '../errors.js';
import { didYouMean, listed } from '../formula/names.js';

/** What brms, bayestestR, emmeans and loo call our options; the first that a function has is meant. */
const renamed: Readonly<Record<string, readonly string[]>> = {
  adapt_delta: ['targetAcceptance'],
  allow_new_levels: ['newLevels'],
  ci: ['prob', 'alpha'],
  coefficient: ['coef'],
  credMass: ['prob'],
  level: ['prob', 'alpha'],
  max_treedepth: ['maxDepth'],
  ndraws: ['replications', 'draws'],
  newdata: ['data'],
  nsamples: ['replications', 'draws'],
  null: ['reference'],
  pars: ['parameters'],
  prob: ['alpha'],
  probs: ['prob', 'alpha'],
  re_form: ['groups'],
  re_formula: ['groups'],
  sample_new_levels: ['newLevels'],
  specs: ['by'],
  type: ['scale'],
  var: ['of'],
  variable: ['parameters'],
};

/** What is done another way here, or not at all. */
const elsewhere: Readonly<Record<string, string>> = {
  autocor: 'there is no autocorrelation here',
  control: 'its targetAcceptance and maxDepth are options themselves',
  cores: 'a runner says where chains run',
  int_conditions: 'a second number stands at its mean and one standard deviation to both sides',
  iter: 'draws counts kept draws, beside warmup',
  moment_match: 'fit again without the rows of a high Pareto k: update({ data })',
  reloo: 'fit again without the rows of a high Pareto k: update({ data })',
  summary: 'posteriorEpred, posteriorPredict and posteriorLinpred give the draws',
  thin: 'draws are kept as they come',
  weights: 'there are no weights here',
};

/**
 * Refuses what is no record of options, and options that there are not.
 *
 * @param of whose options, for the message
 * @throws WeighbridgeError `bad-argument`
 */
export function requireNames(given: unknown, known: readonly string[], of: string): void {
  if (!isRecord(given)) {
    const expected = known.length === 0 ? 'none' : `{ ${known[0]}: … } say`;
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

/** @throws WeighbridgeError `bad-argument` for a probability that is not in (0, 1). */
export function checkProbability(name: string, value: number): number {
  if (typeof value === 'number' && value > 0 && value < 1) return value;
  throw badArgument(`${name} is ${described(value)}, but must be in (0, 1)`);
}

/** @throws WeighbridgeError `bad-argument` for a value that is not among those allowed. */
export function checkOneOf<T extends string>(name: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value;
  const found = typeof value === 'string' ? value : described(value);
  throw badArgument(`${name} is ${found}, but must be one of ${allowed.join(', ')}`);
}

/** @throws WeighbridgeError `bad-argument` for what is neither a number nor a text. */
export function checkSeed<T>(value: T): T {
  if (typeof value === 'string' || Number.isFinite(value)) return value;
  throw badArgument(`seed is ${described(value)}, but must be a number or a text`);
}

/** One text or several. @throws WeighbridgeError `bad-argument` for anything else */
export function textsOf(name: string, value: unknown, example: string): readonly string[] {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  return texts.map((text) => {
    if (typeof text === 'string') return text;
    throw badArgument(`${name} is ${described(text)}, expected text, '${example}' say`);
  });
}

/** A plain object: no array, Map, Date or promise. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** A value for a message. */
export function described(value: unknown): string {
  if (typeof value === 'string') return `the text '${value.slice(0, 40)}'`;
  if (typeof value === 'function') return `the function ${value.name || '() => …'}`;
  if (typeof value !== 'object' || value === null) return String(value);
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  return `${/^[AEIOU]/.test(kind) ? 'an' : 'a'} ${kind}`;
}

/** A line, whatever the values in it. */
export function badArgument(message: string): WeighbridgeError {
  return new WeighbridgeError('bad-argument', message.replace(/\s/g, ' '));
}
