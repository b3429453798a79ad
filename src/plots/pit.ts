/**
 * PIT values (the share of predictions below each outcome) against the uniform distribution that they
 * have if predictions are calibrated: the difference of their distribution function from the diagonal,
 * in a band that it leaves nowhere with a given probability (Säilynoja, Bürkner & Vehtari 2022).
 */
import * as Plot from '@observablehq/plot';
import { badArgument } from '../checks/values.js';
import { uniformBand, uniformity } from '../posterior/uniformity.js';
import { type DrawnPlot, drawPicture } from './compose.js';
import { formatNumber } from './label.js';
import { centredLabel, tickRoom } from './layout.js';
import { DEFAULT_WIDTH, type PlotOptions, requireSize } from './options.js';
import { estimateColour } from './theme.js';

export interface PitOptions extends Pick<PlotOptions, 'title' | 'theme' | 'width' | 'height'> {
  /** Probability that uniform values stay within the band everywhere, in (0, 1). @default 0.95 */
  readonly coverage?: number;
}

const HEIGHT = 280;
/** Points at which the distribution function is compared; more cost time and change little. */
const MOST_POINTS = 200;
/** The band of more values takes long. */
const MOST_VALUES = 20_000;

/**
 * @param pit values in [0, 1], one per outcome; those of discrete outcomes randomized
 * @throws WeighbridgeError `bad-argument`
 */
export function plotPit(pit: ArrayLike<number>, options: PitOptions = {}): DrawnPlot {
  const values = Float64Array.from(pit);
  requirePit(values);
  requireSize('width', options.width);
  requireSize('height', options.height);
  const { coverage = 0.95, width = DEFAULT_WIDTH, height = HEIGHT } = options;
  if (!(coverage > 0 && coverage < 1)) {
    throw badArgument(`coverage is ${coverage}, expected a number in (0, 1)`, {
      option: 'coverage',
      found: coverage,
    });
  }
  const possible = Math.min(MOST_POINTS, Math.max(10, values.length));
  const ranks = values.map((value) => Math.min(possible - 1, Math.floor(value * possible)));
  const { ecdf, pValue } = uniformity(ranks, uniformBand(values.length, possible, coverage));
  const end = { z: 1, difference: 0, low: 0, high: 0 };
  const points = [
    { ...end, z: 0 },
    ...Array.from(ecdf.z, (z, i) => ({
      z,
      difference: ecdf.difference[i] ?? 0,
      low: ecdf.low[i] ?? 0,
      high: ecdf.high[i] ?? 0,
    })),
    end,
  ];
  const most = 1.08 * Math.max(...points.flatMap((p) => [-p.low, p.high, Math.abs(p.difference)]));
  const y = {
    domain: [-most, most] as const,
    grid: true,
    label: 'ECDF less uniform',
    ...centredLabel,
  };
  const marginLeft = tickRoom([{ y }], { width: 400, height }).left + 22;
  const panel: Plot.PlotOptions = {
    ...{ width, height, marginLeft, marginRight: 16, marginTop: 8, marginBottom: 42 },
    x: { domain: [0, 1], label: 'PIT', ...centredLabel },
    y,
    marks: [
      Plot.areaY(points, {
        ...{ x: 'z', y1: 'low', y2: 'high', fill: estimateColour, fillOpacity: 0.2 },
        ...{ curve: 'step-after', className: 'band' },
      }),
      Plot.ruleY([0], { strokeDasharray: '4,3' }),
      Plot.line(points, {
        ...{ x: 'z', y: 'difference', stroke: estimateColour, strokeWidth: 2 },
        ...{ curve: 'step-after', className: 'ecdf' },
      }),
    ],
  };
  return drawPicture({
    kind: 'pit',
    width,
    height,
    title: options.title,
    subtitle: `band: uniform values stay within it with probability ${formatNumber(coverage, 2)}; p ${pValue < 0.001 ? '< 0.001' : `= ${formatNumber(pValue, 3)}`}, n = ${values.length}`,
    theme: options.theme,
    description: `Distribution of ${values.length} PIT values against the uniform one`,
    panels: [{ name: 'pit', x: 0, y: 0, options: panel }],
  });
}

function requirePit(values: Float64Array): void {
  if (values.length === 0 || values.length > MOST_VALUES) {
    throw badArgument(`${values.length} PIT values, expected 1 to ${MOST_VALUES}`);
  }
  const at = values.findIndex((value) => !(value >= 0 && value <= 1));
  if (at === -1) return;
  throw badArgument(`PIT value ${at + 1} is ${values[at]}, expected a number from 0 to 1`);
}
