/**
 * The pictures of a result with what is to be said of each.
 */
import type { Draws } from '../../posterior/draws.js';
import type { ReportFigure } from '../html/report.js';
import { type FigureData, studyFigure } from './study-figures.js';

export interface DrawnFigure extends ReportFigure {
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
  for (const figure of figures) {
    const svg = drawStudyFigure(studyFigure(figure, { simulated, drawsOf }));
    drawn.push({
      name: figure.name,
      title: figure.title,
      caption: captionOf(figure),
      svg,
      ...(png && { image: await imageOf(svg) }),
    });
  }
  return drawn;
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
  return `As figure ${number} of the paper. Each point is an attribute of a context: the mean report against the ${weights}, both standardized; the line is the posterior mean of the regression with its 95% band. Bars: the regression's slope, which the paper reads as a correlation, with its 95% HDI.`;
}
