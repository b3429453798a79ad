/**
 * The log prior density of a regression's parameters as they are reported: of the intercept at the
 * means of the predictors, the slopes, the standard deviations and correlations of group effects,
 * and the family's own parameters. The normal distribution of the group effects is part of the
 * model and not of the prior, as in brms' `lprior`.
 */
import { centrePredictors } from '../../../models/predictors.js';
import { lkjLogDensity, priorDensity } from '../../../models/prior-distributions.js';
import type { RegressionSpecification } from '../../../models/regression-data.js';
import { reportedLayout } from '../../../models/reported-parameters.js';

/** Flat priors count as 1. */
export function logPriorOf(
  specification: RegressionSpecification,
): (parameters: Float64Array) => number {
  const { data, priors } = specification;
  const layout = reportedLayout(specification);
  const intercept = priors.intercept && priorDensity(priors.intercept);
  const { means } = centrePredictors(data.predictors);
  const single = [
    ...priors.coefficients.map((prior, j) => ({ prior, at: layout.slopes + j })),
    ...priors.sds.flat().map((prior, k) => ({ prior, at: layout.sds + k })),
    ...priors.auxiliary.map((prior, a) => ({ prior, at: layout.auxiliary + a })),
  ].map(({ prior, at }) => ({ density: priorDensity(prior), at }));
  const matrices = correlationPlaces(specification);

  return (parameters) => {
    let sum = 0;
    if (intercept) {
      let atMeans = parameters[0];
      for (let j = 0; j < means.length; j++) atMeans += parameters[layout.slopes + j] * means[j];
      sum += intercept.logDensity(atMeans);
    }
    for (const { density, at } of single) sum += density.logDensity(parameters[at]);
    for (const { eta, from, to } of matrices) {
      sum += lkjLogDensity(eta, parameters.subarray(from, to));
    }
    return sum;
  };
}

/** Where the correlations of each group term stand that has some. */
function correlationPlaces(specification: RegressionSpecification) {
  const { data, priors } = specification;
  let from = reportedLayout(specification).correlations;
  return data.groups.flatMap(({ coefficients }, term) => {
    const eta = priors.correlations[term];
    if (eta === null) return [];
    const start = from;
    from += (coefficients.length * (coefficients.length - 1)) / 2;
    return [{ eta, from: start, to: from }];
  });
}
