/** The statistical models, one a file. */
export {
  type BernoulliLogitOptions,
  bernoulliLogit,
  simulateBernoulliLogit,
} from './bernoulli-logit.js';
export { type GaussianOptions, gaussian, simulateGaussian } from './gaussian.js';
export type { Predictors } from './predictors.js';
export type { NormalPrior, StudentTPrior } from './priors.js';
