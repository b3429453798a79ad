/**
 * Draws from the prior of a regression and of outcomes from those, all by exact generators: no
 * chain, no warm-up, draws independent of one another. Parameters are the reported ones, by brms'
 * names and in its order: the intercept is moved back to where the predictors are zero, group
 * effects are drawn given their standard deviations and correlations.
 */
import { responseDistribution } from '../../../models/families/index.js';
import { centrePredictors, interceptAtZero } from '../../../models/predictors.js';
import { drawPrior } from '../../../models/prior-distributions.js';
import type { RegressionSpecification } from '../../../models/regression-data.js';
import { etaOf, reportedLayout, reportedNames } from '../../../models/reported-parameters.js';
import { WeighbridgeError } from '../../errors.js';
import type { Draws } from '../../posterior/draws.js';
import { type RandomStream, randomStream } from '../../random/stream.js';
import { checkSeed, described } from '../check-options.js';
import { drawGroupTerm } from './draw-group-term.js';
import { requireProperPriors } from './improper-priors.js';

export interface SamplePriorOptions {
  /** 4,000 where absent: as many as a fit has by default. */
  readonly draws?: number;
  /** Any whole number or text; 2025 where absent. */
  readonly seed?: number | string;
}

export interface PriorSample {
  /** Of all reported parameters, as one chain. */
  readonly draws: Draws;
  /** Outcomes drawn at each of the draws, row-major (draw, row). */
  readonly outcomes: Float64Array;
  /** Rows of the data: outcomes a draw. */
  readonly rows: number;
  /** What to know of the draws, in sentences: how many outcomes are not finite. */
  readonly notes: readonly string[];
}

/**
 * Parameters from the prior and outcomes from the parameters (prior predictive draws).
 *
 * @throws WeighbridgeError `bad-argument` where a prior is improper (names the parameters), or the
 *   number of draws is none
 */
export function samplePriorOf(
  specification: RegressionSpecification,
  { draws = 4000, seed = 2025 }: SamplePriorOptions = {},
): PriorSample {
  if (!Number.isInteger(draws) || draws < 1) {
    throw new WeighbridgeError(
      'bad-argument',
      `draws is ${described(draws)}, expected a whole number from 1 on`,
    );
  }
  const { rows } = specification.data;
  const parameterNames = reportedNames(specification);
  const drawParameters = priorSampler(specification);
  const drawOutcomes = outcomeSimulator(specification);
  const values = new Float64Array(draws * parameterNames.length);
  const outcomes = new Float64Array(draws * rows);
  const random = randomStream(checkSeed(seed), 'prior');
  for (let draw = 0; draw < draws; draw++) {
    const parameters = drawParameters(random);
    values.set(parameters, draw * parameterNames.length);
    outcomes.set(drawOutcomes(parameters, random), draw * rows);
  }
  return {
    draws: { parameterNames, chains: 1, drawsPerChain: draws, values },
    outcomes,
    rows,
    notes: outcomeNotes(outcomes),
  };
}

/** Means beyond the largest number, as exp of a wide prior has them. */
function outcomeNotes(outcomes: Float64Array): readonly string[] {
  const count = outcomes.reduce((sum, outcome) => sum + (Number.isFinite(outcome) ? 0 : 1), 0);
  if (count === 0) return [];
  return [
    `${count} of ${outcomes.length} outcomes are not finite: the priors have means that no number holds; narrow them until such data are out of the question`,
  ];
}

/**
 * Makes draws of all reported parameters from the prior, in the order of `reportedNames`.
 *
 * @throws WeighbridgeError `bad-argument` where a prior is improper; names the parameters
 */
export function priorSampler(
  specification: RegressionSpecification,
): (random: RandomStream) => Float64Array {
  requireProperPriors(specification);
  const { data, priors } = specification;
  const layout = reportedLayout(specification);
  const { means } = centrePredictors(data.predictors);
  return (random) => {
    const parameters = new Float64Array(layout.length);
    priors.coefficients.forEach((prior, j) => {
      parameters[layout.slopes + j] = drawPrior(prior, random);
    });
    if (priors.intercept) {
      parameters[0] = drawPrior(priors.intercept, random);
      parameters[0] = interceptAtZero(parameters, means);
    }
    let sds = layout.sds;
    let correlations = layout.correlations;
    data.groups.forEach((group, term) => {
      const eta = priors.correlations[term];
      const places = { sds, correlations, effects: layout.groupEffects[term] };
      drawGroupTerm(group, priors.sds[term], eta, places, parameters, random);
      const size = group.coefficients.length;
      sds += size;
      if (eta !== null) correlations += (size * (size - 1)) / 2;
    });
    priors.auxiliary.forEach((prior, index) => {
      parameters[layout.auxiliary + index] = drawPrior(prior, random);
    });
    return parameters;
  };
}

/** Makes draws of the outcomes of all rows at reported parameters. */
export function outcomeSimulator(
  predicted: Pick<RegressionSpecification, 'family' | 'data'>,
): (parameters: Float64Array, random: RandomStream) => Float64Array {
  const { family, data } = predicted;
  const { rows, trials } = data;
  const { simulate, auxiliary } = responseDistribution(family);
  const layout = reportedLayout(predicted);
  const writeEta = etaOf(predicted);
  const eta = new Float64Array(rows);
  return (parameters, random) => {
    writeEta(parameters, eta);
    const aux = parameters.slice(layout.auxiliary, layout.auxiliary + auxiliary.length);
    return eta.map((value, i) => simulate(value, aux, trials === null ? 1 : trials[i], random));
  };
}
