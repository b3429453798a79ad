/**
 * Regressions by formula, as brms has them: the public part of this room.
 */

export type {
  AuxiliaryName,
  Family,
  FamilyName,
  LinkName,
} from '../../models/families/family.js';
export type { Prior } from '../../models/prior-distributions.js';
export type {
  GroupEffects,
  RegressionData,
  RegressionPriors,
  RegressionSpecification,
} from '../../models/regression-data.js';
export { formatFormula } from '../formula/format.js';
export { type FormulaPlace, formulaPlace } from '../formula/formula-error.js';
export { parseFormula } from '../formula/parse-formula.js';
export type { Cell, DataInput } from '../formula/table.js';
export type { BayesR2, R2Options } from './after/bayes-r2.js';
export type {
  ConditionalEffect,
  ConditionalEffectRow,
  ConditionalEffectsOptions,
} from './after/conditional-effects.js';
export type { CoefficientRow, GroupCoefficients, LevelCoefficientRow } from './after/effects.js';
export type { HypothesisOptions, HypothesisResult, HypothesisRow } from './after/hypothesis.js';
export type {
  IntervalOptions,
  IntervalRow,
  PdOptions,
  PdRow,
  RopeOptions,
  RopeRow,
} from './after/intervals.js';
export type { GroupChoice } from './after/linear-predictor.js';
export type { NewLevels } from './after/new-levels.js';
export type { PosteriorPredictiveCheck, PpcOptions, PpcStatistic } from './after/ppc.js';
export type {
  FittedOptions,
  PredictionOptions,
  PredictionSummaryOptions,
} from './after/predictions.js';
export type { RegressionSummary, SummaryOptions, SummaryRow } from './after/summary.js';
export type {
  ContrastRow,
  Marginal,
  MarginalRow,
  MeansOptions,
  TrendsOptions,
} from './after/trends.js';
export {
  type CancelSignal,
  type ChainJob,
  type ChainRunner,
  type FinishedChain,
  type FitProgress,
  type RunOptions,
  runChainsHere,
} from './chains.js';
export { type CalibrateOptions, type Calibration, calibrate } from './checks/calibrate.js';
export {
  type CalibrateRegressionOptions,
  calibrateRegression,
} from './checks/calibrate-regression.js';
export type {
  PriorSensitivity,
  PriorSensitivityOptions,
} from './checks/prior-sensitivity.js';
export { type RecoverOptions, type Recovery, recover } from './checks/recover.js';
export { type RecoverRegressionOptions, recoverRegression } from './checks/recover-regression.js';
export {
  bernoulli,
  binomial,
  type FamilyOptions,
  familyOf,
  gaussian,
  negbinomial,
  poisson,
  student,
} from './families.js';
export type { FittedRegression } from './fitted-regression.js';
export type { Preparation } from './prepare.js';
export * from './priors/index.js';
export {
  type RegressionChanges,
  type RegressionFit,
  type RegressionOptions,
  regression,
  revived,
  type SamplingOptions,
} from './regression.js';
export type { FitMethods } from './regression-fit.js';
