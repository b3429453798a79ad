/**
 * What can be asked of priors before there is a fit: which there are by default, and what they say
 * about parameters and outcomes.
 */
import { type Preparation, prepare } from '../prepare.js';
import type { PriorInUse } from './prior-rows.js';
import { type PriorSample, type SamplePriorOptions, samplePriorOf } from './sample-prior.js';

/**
 * The default priors of a regression, a row a class, coefficient and group: brms' `default_prior`
 * (`get_prior`), with the same numbers. `printPriors` makes a table of them.
 *
 * @param formula as in `regression`
 * @throws WeighbridgeError `bad-formula`, `bad-data`
 */
export function defaultPrior(
  formula: string,
  options: Omit<Preparation, 'formula' | 'prior'>,
): readonly PriorInUse[] {
  return prepare({ ...options, formula }, [], 'defaultPrior').priors;
}

/**
 * Draws from the prior of a regression, and outcomes of the rows of its data drawn from those: what
 * brms' `sample_prior = "only"` with `posterior_predict` gives, but independent draws.
 *
 * @throws WeighbridgeError `bad-formula`, `bad-data`; `bad-argument` where a prior is improper, as
 *   the flat ones of coefficients by default
 */
export function samplePrior(options: Preparation & SamplePriorOptions): PriorSample {
  return samplePriorOf(prepare(options, [], 'samplePrior').specification, options);
}
