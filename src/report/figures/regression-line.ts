/**
 * The line of a scatter of reports (upright) over weights, and its band.
 *
 * The regression that was fitted is of weights on reports; the line that goes through such a
 * scatter as a reader expects it is that of reports on weights. The pairs decide both, and with
 * flat priors, as those of the fit are but for a hair, the posteriors of both are one and the same
 * in units of the pairs: the slope scales by var(y) / var(x), and the height of the line above the
 * middle of the pairs by sd(y) / sd(x). That takes a draw of the one to a draw of the other, without
 * a second fit. Means and variances are those of the pairs themselves: what was standardized over
 * all contexts is not quite standard over those that have reports.
 */
import { extent } from '../../plots/kde.js';
import { type BandPoint, lineBand } from '../../plots/line-band.js';
import { sampleMoments } from '../../posterior/convergence.js';
import type { ScatterPanel } from './study-figure.js';

/** Draws of a line, both in the same order. */
export type LineDraws = Pick<ScatterPanel, 'intercepts' | 'slopes'>;

/**
 * @param fitted of `learned = intercept + slope × reported`
 * @returns of `reported = intercept + slope × learned`
 */
export function turnedLine(
  { intercepts, slopes }: LineDraws,
  { learned, reported }: Pick<ScatterPanel, 'learned' | 'reported'>,
): LineDraws {
  const x = sampleMoments(learned);
  const y = sampleMoments(reported);
  const scale = y.variance / x.variance;
  return {
    slopes: slopes.map((slope) => slope * scale),
    intercepts: intercepts.map((intercept, draw) => {
      const slope = slopes[draw] ?? Number.NaN;
      const besideMiddle = intercept + slope * y.mean - x.mean;
      return y.mean + besideMiddle * Math.sqrt(scale) - slope * scale * x.mean;
    }),
  };
}

/** From the least to the greatest learned weight. */
export function panelBand({
  learned,
  intercepts,
  slopes,
}: LineDraws & Pick<ScatterPanel, 'learned'>): BandPoint[] {
  const { low, high } = extent(learned);
  return lineBand(intercepts, slopes, low <= high ? [low, high] : [0, 0]);
}
