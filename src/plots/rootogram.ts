/**
 * Rootogram: how many outcomes have each count, observed and replicated, on the scale of square roots,
 * on which counts of any size vary about equally (Kleiber & Zeileis 2016, The American Statistician
 * 70(3)).
 */
import * as Plot from '@observablehq/plot';
import { badArgument } from '../checks/values.js';
import { spreadOf } from './forest.js';
import { hdiName } from './label.js';
import { centredLabel } from './layout.js';
import { estimateColour } from './theme.js';

interface CountedOutcomes {
  readonly observed: Float64Array;
  /** Row-major (replication, outcome). */
  readonly replicated: Float64Array;
  readonly width: number;
  readonly height: number | undefined;
  readonly label: string | undefined;
  readonly mass: number;
}

const HEIGHT = 280;
/** A longer tail of counts is cut, and said to be. */
const MOST_COUNTS = 100;

/** @throws WeighbridgeError `bad-argument` for outcomes other than whole numbers from 0 */
export function rootogram(outcomes: CountedOutcomes) {
  const { observed, replicated, width, height = HEIGHT, label = 'count', mass } = outcomes;
  requireCounts('observed', observed);
  requireCounts('replicated', replicated);
  const rows = observed.length;
  const replications = replicated.length / rows;
  const largest = observed.reduce((most, value) => Math.max(most, value), 0);
  const beyond = replicated.reduce((most, value) => Math.max(most, value), largest);
  const last = Math.min(beyond, Math.max(largest + 5, Math.ceil(largest * 1.3)), MOST_COUNTS);
  const seen = new Float64Array(last + 1);
  for (const value of observed) if (value <= last) seen[value] = (seen[value] ?? 0) + 1;
  const counted = Array.from(seen, () => new Float64Array(replications));
  replicated.forEach((value, i) => {
    const ofCount = counted[value];
    const replication = Math.floor(i / rows);
    if (ofCount) ofCount[replication] = (ofCount[replication] ?? 0) + 1;
  });
  const bars = Array.from(seen, (times, count) => ({
    count,
    observed: Math.sqrt(times),
    ...spreadOf(
      (counted[count] ?? new Float64Array(replications)).map((value) => Math.sqrt(value)),
      mass,
    ),
  }));
  const most = Math.max(...bars.map(({ observed: own, high }) => Math.max(own, high)));
  const options: Plot.PlotOptions = {
    ...{ width, height, marginLeft: 48, marginRight: 16, marginTop: 8, marginBottom: 42 },
    x: { domain: [-0.7, last + 0.7], label, ...centredLabel },
    y: { domain: [0, 1.05 * most], grid: true, label: '√ outcomes', ...centredLabel },
    marks: [
      Plot.rectY(bars, {
        x1: ({ count }: { count: number }) => count - 0.4,
        x2: ({ count }: { count: number }) => count + 0.4,
        y: 'observed',
        fill: estimateColour,
        fillOpacity: 0.35,
        className: 'observed',
      }),
      Plot.ruleX(bars, { x: 'count', y1: 'low', y2: 'high', strokeWidth: 1.5, className: 'hdi' }),
      Plot.dot(bars, {
        x: 'count',
        y: 'median',
        r: 2.5,
        fill: 'currentColor',
        className: 'median',
      }),
      Plot.ruleY([0]),
    ],
  };
  const cut = beyond > last ? `; replicated counts above ${last} are not shown` : '';
  return {
    width,
    height,
    subtitle: `bars: observed; lines: replicated, ${hdiName(mass)} and median (dot)${cut}`,
    panels: [{ name: 'rootogram', x: 0, y: 0, options }],
  };
}

function requireCounts(name: string, values: Float64Array): void {
  const other = values.find((value) => !(Number.isInteger(value) && value >= 0));
  if (other === undefined) return;
  throw badArgument(
    `kind is 'rootogram', but an outcome (${name}) is ${other}, expected counts, whole numbers from 0`,
    { option: 'kind' },
  );
}
