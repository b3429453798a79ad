/**
 * Regressions by formula, as brms has them: the public part of this room.
 */

export type {
  AuxiliaryName,
  Family,
  FamilyName,
  LinkName,
} from '../../models/families/family.js';
export type { Predictors } from '../../models/predictors.js';
export type { Bounds, Prior } from '../../models/prior-distributions.js';
export type {
  GroupEffects,
  RegressionData,
  RegressionPriors,
  RegressionSpecification,
} from '../../models/regression-data.js';
export type {
  DataFacts,
  Design,
  DesignMatrix,
  Encoded,
  GroupDesign,
  ModelFrame,
  OutcomeDesign,
  Response,
  Variable,
} from '../formula/design.js';
export { formatFormula } from '../formula/format.js';
export type { Formula } from '../formula/formula.js';
export { type FormulaPlace, formulaPlace } from '../formula/formula-error.js';
export { parseFormula } from '../formula/parse-formula.js';
export type {
  BooleanColumn,
  Cell,
  Column,
  DataInput,
  FactorColumn,
  NumericColumn,
  Table,
} from '../formula/table.js';
export type { Estimate } from '../posterior/estimates.js';
export type { LooDiagnostics, LooPointwise } from '../posterior/loo.js';
export type { Comparable, LooComparisonRow, WithLoo } from '../posterior/loo-compare.js';
export type { ParetoKRow } from '../posterior/pareto-k-table.js';
export type { PointSummary, PointSummaryOptions } from '../posterior/point-summary.js';
export type { Printable } from '../posterior/printable.js';
export type { RopeInterval } from '../posterior/rope.js';
export type { EcdfDifference, RankHistogram, Uniformity } from '../posterior/uniformity.js';
export type { Chain, ChainProgress } from '../sampler/chain.js';
export type { BayesR2, R2Options } from './after/bayes-r2.js';
export type {
  ConditionalEffect,
  ConditionalEffectRow,
  ConditionalEffects,
  ConditionalEffectsOptions,
} from './after/conditional-effects.js';
export type { CoefficientRow, GroupCoefficients, LevelCoefficientRow } from './after/effects.js';
export type { GridRow } from './after/grid.js';
export type { HypothesisOptions, HypothesisResult, HypothesisRow } from './after/hypothesis.js';
export type {
  IntervalOptions,
  IntervalRow,
  ParameterChoice,
  PdOptions,
  PdRow,
  RopeOptions,
  RopeRow,
} from './after/intervals.js';
export type { GroupChoice, LinearPredictorOptions } from './after/linear-predictor.js';
export type { NewLevels } from './after/new-levels.js';
export type { PosteriorPredictiveCheck, PpcOptions, PpcStatistic } from './after/ppc.js';
export type {
  FittedOptions,
  PredictionOptions,
  PredictionSummaryOptions,
  Predictions,
} from './after/predictions.js';
export type { RegressionSummary, SummaryOptions, SummaryRow } from './after/summary.js';
export type {
  ContrastRow,
  Marginal,
  MarginalOptions,
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
export {
  type CalibratedParameter,
  type CalibrateOptions,
  type Calibration,
  calibrate,
} from './checks/calibrate.js';
export {
  type CalibrateRegressionOptions,
  calibrateRegression,
} from './checks/calibrate-regression.js';
export type { WithOutcomes } from './checks/criteria.js';
export type {
  PriorSensitivity,
  PriorSensitivityOptions,
  SensitivityDiagnosis,
  SensitivityRow,
} from './checks/prior-sensitivity.js';
export {
  type RecoveredParameter,
  type RecoverOptions,
  type Recovery,
  recover,
} from './checks/recover.js';
export { type RecoverRegressionOptions, recoverRegression } from './checks/recover-regression.js';
export type { SimulatedRegressionOptions } from './checks/simulated-regression.js';
export type {
  FitFunction,
  FitRequest,
  ParameterValues,
  Posterior,
  SimulationOptions,
  SimulationProgress,
} from './checks/simulation-run.js';
export {
  bernoulli,
  binomial,
  type FamilyChoice,
  type FamilyOptions,
  familyOf,
  gaussian,
  negbinomial,
  poisson,
  student,
} from './families.js';
export type { FittedRegression } from './fitted-regression.js';
export type { PriorInput } from './options.js';
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
export type { AnySpecification } from './specification.js';
