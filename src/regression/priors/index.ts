/** Priors: how they are written, which there are by default, which are used, what they say. */
export { defaultPrior, samplePrior } from './before-the-fit.js';
export {
  beta,
  cauchy,
  exponential,
  flat,
  gamma,
  halfCauchy,
  halfNormal,
  halfStudentT,
  type LkjDistribution,
  lkj,
  lognormal,
  normal,
  type PriorDistribution,
  type PriorPlace,
  studentT,
  uniform,
} from './constructors.js';
export { printPriors } from './print-priors.js';
export type { LkjPrior, PriorClass, PriorInUse, PriorRow, PriorTarget } from './prior-rows.js';
export { formatPrior, parsePrior } from './prior-text.js';
export type { PriorSample, SamplePriorOptions } from './sample-prior.js';
