/**
 * `weighbridge/posterior`: statistics of draws: R-hat, ESS, MCSE, HDI and other intervals, LOO and WAIC.
 * Runs in Node and in browsers.
 */
export type { Comparable } from './posterior/comparable.js';
export { type ControlledMean, controlledMean } from './posterior/control-variates.js';
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
  nestedRhat,
  rhat,
} from './posterior/convergence.js';
export { type Draws, joinChains, parameterDraws } from './posterior/draws.js';
export { mcseEti, mcseHdi } from './posterior/interval-errors.js';
export {
  eti,
  hdi,
  hpdInterval,
  type Interval,
  pd,
  type RopeInterval,
  rope,
} from './posterior/intervals.js';
export type { Kfold, KfoldGroup } from './posterior/kfold.js';
export { krippendorffAlpha, type RatingLevel } from './posterior/krippendorff-alpha.js';
export type { Estimate } from './posterior/log-likelihood.js';
export { type LogLikelihood, logLikelihoodOf } from './posterior/log-likelihood.js';
export {
  type Loo,
  type LooDiagnostics,
  type LooOptions,
  type LooPointwise,
  loo,
  type ParetoKRow,
  paretoKIds,
} from './posterior/loo.js';
export { type LooComparison, type LooComparisonRow, looCompare } from './posterior/loo-compare.js';
export {
  type LooModelWeights,
  type LooModelWeightsOptions,
  looModelWeights,
  type WeightingMethod,
} from './posterior/loo-model-weights.js';
export { mcseMedian, mcseQuantile } from './posterior/mcse-quantile.js';
export { type Mode, mapEstimate } from './posterior/mode.js';
export type { PointSummary, PointSummaryOptions } from './posterior/point-summary.js';
export type { Printable } from './posterior/printable.js';
export { paretoK, psis } from './posterior/psis.js';
export {
  type Diagnostics,
  type ParameterSummary,
  shortfalls,
  summarize,
} from './posterior/summary.js';
export type { EcdfDifference, RankHistogram, Uniformity } from './posterior/uniformity.js';
export { type Waic, waic } from './posterior/waic.js';
