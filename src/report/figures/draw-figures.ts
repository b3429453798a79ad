/**
 * Draws figures 2 and 3 of the paper: scatters in two columns, before and after training side by side
 * and on common axes, and the correlations as bars to their right.
 */
import * as Plot from '@observablehq/plot';
import { WeighbridgeError } from '../../errors.js';
import { drawPicture, type Panel } from '../../plots/compose.js';
import { type BandPoint, scatterMarks, scatterPoints } from '../../plots/correlation.js';
import { extent } from '../../plots/density.js';
import { formatInterval, formatNumber, printable, widest, wrapLabel } from '../../plots/label.js';
import {
  type AxisOptions,
  type PanelTitle,
  paddedDomain,
  panelTitle,
  tickRoom,
  titleHeight,
  titleMarks,
} from '../../plots/layout.js';
import { LINE_HEIGHT, okabeIto } from '../../plots/theme.js';
import { sampleMoments } from '../../posterior/convergence.js';
import type { Draws } from '../../posterior/draws.js';
import { hdi } from '../../posterior/intervals.js';
import type { ReportFigure } from '../html/report.js';
import type { Condition, CorrelationBar, ScatterPanel, StudyFigure } from './study-figure.js';
import { type FigureData, panelBand, studyFigure } from './study-figure.js';

/** The drawn line of a scatter, with its band. */
interface FigureLine {
  readonly model: string;
  readonly condition: Condition;
  readonly band: readonly BandPoint[];
}

export interface DrawnFigure extends ReportFigure {
  readonly data: FigureData;
  /** One line a scatter. */
  readonly lines: readonly FigureLine[];
  /** PNG, if requested. */
  readonly image?: Uint8Array;
}

interface DrawOptions {
  readonly simulated: boolean;
  /** The draws of a fit of a correlation, by its name. */
  readonly drawsOf: (fit: string) => Draws;
  readonly png: boolean;
}

/** For print. */
const DPI = 300;

export async function drawFigures(
  figures: readonly FigureData[],
  { simulated, drawsOf, png }: DrawOptions,
): Promise<DrawnFigure[]> {
  const drawn: DrawnFigure[] = [];
  for (const data of figures) {
    const figure = studyFigure(data, { simulated, drawsOf });
    const svg = drawStudyFigure(figure);
    drawn.push({
      name: data.name,
      title: data.title,
      caption: captionOf(data),
      svg,
      data,
      lines: linesOf(data, figure),
      ...(png && { image: await imageOf(svg) }),
    });
  }
  return drawn;
}

function linesOf({ scatters }: FigureData, { panels }: StudyFigure): FigureLine[] {
  return panels.flatMap((panel, i) => {
    const scatter = scatters[i];
    return scatter
      ? [{ model: scatter.model, condition: scatter.condition, band: panelBand(panel) }]
      : [];
  });
}

async function imageOf(svg: string): Promise<Uint8Array> {
  const { rasterize } = await import('./rasterize.js');
  return rasterize(svg, { dpi: DPI });
}

function captionOf({ name, setting }: FigureData): string {
  const number = name === 'figure-2' ? 2 : 3;
  const weights =
    setting === 'instilled'
      ? 'weights learned from choices in contexts with instilled preferences'
      : 'weights learned from choices in contexts with native preferences';
  return [
    `As figure ${number} of the paper.`,
    `Each point is an attribute of a context: the mean of its valid reports against the ${weights}, both standardized over all attributes that have them. Attributes without a valid report have no point.`,
    'The line is the regression of reports on weights, derived from the fitted regression of weights on reports: its posterior mean with a central 95% band.',
    'r and the bars are the slope of the fitted regression, which the paper interprets as a correlation, with its 95% HDI.',
  ].join(' ');
}

const SIMULATED = 'SIMULATED DATA: made by simulated models, not answers of the models named here';

/**
 * @returns a self-contained SVG on white; marks have the classes points, line, band, correlation and
 *   hdi, and panels have their scales as data attributes
 * @throws WeighbridgeError `bad-argument` if there are no panels and no bars
 */
export function drawStudyFigure(figure: StudyFigure): string {
  if (figure.panels.length + figure.bars.length === 0) {
    throw new WeighbridgeError('bad-argument', `'${figure.title}' has no panels and no bars`);
  }
  const scatters = scatterPanels(figure);
  const bars = figure.bars.length === 0 ? [] : [barsPanel(figure, scatters)];
  const panels: readonly Panel[] = [...scatters.panels, ...bars];
  const right = (panel: Panel) => panel.x + (panel.options.width ?? 0);
  const bottom = (panel: Panel) => panel.y + (panel.options.height ?? 0);
  return drawPicture({
    kind: 'study-figure',
    width: Math.max(...panels.map(right)) + 6,
    height: Math.max(...panels.map(bottom)) + 4,
    title: figure.title,
    notice: figure.simulated ? SIMULATED : undefined,
    subtitle:
      'points: attributes; line: reports on weights, with its 95% band; r: slope of weights on reports [95% HDI]',
    description: `${figure.title}${figure.simulated ? ' (simulated data)' : ''}`,
    panels,
  }).svg;
}

