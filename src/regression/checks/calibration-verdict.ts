/** What ranks that are not uniform tell of the posterior, and a calibration in print. */
import { rounded, textTable } from '../../posterior/printable.js';
import type { Calibration } from './calibrate.js';

/** Standard errors beyond which a moment of the ranks is called another than that of uniform ones. */
const TELLING = 3;

/**
 * By the mean of u = (rank + ½) / (L + 1), which is ½ with a standard error of 1 / √(12 N), and by
 * that of (u − ½)², 1/12 with one of 1 / √(180 N); of a shifted posterior the width tells nothing.
 */
export function shapeOf(ranks: Int32Array, possible: number): string {
  const n = ranks.length;
  let sum = 0;
  let squares = 0;
  for (const rank of ranks) {
    const distance = (rank + 0.5) / possible - 0.5;
    sum += distance;
    squares += distance * distance;
  }
  const location = (sum / n) * Math.sqrt(12 * n);
  const width = (squares / n - 1 / 12) * Math.sqrt(180 * n);
  if (Math.abs(location) > TELLING) {
    return `the posterior is too ${location > 0 ? 'low' : 'high'}`;
  }
  if (Math.abs(width) > TELLING) return `the posterior is too ${width > 0 ? 'narrow' : 'wide'}`;
  return 'the ranks are uneven';
}

export function printCalibration(calibration: Calibration): string {
  const { simulations, rankedDraws, parameters, calibrated, warnings } = calibration;
  const failing = parameters.filter((parameter) => !parameter.calibrated);
  return [
    `Simulation-based calibration: ${simulations} simulations, ranks among ${rankedDraws} draws`,
    '',
    ...textTable(
      parameters.map(({ name }) => name),
      [
        { head: 'p (ECDF)', cells: parameters.map(({ pValue }) => rounded(pValue, 4)) },
        {
          head: 'p (chi-square)',
          cells: parameters.map(({ chiSquare }) => rounded(chiSquare.pValue, 4)),
        },
      ],
    ),
    '',
    calibrated
      ? 'Calibrated: all ranks are uniform (a posterior that is calibrated fails this in at most 5% of runs).'
      : 'Not calibrated:',
    ...failing.map(({ name, shape }) => `  ${name}: ${shape}`),
    ...warnings,
  ].join('\n');
}
