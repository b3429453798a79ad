/** Log likelihoods of a fitted regression, and WAIC. */

import { logProbabilityOfChoices, stagesOf } from '../../../models/families/conditional-logit.js';
import { outcomesOf, type RegressionData } from '../../../models/regression-data.js';
import { rowDensities, rowLogLikelihood } from '../../../models/reported-parameters.js';
import { type WatchableOf, watchable } from '../../fit/watched.js';
import type { Encoded } from '../../formula/design.js';
import { hasBounds } from '../../linear-algebra/limits.js';
import { sumOf } from '../../linear-algebra/sums.js';
import type { Draws } from '../../posterior/draws.js';
import type { LogLikelihood } from '../../posterior/log-likelihood.js';
import { type Printable, printable } from '../../posterior/printable.js';
import { type Waic, waicInSteps } from '../../posterior/waic.js';
import { latentMoments } from '../after/latent-draws.js';
import { linearPredictor, madeForRows, type PredictingFit } from '../after/linear-predictor.js';
import type { FittedRegression } from '../fitted-regression.js';

/** Includes the outcomes, to detect comparisons of fits to different data. */
export interface WithOutcomes {
  readonly outcomes: Float64Array;
}

/**
 * The widely applicable information criterion, as `waic(fit)` of brms.
 *
 * @throws WeighbridgeError `bad-data` if a row's log likelihood is not finite at any draw,
 *   `interrupted` if `signal` is aborted
 */
export const waicOf: WatchableOf<FittedRegression, NoOptions, Waic & WithOutcomes> = watchable(
  function* (fit) {
    return withOutcomes(yield* waicInSteps(predictiveLikelihood(fit)), fit);
  },
);

/** Options of a method that has none but those of WatchOptions. */
type NoOptions = Record<never, never>;

export function withOutcomes<T extends Printable>(
  criterion: T,
  { specification }: FittedRegression,
): T & WithOutcomes {
  const { outcomes } = specification.data;
  return printable({ ...criterion, outcomes }, () => String(criterion));
}

/**
 * The log likelihood by which outcomes are predicted. Latent predictors of a row are estimated with its outcome, on
 * which draws given them depend too much to leave it out by weights. Where a row has them for itself and outcomes are
 * normal with the identity link, they are integrated out in closed form,
 *
 *     y ~ normal(η at m, √(σ² + β² v)),   m and v of ξ given what is observed of it;
 *
 * elsewhere it is that of `logLikelihoodOfFit`.
 */
export function predictiveLikelihood(fit: PredictingFit): LogLikelihood {
  const { specification, draws } = fit;
  const { family, data } = specification;
  const { latents, rows, ...others } = data;
  const isNormal =
    family.family === 'gaussian' &&
    family.link === 'identity' &&
    !family.predicted &&
    !(data.limits && hasBounds(data.limits));
  if (!latents || !isNormal || latents.variables.some(({ labels }) => labels)) {
    return logLikelihoodOfFit(fit);
  }
  const { chains, drawsPerChain } = draws;
  const length = chains * drawsPerChain;
  const predictor = linearPredictor(fit, encodedOf({ ...others, rows }));
  const writeMoments = latentMoments(fit);
  const densities = rowDensities(specification);
  const mean = new Float64Array(length);
  const variance = new Float64Array(length);
  return {
    rows,
    chains,
    drawsPerChain,
    block(first, count, target) {
      for (let i = 0; i < count; i++) {
        const eta = target.subarray(i * length, (i + 1) * length);
        predictor.eta(first + i, eta);
        writeMoments(first + i, mean, variance);
        for (let s = 0; s < length; s++) eta[s] += mean[s];
        const [sigmas] = predictor.auxiliaryDraws(first + i);
        const spread = sigmas.map((sigma, s) => Math.sqrt(sigma * sigma + variance[s]));
        densities([spread])(first + i, eta);
      }
    },
  };
}

/**
 * Includes all constants and is conditional on the group effects and on latent predictors, as brms' `log_lik`. Each
 * row is evaluated at all draws in turn.
 */
