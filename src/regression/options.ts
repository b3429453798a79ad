/**
 * What a user hands over, checked before it is read: callers from JavaScript have no compiler that
 * tells them of a misspelt option or of a text where a function should be.
 */
import { type Family, type FamilyName, familyNames } from '../../models/families/family.js';
import { linksOf, requireFamily } from '../../models/families/index.js';
import { WeighbridgeError } from '../errors.js';
import { didYouMean, listed } from '../formula/names.js';
import { settingNames } from '../sampler/settings.js';
import type { PriorRow } from './priors/prior-rows.js';
import { parsePrior } from './priors/prior-text.js';

/** A prior with the parameters that it is for, or the same as text: `normal(0, 1) class=b`. */
export type PriorInput = PriorRow | string;

const names = [
  'formula',
  'family',
  'data',
  'prior',
  'missing',
  'levels',
  ...settingNames,
  'runner',
  'onProgress',
  'signal',
];

/** What brms calls them, where no spelling is near. */
const brmsNames: Readonly<Record<string, string>> = {
  iter: 'draws (after warm-up) and warmup',
  cores: 'runner',
  thin: 'no thinning: draws as they come',
  adapt_delta: 'targetAcceptance',
  max_treedepth: 'maxDepth',
  control: 'targetAcceptance and maxDepth themselves',
  autocor: 'no autocorrelation',
  weights: 'no weights',
};

/**
 * @param others options beside those of a regression
 * @throws WeighbridgeError `bad-argument`
 */
export function requireOptions(given: unknown, others: readonly string[] = []): void {
  if (!isRecord(given)) {
    throw bad(`expected options, { formula: 'y ~ x', data: rows } say, found ${described(given)}`);
  }
  const known = [...names, ...others];
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const brms = Object.hasOwn(brmsNames, name) ? `; brms' ${name} is here ${brmsNames[name]}` : '';
    const options = `(options: ${listed(known, known.length)})`;
    throw bad(`there is no option '${name}'${brms || `${didYouMean(name, known)} ${options}`}`);
  }
  const { missing, levels, runner, onProgress, signal } = given;
  if (missing !== undefined && missing !== 'drop' && missing !== 'fail') {
    throw bad(`missing is ${described(missing)}, but must be drop or fail`);
  }
  if (levels !== undefined) requireLevels(levels);
  for (const [name, value] of Object.entries({ runner, onProgress })) {
    if (value !== undefined && typeof value !== 'function') {
      throw bad(`${name} is ${described(value)}, but must be a function`);
    }
  }
  if (signal !== undefined && !isSignal(signal)) {
    throw bad(
      `signal is ${described(signal)}, but must be an AbortSignal: the signal of an AbortController`,
    );
  }
}

function requireLevels(levels: unknown): void {
  const sound =
    isRecord(levels) &&
    Object.values(levels).every(
      (one) => Array.isArray(one) && one.every((level) => typeof level === 'string'),
    );
  if (sound) return;
  throw bad("levels are texts by column, expected { g: ['a', 'b'] } say");
}

function isSignal(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'aborted' in value &&
    'addEventListener' in value &&
    typeof value.addEventListener === 'function'
  );
}

/** A table's shape is looked at where it is read; here, what nobody would take for a table. */
export function requireData(data: unknown): void {
  const found = Array.isArray(data)
    ? data.length === 0 && 'the data have no rows'
    : !isRecord(data)
      ? `data is ${described(data)}, expected an array of records or a record of columns`
      : Object.keys(data).length === 0 && 'the data have no columns';
  if (found) throw new WeighbridgeError('bad-data', found);
}

/** A family, or one by its name with its default link. */
export function familyFrom(given: Family | FamilyName): Family {
  const known = familyNames.find((name) => name === given);
  if (known) return requireFamily({ family: known, link: linksOf(known)[0] });
  if (typeof given === 'object' && isRecord(given)) return requireFamily(given);
  throw bad(
    `family is ${described(given)}, expected a family, bernoulli() say, or one of ${familyNames.join(', ')}`,
  );
}

/** Rows of priors, those that are text read. */
export function priorsFrom(given: PriorInput | readonly PriorInput[]): readonly PriorRow[] {
  return (Array.isArray(given) ? given : [given]).map((one: unknown) => {
    if (typeof one === 'string') return parsePrior(one);
    if (isPriorRow(one)) return one;
    throw bad(
      isRecord(one) && 'distribution' in one
        ? `a prior ${one.distribution} does not say what it is for: expected normal(0, 1).on('b') say`
        : `a prior is ${described(one)}, expected normal(0, 1).on('b') or 'normal(0, 1) class=b' say`,
    );
  });
}

function isPriorRow(value: unknown): value is PriorRow {
  return isRecord(value) && isRecord(value.prior) && typeof value.class === 'string';
}

/** A plain object: no array, Map, Date or promise. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.prototype.toString.call(value) === '[object Object]';
}

function described(value: unknown): string {
  if (typeof value === 'string') return `the text '${value.slice(0, 40)}'`;
  if (typeof value === 'function') return `the function ${value.name || '() => …'}`;
  if (typeof value !== 'object' || value === null) return String(value);
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  return `${/^[AEIOU]/.test(kind) ? 'an' : 'a'} ${kind}`;
}

function bad(message: string): WeighbridgeError {
  return new WeighbridgeError('bad-argument', message.replace(/\s/g, ' '));
}
