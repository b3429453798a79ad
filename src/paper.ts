/**
 * `weighbridge/paper`: the analysis of the Self-Interpretability study (arXiv 2505.17120): from choices and
 * reports to the paper's figures. Runs in Node and in browsers.
 */
export { compareReadings, type ReadingsComparison } from './analysis/compare-readings.js';
export type { CorrelationSet } from './analysis/correlations.js';
export {
  type Correlation,
  correlationOf,
  type Pairs,
  pairWeights,
} from './analysis/correlations.js';
export { agreementOf, type Figure, figuresOf, type PaperFigures } from './analysis/figures.js';
export type { FitObserver, FitSubject, PlannedFit } from './analysis/learned-weights.js';
export {
  type ChoiceWeighing,
  type ContextChoices,
  groupByContext,
  type LearnedWeights,
  learnedWeights,
} from './analysis/learned-weights.js';
export type { ModelResult } from './analysis/model-result.js';
export { type ReproduceOptions, type Reproduction, reproduce } from './analysis/reproduce.js';
export { scaleWeights, standardize } from './analysis/standardize.js';
export type { TrainingEffect } from './analysis/training-effect.js';
export type { FitJob, FitResult, FitRunner, RegressionJob } from './fit/job.js';
export { runHere } from './fit/run.js';
export { assumptionsFromPilot, type PilotEstimates, type StudyPilot } from './planning/pilot.js';
export type {
  Planned,
  PlanProgress,
  PlanTarget,
  SimulatedEstimate,
} from './planning/plan.js';
export {
  attenuation,
  type PlannedStudyDesign,
  planStudy,
  type RequestPrices,
  type StudyEstimator,
  type StudyPlan,
  type StudyPlanOptions,
  type StudySizes,
} from './planning/plan-study.js';
export {
  paperAssumptions,
  type SimulatedContext,
  type SimulatedSide,
  type SimulatedStudy,
  type StudyAssumptions,
  type StudyDesign,
} from './planning/simulate-study.js';
export type { Setting } from './study/study.js';
