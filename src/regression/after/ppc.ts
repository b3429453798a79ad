/**
 * Posterior predictive check: replicated data, and how statistics of the data compare with those of
 * the replications (Gelman, Carlin, Stern, Dunson, Vehtari & Rubin 2013, Bayesian Data Analysis,
 * §6.3).
 */

import { requireProbability } from '../../checks/options.js';
import { badArgument } from '../../checks/values.js';
import { isCensored } from '../../linear-algebra/limits.js';
import { chooseDraws } from '../../posterior/draws.js';
import type { Printable } from '../../posterior/printable.js';
import { checkReplications, type PosteriorPredictiveCheck, type ReplicationOptions } from '../../posterior/replications.js';
import type { FittedRegression } from '../fitted-regression.js';
import { categoriesOf } from './categories.js';
import type { LinearPredictorOptions } from './linear-predictor.js';
import { eachRow, simulatedOutcomes } from './predictions.js';
import { refuseChoices } from './refusals.js';

/** Options of `ppc`. */
export interface PpcOptions
  extends Pick<LinearPredictorOptions, 'draws' | 'groups' | 'seed'>,
    Omit<ReplicationOptions, 'seed'> {}

/**
 * Replicates the data at every draw and compares mean, sd, skewness, minimum, maximum and the proportion
 * of zeros with those of the data. Statistics use all draws; `replications` of them are kept. For an ordinal
 * family the numbers of each category are compared too, as by brms' `pp_check(fit, type = "bars")`.
 */
export function ppc(
  fit: FittedRegression,
  options: PpcOptions = {},
): PosteriorPredictiveCheck & Printable {
  const { mass = 0.95 } = options;
  requireProbability('mass', mass);
  refuseChoices(fit, 'ppc', 'compare shares({ by }) with the observed ones');
  const all = fit.frame.response.values;
  const places = knownRows(fit);
  const observed = all.filter((_, row) => places[row] >= 0);
  const count = chooseDraws(fit.draws, options.draws ?? 'all').length;
  const wanted = options.replications ?? Math.min(100, count);
  const available = { ...fit.draws, chains: 1, drawsPerChain: count };
  return checkReplications(observed, {
    count,
    kept: chooseDraws(available, wanted, 'replications'),
    mass,
    categories: categoriesOf(fit),
    censored: all.length - observed.length,
    eachRow(onRow) {
      eachRow(fit, simulatedOutcomes, options, (given, outcomes) => {
        const row = places[given];
        if (row >= 0) onRow(row, outcomes);
      });
    },
  });
}

/**
 * The place of each row among those whose outcome is known, from 0; −1 for a censored one.
 *
 * @throws WeighbridgeError `bad-argument` if all outcomes are censored
 */
function knownRows({ specification }: Pick<FittedRegression, 'specification'>): Int32Array {
  const { rows, limits } = specification.data;
  let known = 0;
  const places = Int32Array.from({ length: rows }, (_, row) =>
    limits && isCensored(limits, row) ? -1 : known++,
  );
  if (known > 0) return places;
  throw badArgument('all outcomes are censored: there are none to compare with replications');
}
