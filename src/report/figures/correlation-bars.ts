/** The correlations of a figure as bars with whiskers over their 95% HDI, by model. */
import * as Plot from '@observablehq/plot';
import type { Panel } from '../../plots/compose.js';
import { formatNumber, printable, widest, wrapLabel } from '../../plots/label.js';
import { panelTitle, titleHeight, titleMarks } from '../../plots/panels.js';
import { LINE_HEIGHT } from '../../plots/theme.js';
import { conditionColour, conditions } from './conditions.js';
import { type PlacedScatters, panelLetter } from './scatter-panels.js';
import type { Condition, CorrelationBar, StudyFigure } from './study-figure.js';

/** Room for a bar with its name beneath. */
const BAR_STEP = 50;
const LEAST_WIDTH = 170;
const LEFT = 54;
const RIGHT = 10;
/** Names of the conditions in two lines, and their ticks. */
const BOTTOM = 44;
const LEAST_HEIGHT = 330;

/** At the right of the scatters, as high as two rows of them at most. */
export function barsPanel({ bars, panels }: StudyFigure, scatters: PlacedScatters): Panel {
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

/** From 0 to 1, further down where an interval goes there, and with room for what is written. */
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
