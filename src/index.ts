/**
 * `weighbridge`: Bayesian regressions by formula: families, priors, fits, fits as bytes, errors; latent
 * correlations. Runs in Node and in browsers. Statistics of draws are in `weighbridge/posterior`, models of your own in
 * `weighbridge/sampler`, the Self-Interpretability study in `weighbridge/paper`; README lists all entries.
 */

export type { LatentPair, LatentValue } from '../models/correlation-with-error.js';
export type { AuxiliaryName, Family, FamilyName, LinkName } from '../models/families/family.js';
export type { Bounds, Prior } from '../models/prior-distributions.js';
export {
  type CorrelationWithErrorFit,
  type CorrelationWithErrorOptions,
  correlationWithError,
  type MeasuredPairs,
  type Reliability,
} from './correlation/correlation-with-error.js';
export type { ChoiceRow, ReportFacts, ReportRow } from './correlation/joint-data.js';
export {
  type CorrelationCell,
  type CorrelationCoefficient,
  type CorrelationEstimate,
  correlationCoefficients,
  type LatentCorrelation,
  type LatentCorrelationFit,
  type LatentCorrelationOptions,
  latentCorrelation,
} from './correlation/latent-correlation.js';
export {
  type EstimateWithoutPrior,
  type WithoutPriorOptions,
  withoutPrior,
} from './correlation/without-prior.js';
export {
  type ArgumentDetails,
  type DataDetails,
  type ErrorCode,
  type ErrorDetails,
  type FormulaDetails,
  isWeighbridgeError,
  type ServerDetails,
  WeighbridgeError,
} from './errors.js';
export { drawsTable } from './exchange/bytes.js';
export { type CmdstanChain, type CmdstanRun, readCmdstanCsv } from './exchange/cmdstan-read.js';
export { type CmdstanCsvOptions, cmdstanCsv } from './exchange/cmdstan-write.js';
export {
  type InferenceDataOptions,
  inferenceData,
  type RowDraws,
  rowDraws,
} from './exchange/inference-data.js';
export { decodeFit, encodeFit } from './exchange/saved-fit.js';
export type { FitData } from './fit/fit.js';
export type {
  HdiOptions,
  HdiRow,
  IntervalOptions,
  IntervalRow,
  ParameterChoice,
  PdOptions,
  PdRow,
  RopeOptions,
  RopeRow,
} from './fit/intervals.js';
export type {
  CancelSignal,
  FitJob,
  FitProgress,
  FitResult,
  FitRunner,
  RunnerOptions,
  RunOptions,
} from './fit/job.js';
export type { HdiMethod } from './fit/score-intervals.js';
export type { Watchable, WatchOptions } from './fit/watched.js';
export { formatFormula } from './formula/format.js';
export type { Formula } from './formula/formula.js';
export { parseFormula } from './formula/parse-formula.js';
export type {
  BooleanColumn,
  Cell,
  Column,
  DataInput,
  FactorColumn,
  NumericColumn,
  Table,
} from './formula/table.js';
export {
  type ApproximationCheck,
  type PlannedRegressionDesign,
  planRegression,
  type RegressionPlan,
  type RegressionPlanOptions,
} from './planning/plan-regression.js';
export type { Draws } from './posterior/draws.js';
export type { Interval } from './posterior/intervals.js';
export type { Loo, LooOptions } from './posterior/loo.js';
export { type LooComparison, looCompare } from './posterior/loo-compare.js';
export {
  type LooModelWeights,
  type LooModelWeightsOptions,
  looModelWeights,
} from './posterior/loo-model-weights.js';
export type { Printable } from './posterior/printable.js';
export type { Recalibration } from './posterior/recalibration.js';
export type {
  PosteriorPredictiveCheck,
  PpcBar,
  PpcStatistic,
} from './posterior/replications.js';
export type { Diagnostics, ParameterSummary } from './posterior/summary.js';
export type { Waic } from './posterior/waic.js';
export type { BayesR2, R2Options } from './regression/after/bayes-r2.js';
export type {
  CalibrationCurve,
  CalibrationCurves,
  CalibrationCurvesOptions,
} from './regression/after/calibration-curves.js';
export type {
  ChoiceShare,
  SharesOptions,
  TradeOff,
  TradeOffOptions,
} from './regression/after/choice-summaries.js';
export type {
  CompareOptions,
  Comparisons,
  PairComparison,
  ValueMean,
} from './regression/after/compare.js';
export type {
  ConditionalEffect,
  ConditionalEffectRow,
  ConditionalEffects,
  ConditionalEffectsOptions,
} from './regression/after/conditional-effects.js';
export type {
  CoefficientRow,
  GroupCoefficients,
  LevelCoefficientRow,
} from './regression/after/effects.js';
export type { ElasticitiesOptions, Elasticity } from './regression/after/elasticities.js';
export type { GridRow } from './regression/after/grid.js';
export type {
  HypothesisOptions,
  HypothesisResult,
  HypothesisRow,
} from './regression/after/hypothesis.js';
export type {
  AbilityInformation,
  ItemInformation,
  ItemInformationOptions,
  ItemInformationRow,
} from './regression/after/item-information.js';
export type { GroupChoice, LinearPredictorOptions } from './regression/after/linear-predictor.js';
export {
  type BayesFactor,
  bayesFactor,
  type MarginalLikelihood,
  type MarginalLikelihoodOptions,
} from './regression/after/marginal-likelihood.js';
export type { NewLevels } from './regression/after/new-levels.js';
export type { PpcOptions } from './regression/after/ppc.js';
export type {
  CategoryProbabilities,
  CategoryProbability,
  FittedOptions,
  Prediction,
  PredictionOptions,
  PredictionSummaryOptions,
  Predictions,
} from './regression/after/predictions.js';
export type { RankRow, Ranks, RanksOptions } from './regression/after/ranks.js';
export type { RegressionSummary, SummaryOptions, SummaryRow } from './regression/after/summary.js';
export type {
  ContrastRow,
  Marginal,
  MarginalOptions,
  MarginalRow,
  MeansOptions,
  TrendsOptions,
} from './regression/after/trends.js';
export {
  type Columns,
  type ColumnsOptions,
  type LinearRegressionOptions,
  type LogisticRegressionOptions,
  linearRegression,
  logisticRegression,
  type OutcomeKind,
} from './regression/columns.js';
export {
  type CustomFamilyOptions,
  type CustomParameterOptions,
  customFamily,
} from './regression/custom-family.js';
export type { PriorInput } from './regression/options.js';
export {
  acat,
  bernoulli,
  binomial,
  cratio,
  cumulative,
  type FamilyChoice,
  type FamilyOptions,
  gaussian,
  negbinomial,
  poisson,
  sratio,
  student,
} from './regression/options.js';
export type { Preparation } from './regression/prepare.js';
export {
  beta,
  cauchy,
  constant,
  dirichlet,
  doubleExponential,
  exponential,
  flat,
  gamma,
  halfCauchy,
  halfNormal,
  halfStudentT,
  horseshoe,
  invGamma,
  type LkjDistribution,
  lkj,
  logistic,
  lognormal,
  normal,
  type PriorDistribution,
  type PriorPlace,
  r2d2,
  studentT,
  uniform,
} from './regression/priors/constructors.js';
export { defaultPrior, printPriors, samplePrior } from './regression/priors/default-prior.js';
export type {
  DirichletPrior,
  LkjPrior,
  PriorClass,
  PriorInUse,
  PriorRow,
  PriorTarget,
} from './regression/priors/prior-rows.js';
export { formatPrior, parsePrior } from './regression/priors/prior-text.js';
export type { PriorSample, SamplePriorOptions } from './regression/priors/sample-prior.js';
export {
  type RegressionChanges,
  type RegressionFit,
  type RegressionOptions,
  regression,
  type SamplingOptions,
} from './regression/regression.js';
export type { FitMethods } from './regression/regression-fit.js';
export type {
  CheckOptions,
  CheckPart,
  CheckVerdict,
  FitCheck,
} from './regression/validation/check.js';
export type { WithOutcomes } from './regression/validation/criteria.js';
export type { KfoldOptions, RegressionKfold } from './regression/validation/k-fold.js';
export type { LooFitOptions, RegressionLoo } from './regression/validation/leave-one-out.js';
export type { LooScores, LooScoresOptions } from './regression/validation/loo-scores.js';
export type { PredictiveCheck } from './regression/validation/predictive-checks.js';
export type { PriorInfluence } from './regression/validation/prior-influence.js';
export type {
  PriorSensitivity,
  PriorSensitivityOptions,
  SensitivityDiagnosis,
  SensitivityRow,
} from './regression/validation/prior-sensitivity.js';
export type { SimulatedRegressionOptions } from './regression/validation/regression-simulations.js';
export {
  type CalibrateRegressionOptions,
  calibrateRegression,
  type RecoverRegressionOptions,
  recoverRegression,
} from './regression/validation/regression-simulations.js';
export type { RowLabels } from './regression/validation/row-labels.js';
export type { Posterior } from './regression/validation/simulation-run.js';
export type { SamplerSettings } from './sampler/settings.js';
