/** The observed proportion of ones as a line over the histogram of the replicated proportions. */
import * as Plot from '@observablehq/plot';
import type { Picture } from './compose.js';
import { extent } from './kde.js';
import { formatNumber } from './label.js';
import { paddedDomain } from './panels.js';
import type { PredictiveCheck } from './ppc.js';
import { estimateColour } from './theme.js';

const HEIGHT = 240;
const MOST_BARS = 40;

export function proportionHistogram({
  observed,
  replicated,
  width,
  height = HEIGHT,
  label = 'proportion of ones',
}: PredictiveCheck): Pick<Picture, 'width' | 'height' | 'subtitle' | 'panels'> {
  const outcomes = observed.length;
  const ones = countOnes(replicated, outcomes);
  const seen = countOnes(observed, outcomes)[0] ?? 0;
  const bars = barsOf(ones, outcomes);
  const { low, high } = extent([
    ...bars.map((bar) => bar.low),
    ...bars.map((bar) => bar.high),
    seen / outcomes,
  ]);
  const asGreat = ones.reduce((count, value) => count + (value >= seen ? 1 : 0), 0) / ones.length;
  const options: Plot.PlotOptions = {
    width,
    height,
    marginLeft: 20,
    marginRight: 20,
    marginBottom: 42,
    marginTop: 10,
    x: {
      domain: paddedDomain(low, high),
      label,
      labelAnchor: 'center',
      labelArrow: 'none',
    },
    y: { domain: [0, 1.04 * Math.max(...bars.map(({ count }) => count))], axis: null },
    marks: [
      Plot.rectY(bars, {
        x1: 'low',
        x2: 'high',
        y: 'count',
        fill: estimateColour,
        fillOpacity: 0.45,
        inset: 0.5,
        title: ({ count }: { count: number }) => `${count} replications`,
        className: 'replicated',
      }),
      Plot.ruleY([0]),
      Plot.ruleX([seen / outcomes], { strokeWidth: 2.5, className: 'observed' }),
    ],
  };
  return {
    width,
    height,
    subtitle:
      `line: observed ${formatNumber(seen / outcomes, 3)}, n = ${outcomes}; ` +
      `bars: ${ones.length} replications, ${(100 * asGreat).toFixed(1)}% of them as great or greater`,
    panels: [{ name: 'proportion', x: 0, y: 0, options }],
  };
}

/** Ones in each row of `outcomes` values. */
function countOnes(values: Float64Array, outcomes: number): Float64Array {
  const ones = new Float64Array(values.length / outcomes);
  for (let row = 0; row < ones.length; row++) {
    let count = 0;
    for (let i = 0; i < outcomes; i++) count += values[row * outcomes + i] === 1 ? 1 : 0;
    ones[row] = count;
  }
  return ones;
}

/** Bars hold equally many whole counts each, so that none is tall for its width alone. */
function barsOf(ones: Float64Array, outcomes: number) {
  const { low, high } = extent(ones);
  const counts = Math.ceil((high - low + 1) / MOST_BARS);
  const bars = Array.from({ length: Math.ceil((high - low + 1) / counts) }, (_, i) => ({
    low: (low + i * counts - 0.5) / outcomes,
    high: (low + (i + 1) * counts - 0.5) / outcomes,
    count: 0,
  }));
  for (const value of ones) {
    const bar = bars[Math.floor((value - low) / counts)];
    if (bar) bar.count++;
  }
  return bars;
}
