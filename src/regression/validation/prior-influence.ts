/**
 * How far the priors of each class move the posterior means, to first order. Under a prior raised to the
 * power α, the derivative of a posterior mean with respect to α is, at α = 1,
 *
 *     d E(θ_k) / dα = Cov(θ_k, log p_class(θ)),
 *
 * the covariance over the posterior (Kallioinen et al. 2023, section 3.2). From α = 0 to 1, from a flat
 * prior to this one, a mean moves by about as much; for a normal posterior by a little more.
 */

import { sampleMoments } from '../../posterior/convergence.js';
import { parameterDraws } from '../../posterior/draws.js';
import type { FittedRegression } from '../fitted-regression.js';
import type { PriorClass, PriorInUse } from '../priors/prior-rows.js';
import { isPartOfEffect } from './criteria.js';
import { logPriorsBy } from './prior-sensitivity.js';

/** The priors of a class, and the parameter that they move most. */
export interface PriorInfluence {
  readonly class: PriorClass;
  /** The different priors of the class, as brms writes them: `normal(0, 1)`, `(flat)`. */
  readonly priors: readonly string[];
  /** Name of the parameter whose mean moves most; null if the priors are flat. */
  readonly parameter: string | null;
  /** By how much, in its posterior sds, with the sign; null if the priors are flat. */
  readonly shift: number | null;
}

/** One row per class, in the order of brms' `prior_summary`. */
export function priorInfluences(
  fit: Pick<FittedRegression, 'specification' | 'priors' | 'draws'>,
): PriorInfluence[] {
  const { draws, priors } = fit;
  const logPriors = logPriorsBy(fit, 'class');
  const names = draws.parameterNames.filter((name) => !isPartOfEffect(name));
  const columns = names.map((name) => parameterDraws(draws, name));
  return [...new Set(priors.map((row) => row.class))].flatMap((name): PriorInfluence[] => {
    const values = logPriors.get(name);
    if (!values) return [];
    const none = { class: name, priors: textsOf(priors, name), parameter: null, shift: null };
    if (values.every((value) => value === values[0])) return [none];
    const shifts = columns.map((column) => covariance(column, values) / spreadOf(column));
    const most = shifts.reduce(
      (best, shift, k) => (Math.abs(shift) > Math.abs(shifts[best] || 0) ? k : best),
      0,
    );
    return [{ ...none, parameter: names[most], shift: shifts[most] }];
  });
}

/** Those of single parameters; a class has a row of its own too, which some of them may replace. */
function textsOf(priors: readonly PriorInUse[], name: PriorClass): string[] {
  const ofClass = priors.filter((row) => row.class === name);
  const single = ofClass.filter(
    ({ coef, group }) => coef !== undefined || (name === 'cor' && group),
  );
  return [...new Set((single.length > 0 ? single : ofClass).map(({ text }) => text))];
}

function spreadOf(values: Float64Array): number {
  return Math.sqrt(sampleMoments(values).variance);
}

function covariance(a: Float64Array, b: Float64Array): number {
  const { mean: meanA } = sampleMoments(a);
  const { mean: meanB } = sampleMoments(b);
  let sum = 0;
  for (let s = 0; s < a.length; s++) sum += (a[s] - meanA) * (b[s] - meanB);
  return sum / (a.length - 1);
}
