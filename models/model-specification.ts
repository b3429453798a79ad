/** The models that can be sampled from plain data, on this thread or on another. */
import {
  type CorrelationWithErrorSpecification,
  correlationParameterNames,
} from './correlation-with-error.js';
import { type LatentCorrelationSpecification, latentParameterNames } from './latent-correlation.js';
import type { RegressionSpecification } from './regression-data.js';
import { reportedNames } from './reported-parameters.js';

/** A model as plain data, told apart by `model`; without it, a regression. */
export type ModelSpecification =
  | RegressionSpecification
  | LatentCorrelationSpecification
  | CorrelationWithErrorSpecification;

/** Names of the reported parameters, in the order of a row of draws. */
export function parameterNamesOf(specification: ModelSpecification): readonly string[] {
  switch (specification.model) {
    case 'latent-correlation':
      return latentParameterNames(specification);
    case 'correlation-with-error':
      return correlationParameterNames;
    default:
      return reportedNames(specification);
  }
}