interface PlacedScatters {
  readonly panels: readonly Panel[];
  readonly width: number;
  /** Height of the first two rows, next to which the bars are. */
  readonly height: number;
}

const COLUMNS = 2;
/** Side of the square of points. */
const SIDE = 224;
const BETWEEN = 16;
const TICKS = 26;

function scatterPanels({ panels, xLabel, yLabel }: StudyFigure): PlacedScatters {
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

/** Rows differ in the height of their titles only. */
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

/** Around 0 if there are no points. */
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

/** Room of a bar with its name below. */
const BAR_STEP = 50;
const LEAST_WIDTH = 170;
const LEFT = 54;
const RIGHT = 10;
/** Names of the conditions in two lines, and their ticks. */
const BOTTOM = 44;
const LEAST_HEIGHT = 330;

/** To the right of the scatters, at most as high as two rows of them. */
function barsPanel({ bars, panels }: StudyFigure, scatters: PlacedScatters): Panel {
  const models = [...new Set(bars.map(({ model }) => model))];
  const present = conditions.filter((one) => bars.some(({ condition }) => condition === one));
  const across = Math.max(models.length * (present.length + 0.5) * BAR_STEP, LEAST_WIDTH);
  const width = LEFT + across + RIGHT;
  const height = Math.max(scatters.height, LEAST_HEIGHT);
  const names = new Map(models.map((model) => [model, modelLines(model, across / models.length)]));
  const title = panelTitle(`${panelLetter(panels.length)}\u2002Correlations`, width - LEFT, [
    'bars: r; whiskers: 95% HDI',
  ]);
  const nameLines = Math.max(...[...names.values()].map(({ length }) => length));
  const top = titleHeight([title]) + nameLines * LINE_HEIGHT + 12;
  return {
    name: 'correlations',
    x: scatters.width,
    y: 0,
    options: {
      width,
      height,
      marginLeft: LEFT,
      marginRight: RIGHT,
      marginTop: top,
      marginBottom: BOTTOM,
      fx: {
        domain: models,
        axis: 'top',
        label: null,
        padding: 0.08,
        tickFormat: (model: string) => names.get(model)?.join('\n') ?? model,
      },
      x: {
        domain: present,
        label: null,
        padding: 0.25,
        tickSize: 0,
        tickFormat: (condition: Condition) => conditionLines[condition],
      },
      y: {
        domain: rDomain(bars),
        ticks: 6,
        grid: true,
        label: 'Correlation r',
        labelAnchor: 'center',
        labelArrow: 'none',
      },
      marks: [...barMarks(bars), ...titleMarks(title, top)],
    },
  };
}

const conditionLines: Readonly<Record<Condition, string>> = {
  'off-the-shelf': 'off the\nshelf',
  'before training': 'before\ntraining',
  'after training': 'after\ntraining',
};

function modelLines(model: string, width: number): string[] {
  return wrapLabel(printable(model), Math.max(width, widest(['off the shelf'])));
}

/** From 0 to 1, extended to lower intervals, with room for labels. */
function rDomain(bars: readonly CorrelationBar[]): [number, number] {
  const ends = bars.flatMap(({ r, hdi }) => [r, ...hdi]).filter(Number.isFinite);
  const lowest = Math.min(0, ...ends);
  return [lowest < 0 ? lowest - 0.05 : 0, Math.max(1, Math.max(...ends) + 0.06)];
}

function barMarks(bars: readonly CorrelationBar[]): Plot.Markish[] {
  const place = { fx: 'model', x: 'condition' } as const;
  const low = ({ hdi }: CorrelationBar) => hdi[0];
  const high = ({ hdi }: CorrelationBar) => hdi[1];
  const cap = { insetLeft: 7, insetRight: 7, strokeWidth: 1.3, className: 'hdi-end' };
  return [
    Plot.barY(bars, {
      ...place,
      y: 'r',
      fill: ({ condition }: CorrelationBar) => conditionColour(condition),
      fillOpacity: 0.8,
      title: ({ model, condition, r }: CorrelationBar) =>
        printable(`${model}, ${condition}: r = ${formatNumber(r, 2)}`),
      className: 'correlation',
    }),
    Plot.ruleX(bars, { ...place, y1: low, y2: high, strokeWidth: 1.3, className: 'hdi' }),
    Plot.tickY(bars, { ...place, y: low, ...cap }),
    Plot.tickY(bars, { ...place, y: high, ...cap }),
    Plot.text(bars, {
      ...place,
      y: ({ r, hdi }: CorrelationBar) => Math.max(hdi[1], r, 0),
      text: ({ r }: CorrelationBar) => formatNumber(r, 2),
      lineAnchor: 'bottom',
      dy: -4,
      className: 'value',
    }),
    Plot.ruleY([0]),
  ];
}

/** In the order of training. */
const conditions: readonly Condition[] = ['off-the-shelf', 'before training', 'after training'];

const COLOURS: Readonly<Record<Condition, string>> = {
  'off-the-shelf': '#999999',
  'before training': okabeIto.orange,
  'after training': okabeIto.blue,
};

function conditionColour(condition: Condition | undefined): string {
  return COLOURS[condition ?? 'after training'];
}
