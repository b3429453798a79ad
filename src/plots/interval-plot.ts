/** Forest plot of intervals that are known without their draws: a row each, with mean and HDI. */
import * as Plot from '@observablehq/plot';
import { type DrawnPlot, drawPicture } from './compose.js';
import { hdiName, printable } from './label.js';
import { centredLabel, namedRows, paddedDomain } from './layout.js';
import { DEFAULT_WIDTH } from './options.js';
import { estimateColour, LINE_HEIGHT } from './theme.js';

interface PlottedInterval {
  readonly label: string;
  /** A row without numbers has only its label. */
  readonly mean: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  /** Probability mass. */
  readonly mass: number;
  /** Drawn as a dotted line across all rows if they share it, else as a diamond in its row. */
  readonly reference?: number | null | undefined;
}

const LEAST_ROW = 22;
const BOTTOM = 26;
const LABEL = 18;

/** @param label of the axis; '' for none */
export function plotIntervals(intervals: readonly PlottedInterval[], label = ''): DrawnPlot {
  const rows = intervals.map((one, row) => ({ ...one, row, label: printable(one.label) }));
  const known = rows.flatMap(({ mean, lower, upper, ...row }) =>
    mean === null || lower === null || upper === null ? [] : [{ ...row, mean, lower, upper }],
  );
  const references = rows.flatMap(({ row, reference }) =>
    reference === undefined || reference === null ? [] : [{ row, reference }],
  );
  const values = [
    ...known.flatMap(({ mean, lower, upper }) => [mean, lower, upper]),
    ...references.map(({ reference }) => reference),
  ];
  const [low, high] = values.length > 0 ? [Math.min(...values), Math.max(...values)] : [0, 1];
  const x = {
    domain: paddedDomain(low, high),
    grid: true,
    label: label === '' ? null : printable(label),
    ...centredLabel,
  };
  const frame = namedRows(
    rows.map((row) => row.label),
    x,
    {
      width: DEFAULT_WIDTH,
      bottom: label === '' ? BOTTOM : BOTTOM + LABEL,
      rowHeight: (lines) => Math.max(LEAST_ROW, lines * LINE_HEIGHT + 4),
    },
  );
  const marks = [...referenceMarks(references, rows.length), ...intervalMarks(known)];
  const masses = [...new Set(intervals.map(({ mass }) => hdiName(mass)))].join(', ');
  return drawPicture({
    kind: 'intervals',
    width: frame.width,
    height: frame.height,
    subtitle: `${masses} (line), mean (point)${keyOf(references, rows.length)}`,
    description: `Forest plot of ${rows.length} intervals${label === '' ? '' : `: ${label}`}`,
    panels: [{ name: 'intervals', x: 0, y: 0, options: { ...frame, marks } }],
  });
}

function keyOf(references: readonly { reference: number }[], rows: number): string {
  if (references.length === 0) return '';
  return isShared(references, rows) ? ', reference (dotted)' : ', reference (diamond)';
}

function referenceMarks(
  references: readonly { row: number; reference: number }[],
  rows: number,
): Plot.Markish[] {
  const className = 'reference';
  if (isShared(references, rows)) {
    const at = [references[0]?.reference ?? 0];
    return [Plot.ruleX(at, { strokeDasharray: '2,3', strokeOpacity: 0.6, className })];
  }
  const symbol = 'diamond';
  return [Plot.dot(references, { ...{ x: 'reference', y: 'row', r: 5, symbol }, className })];
}

/** Whether one line across all rows shows the references. */
function isShared(references: readonly { reference: number }[], rows: number): boolean {
  const values = new Set(references.map(({ reference }) => reference));
  return values.size === 1 && references.length === rows;
}

function intervalMarks(
  rows: readonly { row: number; label: string; mean: number; lower: number; upper: number }[],
): Plot.Markish[] {
  const colour = estimateColour;
  return [
    Plot.ruleY(rows, {
      ...{ y: 'row', x1: 'lower', x2: 'upper', stroke: colour, strokeWidth: 2 },
      className: 'hdi',
    }),
    Plot.dot(rows, {
      ...{ y: 'row', x: 'mean', r: 4, fill: colour, stroke: 'white', strokeWidth: 1 },
      ...{ title: 'label', className: 'mean' },
    }),
  ];
}
