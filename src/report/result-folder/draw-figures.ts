/**
 * The pictures of a result with what is to be said of each.
 */
import type { BandPoint } from '../../plots/line-band.js';
import type { Draws } from '../../posterior/draws.js';
import { panelBand } from '../figures/regression-line.js';
import type { Condition, StudyFigure } from '../figures/study-figure.js';
import type { ReportFigure } from '../html/report.js';
import { type FigureData, studyFigure } from './study-figures.js';

/** The line of a scatter, with its band, as it was drawn. */
export interface FigureLine {
  readonly model: string;
  readonly condition: Condition;
  readonly band: readonly BandPoint[];
}

export interface DrawnFigure extends ReportFigure {
  /** What it was drawn from. */
  readonly data: FigureData;
  /** One a scatter. */
  readonly lines: readonly FigureLine[];
  /** PNG, where it was asked for. */
  readonly image?: Uint8Array;
}

export interface DrawOptions {
  readonly simulated: boolean;
  /** The draws of a correlation's regression, by its name. */
  readonly drawsOf: (fit: string) => Draws;
  readonly png: boolean;
}

/** Fine enough for print. */
const DPI = 300;

export async function drawFigures(
  figures: readonly FigureData[],
  { simulated, drawsOf, png }: DrawOptions,
): Promise<DrawnFigure[]> {
  // Loaded here and not before: whoever draws nothing need not carry a plotting library.
  const { drawStudyFigure } = await import('../figures/draw-study-figure.js');
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
  const { rasterize } = await import('../figures/rasterize.js');
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
    `Each point is an attribute of a context: the mean of its valid reports over the ${weights}, each standardized over all attributes that have one; without a valid report there is no point.`,
    "The line is the regression of reports on weights, turned from the one that was fitted (of weights on reports): its posterior mean with a central 95% band, along the points' own range.",
    'r and the bars: the slope of the fitted regression, which the paper reads as a correlation, with its 95% HDI.',
  ].join(' ');
}
