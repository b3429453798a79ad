/**
 * What is drawn in figures 2 and 3 of the paper: a scatter of reported against learned weights for
 * each model and stage of training, and the correlations beside them as bars.
 */
import type { Interval } from '../../posterior/hdi.js';

export type Condition = 'off-the-shelf' | 'before training' | 'after training';

export interface ScatterPanel {
  /** Such as 'GPT-4o, before introspection training'. */
  readonly title: string;
  /** Weights as learned from choices (native preferences: as they were found), standardized. */
  readonly learned: ArrayLike<number>;
  /** Weights as the model reported them, standardized, in the same order. */
  readonly reported: ArrayLike<number>;
  /** 'context: attribute', a point. */
  readonly labels: readonly string[];
  /**
   * Draws of the line `reported = intercept + slope × learned`, for its band: of the regression of
   * what stands upright on what lies across. Those of a regression of weights on reports, which
   * the paper reads its correlation from, are first to be turned (`turnedLine`).
   */
  readonly intercepts: Float64Array;
  readonly slopes: Float64Array;
  /** Gives the points the colour of its bars. */
  readonly condition?: Condition;
  /** As it stands in the table of figures; mean and 95% HDI of the slopes, where absent. */
  readonly correlation?: { readonly r: number; readonly hdi: Interval };
}

export interface CorrelationBar {
  readonly model: string;
  readonly condition: Condition;
  readonly r: number;
  /** 95%. */
  readonly hdi: Interval;
}

export interface StudyFigure {
  readonly title: string;
  /** Model after model, each before and then after training. */
  readonly panels: readonly ScatterPanel[];
  readonly bars: readonly CorrelationBar[];
  /** Written across the figure where true. */
  readonly simulated: boolean;
  /** Such as 'learned weight (standardized)'. */
  readonly xLabel: string;
  readonly yLabel: string;
}
