/**
 * Whether a prior is one: its parameters in their ranges, its bounds in order and within them
 * enough of the distribution to be normalized.
 */
import { WeighbridgeError } from '../../src/errors.js';
import type { Prior } from '../prior-distributions.js';
import { massBetween } from './mass.js';
import { supportOf } from './support.js';

/** Of less, too few digits are left: and a prior that cuts so much away is a slip. */
const LEAST_MASS = 1e-10;

/** What each parameter of a distribution may be. */
const parametersOf: { readonly [D in Prior['distribution']]: Readonly<Record<string, Range>> } = {
  flat: {},
  normal: { mean: 'finite', sd: 'positive' },
  student_t: { df: 'positive', location: 'finite', scale: 'positive' },
  cauchy: { location: 'finite', scale: 'positive' },
  exponential: { rate: 'positive' },
  gamma: { shape: 'positive', rate: 'positive' },
  beta: { alpha: 'positive', beta: 'positive' },
  lognormal: { meanlog: 'finite', sdlog: 'positive' },
  uniform: { from: 'finite', to: 'finite' },
};

type Range = 'finite' | 'positive';

/** Throws `bad-argument`, naming the distribution, its parameter, the value and what was expected. */
export function validatePrior(prior: Prior): void {
  requireParameters(prior.distribution, parametersOf[prior.distribution], { ...prior });
  if (prior.distribution === 'uniform' && !(prior.from < prior.to)) {
    fail('uniform', `from ${prior.from} to ${prior.to}, expected from < to`);
  }
  requireBounds(prior);
}

/** The same for the η of an LKJ prior. */
export function validateLkj(eta: number): void {
  requireParameters('lkj', { eta: 'positive' }, { eta });
}

/** Throws `bad-argument` at the first value out of its range; `distribution` names the prior. */
export function requireParameters(
  distribution: string,
  ranges: Readonly<Record<string, Range>> | undefined,
  values: Readonly<Record<string, unknown>>,
): void {
  if (ranges === undefined) {
    fail(String(distribution), `expected one of ${Object.keys(parametersOf).join(', ')}, lkj`);
  }
  for (const [name, range] of Object.entries(ranges)) {
    const value = values[name];
    const number = typeof value === 'number' && Number.isFinite(value);
    if (!number || (range === 'positive' && value <= 0)) {
      const found = typeof value === 'string' ? `${value} (a string)` : String(value);
      fail(distribution, `${name} is ${found}, expected a ${range} number`);
    }
  }
}

function requireBounds(prior: Prior): void {
  const { lower = Number.NEGATIVE_INFINITY, upper = Number.POSITIVE_INFINITY } = prior;
  if (!(lower < upper)) {
    fail(prior.distribution, `bounds ${lower} and ${upper}, expected lower < upper`);
  }
  const support = supportOf(prior);
  const empty = !(support.lower < support.upper);
  const flat = prior.distribution === 'flat';
  const mass = empty ? 0 : flat ? 1 : massBetween(prior, support.lower, support.upper);
  if (!(mass >= LEAST_MASS)) {
    fail(
      prior.distribution,
      `${mass} of the distribution lies between ${lower} and ${upper}, expected ${LEAST_MASS} or more`,
    );
  }
}

function fail(distribution: string, problem: string): never {
  throw new WeighbridgeError('bad-argument', `prior ${distribution}: ${problem}`);
}
