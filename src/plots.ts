/**
 * Plots of draws, in Node and in browsers, as specification for Observable Plot and as svg. This file
 * is the public entry `weighbridge/plots`.
 */
export { type CalibrationPlotOptions, plotCalibrationCurves } from './plots/calibration-curves.js';
export type { DrawnPlot } from './plots/compose.js';
export { type CorrelationOptions, plotCorrelation } from './plots/correlation.js';
export { type Density, kde, silvermanBandwidth } from './plots/density.js';
export { type ForestOptions, plotForest } from './plots/forest.js';
export type { DivergentDraws, PlotOptions } from './plots/options.js';
export { type PairsOptions, plotPairs } from './plots/pairs.js';
export { type PitOptions, plotPit } from './plots/pit.js';
export { type PlanPlotOptions, type PlanPoint, plotPlan } from './plots/plan.js';
export { type PosteriorOptions, plotPosterior } from './plots/posterior.js';
export { type PpcPlotOptions, plotPpc } from './plots/ppc.js';
export { plotRank, type RankOptions } from './plots/rank.js';
export { plotPriorSensitivity, type SensitivityPlotOptions } from './plots/sensitivity.js';
export type { ThemeName } from './plots/theme.js';
export { plotTrace, type TraceOptions } from './plots/trace.js';
