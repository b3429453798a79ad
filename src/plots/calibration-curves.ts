/** Calibration curves: observed over predicted probabilities, with the band of calibrated predictions. */
import * as Plot from '@observablehq/plot';
import { badArgument } from '../checks/values.js';
import type { CalibrationCurve } from '../regression/after/calibration-curves.js';
import { type DrawnPlot, drawPicture } from './compose.js';
import { formatNumber, printable } from './label.js';
import { centredLabel, facets, gridOf } from './layout.js';
import { DEFAULT_WIDTH, type PlotOptions, requireSize } from './options.js';
import { estimateColour } from './theme.js';

export type CalibrationPlotOptions = Pick<PlotOptions, 'title' | 'theme' | 'width'>;

/** The result of `fit.calibrationCurves()`. */
interface PlottedCurves {
  readonly curves: readonly CalibrationCurve[];
  /** Probability of the band. */
  readonly mass: number;
}

const LEAST_CELL = 260;
const PANEL = 250;

/** @throws WeighbridgeError `bad-argument` if there is no curve */
export function plotCalibrationCurves(
  { curves, mass }: PlottedCurves,
  options: CalibrationPlotOptions = {},
): DrawnPlot {
  if (curves.length === 0) throw badArgument('curves is empty, expected at least one');
  requireSize('width', options.width);
  const width = options.width ?? DEFAULT_WIDTH;
  const x = { domain: [0, 1], label: 'predicted probability', ...centredLabel } as const;
  const y = { domain: [0, 1], label: 'observed share', ...centredLabel } as const;
  const placed = facets(
    curves.map((curve) => ({
      name: printable(curves.length > 1 ? curve.event : eventName(curve)),
      options: { x, y, marks: curveMarks(curve) },
    })),
    gridOf(curves.length, width, LEAST_CELL),
    {
      left: 48,
      right: 16,
      bottom: 42,
      leastWidth: 120,
      plotHeight: PANEL,
      leastHeight: 120,
      height: undefined,
    },
  );
  const parts = curves.map(
    ({ score, miscalibration }) =>
      `${formatNumber(score, 3)}, of which miscalibration ${formatNumber(miscalibration, 3)}`,
  );
  return drawPicture({
    kind: 'calibration-curves',
    ...placed,
    width: Math.max(width, placed.width),
    title: options.title,
    subtitle: `line: observed share; band: ${formatNumber(100 * mass, 0)}% of calibrated predictions; ticks: predictions; Brier score ${parts.join('; ')}`,
    theme: options.theme,
    description: `Calibration curves of ${curves.map(({ event }) => event).join(', ')}`,
  });
}

function eventName({ event }: CalibrationCurve): string {
  return `outcome ${event}`;
}

function curveMarks({ forecasts, recalibrated, low, high }: CalibrationCurve): Plot.Markish[] {
  const points = Array.from(forecasts, (forecast, i) => ({
    forecast,
    observed: recalibrated[i] ?? 0,
    low: low[i] ?? 0,
    high: high[i] ?? 0,
  }));
  return [
    Plot.areaY(points, {
      ...{ x: 'forecast', y1: 'low', y2: 'high', fill: estimateColour, fillOpacity: 0.2 },
      className: 'band',
    }),
    Plot.line(
      [
        [0, 0],
        [1, 1],
      ],
      { strokeDasharray: '4,3', strokeOpacity: 0.7, className: 'calibrated' },
    ),
    Plot.line(points, {
      ...{ x: 'forecast', y: 'observed', stroke: estimateColour, strokeWidth: 2 },
      className: 'curve',
    }),
    Plot.ruleX(points, { x: 'forecast', y1: 0, y2: 0.03, strokeOpacity: 0.4, className: 'rug' }),
  ];
}
