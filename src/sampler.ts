/**
 * `weighbridge/sampler`: HMC and NUTS for a model of your own, its checks by simulation, transforms, seeded
 * random streams. Runs in Node and in browsers.
 */
export { bounded, positive, type Transform } from '../models/transforms.js';
export {
  type Fit,
  type ModelFit,
  type Replicable,
  type SampleOptions,
  sample,
} from './fit/sample.js';
export type { PosteriorPredictiveCheck, ReplicationOptions } from './posterior/replications.js';
export { type RandomStream, randomStream } from './random/stream.js';
export {
  type CalibratedParameter,
  type CalibrateOptions,
  type Calibration,
  calibrate,
} from './regression/validation/calibrate.js';
export {
  type RecoveredParameter,
  type RecoverOptions,
  type Recovery,
  recover,
} from './regression/validation/recover.js';
export type {
  FitFunction,
  FitRequest,
  ParameterValues,
  Posterior,
  SimulationOptions,
  SimulationProgress,
} from './regression/validation/simulation-run.js';
export type { Chain, ChainProgress } from './sampler/chain.js';
export { type TerminationReason, terminationReasons } from './sampler/kernel.js';
export type { MetricKind } from './sampler/metric.js';
export type { Model } from './sampler/model.js';
export { posteriorMode } from './sampler/normal-approximation.js';
export { completeSettings, defaultSettings, type SamplerSettings } from './sampler/settings.js';
export {
  adaptationStage,
  averageStepSize,
  findStepSize,
  fixedStage,
  stanStages,
  type WarmupProblem,
  type WarmupStage,
  type WarmupState,
  type WarmupWindow,
} from './sampler/warm-up.js';