export function logLikelihoodOfFit(fit: PredictingFit): LogLikelihood {
  const { specification, draws } = fit;
  if (specification.data.sets) return logLikelihoodOfChoices(fit);
  const { chains, drawsPerChain } = draws;
  const { rows } = specification.data;
  const predictor = linearPredictor(fit, encodedOf(specification.data));
  const write = madeForRows(predictor, rowDensities(specification));
  return {
    rows,
    chains,
    drawsPerChain,
    block(first, count, target) {
      const length = chains * drawsPerChain;
      for (let i = 0; i < count; i++) {
        const row = target.subarray(i * length, (i + 1) * length);
        predictor.eta(first + i, row);
        write(first + i)(first + i, row);
      }
    },
  };
}

/** An observation is a choice set: its options cannot be left out one by one. */
function logLikelihoodOfChoices(fit: PredictingFit): LogLikelihood {
  const { data } = fit.specification;
  const { chains, drawsPerChain } = fit.draws;
  const predictor = linearPredictor(fit, encodedOf(data));
  const { options, starts, chosen } = stagesOf(outcomesOf(data));
  const draws = chains * drawsPerChain;
  return {
    rows: chosen.length,
    chains,
    drawsPerChain,
    block(first, count, target) {
      for (let set = first; set < first + count; set++) {
        const rows = options.subarray(starts[set], starts[set + 1]);
        const eta = new Float64Array(rows.length * draws);
        rows.forEach((row, k) => {
          predictor.eta(row, eta.subarray(k * draws, (k + 1) * draws));
        });
        const one = new Float64Array(rows.length);
        for (let s = 0; s < draws; s++) {
          for (let k = 0; k < one.length; k++) one[k] = eta[k * draws + s];
          target[(set - first) * draws + s] = logProbabilityOfChoices(one, chosen[set]);
        }
      }
    },
  };
}

/** The rows of a fit as rows to predict. */
export function encodedOf(data: RegressionData): Encoded {
  const { rows, predictors, groups, offset, parts, latents, thresholdGroup } = data;
  return {
    rows,
    population: predictors,
    groups: groups.map(({ coefficients, values, further, ...group }) => ({
      ...group,
      matrix: { names: coefficients, rows: predictors.rows, values },
      newLevels: new Map(),
      ...(further && { further: further.map((member) => ({ ...member, newLevels: new Map() })) }),
    })),
    offset,
    ...(parts && { parts }),
    ...(thresholdGroup && { thresholdGroup }),
    ...(latents && {
      latents: {
        variables: latents.variables.map(({ predictors: population, ...variable }) => ({
          labels: null,
          ...variable,
          population,
        })),
        terms: latents.terms,
        isNew: false,
      },
    }),
  };
}

/** Total log likelihood of all rows, at each draw. */
export function totalLogLikelihood({ specification, draws }: FittedRegression): Float64Array {
  const write = rowLogLikelihood(specification);
  const row = new Float64Array(specification.data.rows);
  const totals = new Float64Array(draws.chains * draws.drawsPerChain);
  eachDraw(draws, (parameters, draw) => {
    write(parameters, row);
    totals[draw] = sumOf(row);
  });
  return totals;
}

/** Calls back with the reported parameters of each draw, chain after chain. */
export function eachDraw(
  { values, parameterNames, chains, drawsPerChain }: Draws,
  onDraw: (parameters: Float64Array, draw: number) => void,
): void {
  const width = parameterNames.length;
  for (let draw = 0; draw < chains * drawsPerChain; draw++) {
    onDraw(values.subarray(draw * width, (draw + 1) * width), draw);
  }
}

/**
 * Matches group effects, `r_g[level,Intercept]`, and like them, a number for each unit, the latent numbers
 * `Xme_mex[1]` and `Ymi_x[1]` of predictors; no other reported name has these prefixes.
 */
export function isGroupEffect(name: string): boolean {
  return /^(r|Xme|Ymi)_/.test(name);
}

/** True for group effects, and for the coefficients of the columns of splines and Gaussian processes. */
export function isPartOfEffect(name: string): boolean {
  return isGroupEffect(name) || /^(?:s|zgp)_.*\[\d+\]$/.test(name);
}
