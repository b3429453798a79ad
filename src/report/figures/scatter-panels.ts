/** The scatters of a figure: two columns of panels of one size, on the same axes. */
import type * as Plot from '@observablehq/plot';
import type { Panel } from '../../plots/compose.js';
import { extent } from '../../plots/kde.js';
import { formatInterval, formatNumber, printable, wrapLabel } from '../../plots/label.js';
import type { BandPoint } from '../../plots/line-band.js';
import {
  type PanelTitle,
  paddedDomain,
  panelTitle,
  titleHeight,
  titleMarks,
} from '../../plots/panels.js';
import { scatterMarks, scatterPoints } from '../../plots/scatter.js';
import { LINE_HEIGHT } from '../../plots/theme.js';
import { type AxisOptions, tickRoom } from '../../plots/ticks.js';
import { sampleMoments } from '../../posterior/convergence.js';
import { hdi } from '../../posterior/hdi.js';
import { conditionColour } from './conditions.js';
import { panelBand } from './regression-line.js';
import type { ScatterPanel, StudyFigure } from './study-figure.js';

export interface PlacedScatters {
  readonly panels: readonly Panel[];
  readonly width: number;
  /** Of the first two rows, beside which the bars stand. */
  readonly height: number;
}

const COLUMNS = 2;
/** Of the square in which the points lie. */
const SIDE = 224;
const BETWEEN = 16;
const TICKS = 26;

export function scatterPanels({ panels, xLabel, yLabel }: StudyFigure): PlacedScatters {
  if (panels.length === 0) return { panels: [], width: 0, height: 0 };
  const bands = panels.map(panelBand);
  const axes = commonAxes(panels, bands);
  const names = { x: wrapLabel(xLabel, SIDE), y: wrapLabel(yLabel, SIDE) };
  const left = tickRoom([axes], { width: SIDE, height: SIDE }).left + labelRoom(names.y);
  const bottom = TICKS + labelRoom(names.x);
  const width = left + SIDE + BETWEEN;
  const titles = panels.map((panel, index) =>
    panelTitle(`${panelLetter(index)}\u2002${printable(panel.title)}`, width - 10, [
      correlationNote(panel),
    ]),
  );
  const rows = rowsOf(titles, SIDE + bottom);
  const drawn = panels.map((panel, index): Panel => {
    const { y, top, height } = rows[Math.floor(index / COLUMNS)] ?? { y: 0, top: 0, height: 0 };
    const options: Plot.PlotOptions = {
      width,
      height,
      marginLeft: left,
      marginRight: BETWEEN,
      marginTop: top,
      marginBottom: bottom,
      x: { ...axes.x, label: names.x.join('\n'), labelOffset: bottom - 6 },
      y: { ...axes.y, label: names.y.join('\n'), labelOffset: left - 6 },
      marks: [
        ...scatterMarks(
          scatterPoints(panel.learned, panel.reported, panel.labels),
          bands[index] ?? [],
          conditionColour(panel.condition),
        ),
        ...titleMarks(titles[index] ?? panelTitle('', SIDE), top),
      ],
    };
    return { name: panel.title, x: (index % COLUMNS) * width, y, options };
  });
  return {
    panels: drawn,
    width: width * Math.min(COLUMNS, panels.length),
    height: rows.slice(0, 2).reduce((sum, row) => sum + row.height, 0),
  };
}

/** Rows differ in the lines of their titles, never in the size of their panels. */
function rowsOf(titles: readonly PanelTitle[], below: number) {
  const rows: { y: number; top: number; height: number }[] = [];
  for (let first = 0; first < titles.length; first += COLUMNS) {
    const { y, height } = rows.at(-1) ?? { y: 0, height: 0 };
    const top = titleHeight(titles.slice(first, first + COLUMNS));
    rows.push({ y: y + height, top, height: top + below });
  }
  return rows;
}

/** A, B, … Z, AA, AB, … */
export function panelLetter(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : panelLetter(Math.floor(index / 26) - 1) + letter;
}

const labelRoom = (lines: readonly string[]) => lines.length * LINE_HEIGHT + 8;

function commonAxes(
  panels: readonly ScatterPanel[],
  bands: readonly (readonly BandPoint[])[],
): { x: AxisOptions; y: AxisOptions } {
  const across = extent(panels.flatMap(({ learned }) => Array.from(learned)));
  const up = extent([
    ...panels.flatMap(({ reported }) => Array.from(reported)),
    ...bands.flat().flatMap(({ low, high }) => [low, high]),
  ]);
  return { x: axis(across), y: axis(up) };
}

/** Around 0 where there are no points. */
function axis({ low, high }: { low: number; high: number }): AxisOptions {
  return {
    domain: low <= high ? paddedDomain(low, high) : [-1, 1],
    labelAnchor: 'center',
    labelArrow: 'none',
    ticks: 6,
    grid: true,
  };
}

function correlationNote({ learned, slopes, correlation }: ScatterPanel): string {
  const { r, hdi: interval } = correlation ?? { r: sampleMoments(slopes).mean, hdi: hdi(slopes) };
  const count = `n = ${learned.length}`;
  if (!Number.isFinite(r)) return count;
  return `r = ${formatNumber(r, 2)} ${formatInterval(interval, 2)}, ${count}`;
}
