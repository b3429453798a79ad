/**
 * weighbridge: it weighs what a model does against what it says. This file is the public
 * interface, and nothing else.
 */

export { interval, positive, type Transform } from '../models/transforms.js';
// The study of the paper
export { compareReadings, type ReadingsComparison } from './analysis/compare-readings.js';
export type { CorrelationSet } from './analysis/correlation-set.js';
export {
  type Correlation,
  correlationJob,
  correlationOf,
  type Pairs,
  pairWeights,
} from './analysis/correlations.js';
export { agreementOf, type Figure, figuresOf, type PaperFigures } from './analysis/figures.js';
export {
  type ChoiceWeighing,
  type ContextChoices,
  groupByContext,
  type LearnedWeights,
  learnedWeights,
  type Setting,
  weightJob,
} from './analysis/learned-weights.js';
export type { ModelResult } from './analysis/model-result.js';
export type { FitObserver, FitSubject, PlannedFit } from './analysis/planned-fits.js';
export { type ReproduceOptions, type Reproduction, reproduce } from './analysis/reproduce.js';
export { scaleWeights, standardize } from './analysis/standardize.js';
export type { TrainingEffect } from './analysis/training-effect.js';
// Errors
export { type ErrorCode, WeighbridgeError } from './errors.js';
// In and out
export { type CmdstanChain, type CmdstanRun, readCmdstanCsv } from './exchange/cmdstan-read.js';
export { type CmdstanCsvOptions, cmdstanCsv } from './exchange/cmdstan-write.js';
export { drawsTable } from './exchange/draws-table.js';
export { type InferenceDataOptions, inferenceData } from './exchange/inference-data.js';
export { type RowDraws, rowDraws } from './exchange/row-draws.js';
export { decodeFit, encodeFit } from './exchange/saved-fit.js';
export { type ControlledMean, controlledMean } from './posterior/control-variates.js';
// Draws and what is computed from them
export {
  ebfmi,
  essBulk,
  essMean,
  essMedian,
  essQuantile,
  essSd,
  essTail,
  mcseMean,
  mcseSd,
  rhat,
} from './posterior/convergence.js';
export { type Draws, joinChains, parameterDraws } from './posterior/draws.js';
export { eti } from './posterior/eti.js';
export { hdi, hpdInterval, type Interval } from './posterior/hdi.js';
export { type LogLikelihood, logLikelihoodOf } from './posterior/log-likelihood.js';
export { type Loo, type LooOptions, loo } from './posterior/loo.js';
export { type LooComparison, looCompare } from './posterior/loo-compare.js';
export { mcseMedian, mcseQuantile } from './posterior/mcse-quantile.js';
export { paretoKIds } from './posterior/pareto-k-table.js';
export { pd } from './posterior/pd.js';
export { paretoK, psis } from './posterior/psis.js';
export { rope } from './posterior/rope.js';
export {
  type Diagnostics,
  type ParameterSummary,
  shortfalls,
  summarize,
} from './posterior/summary.js';
export { type Waic, waic } from './posterior/waic.js';
export { type RandomStream, randomStream } from './random/stream.js';
// The paper's two regressions over columns: brms' priors, names and centred intercept
export { type Fit, parameterOf, sample } from './regression/fit.js';
// Regressions by formula
export * from './regression/index.js';
export {
  type FitJob,
  type FitResult,
  type FitRunner,
  runHere,
} from './regression/job.js';
export {
  type Columns,
  type ColumnsOptions,
  type LinearRegressionOptions,
  type LogisticRegressionOptions,
  linearRegression,
  linearSpecification,
  logisticRegression,
  logisticSpecification,
  toRows,
} from './regression/regressions.js';
export type { OutcomeKind, Specification } from './regression/specification.js';
export { type TerminationReason, terminationReasons } from './sampler/kernel.js';
export type { MetricKind } from './sampler/metric.js';
// The sampler, for a model of one's own
export { posteriorMode } from './sampler/mode.js';
export type { Model } from './sampler/model.js';
export { completeSettings, defaultSettings, type SamplerSettings } from './sampler/settings.js';
