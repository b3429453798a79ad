/**
 * Each trial by its predicted probability of A, in ascending order, coloured by what was chosen
 * (the separation plot of Greenhill, Ward & Sacks 2011, with intervals).
 */
import * as Plot from '@observablehq/plot';
import { drawPicture } from '../../../plots/compose.js';
import { okabeIto } from '../../../plots/theme.js';
import { fixed } from './format.js';
import type { PageFigure } from './plots.js';
import type { Predictions } from './predictions.js';

const HEIGHT = 260;
const KEY = 22;

/** A shape of its own for each, for those who cannot tell the colours. */
const looks = {
  A: { colour: okabeIto.blue, symbol: 'circle' },
  B: { colour: okabeIto.orange, symbol: 'square' },
} as const;

export function choicesFigure(predictions: Predictions, { width, theme }: PageFigure): string {
  const count = predictions.trials.length;
  const options: Plot.PlotOptions = {
    width,
    height: HEIGHT,
    marginLeft: 56,
    marginRight: 12,
    marginTop: 12,
    marginBottom: 30,
    x: {
      domain: [0, count + 1],
      ticks: [],
      label: 'trials, by predicted probability',
      labelOffset: 22,
      labelAnchor: 'center',
      labelArrow: 'none',
    },
    y: {
      domain: [0, 1],
      ticks: [0, 0.25, 0.5, 0.75, 1],
      tickFormat: (value: number) => fixed(value, 2),
      label: 'predicted P(A)',
      labelOffset: 50,
      labelAnchor: 'center',
      labelArrow: 'none',
    },
    marks: [
      Plot.gridY([0, 0.25, 0.75, 1], { strokeOpacity: 0.12 }),
      Plot.ruleY([0.5], { strokeOpacity: 0.45, strokeDasharray: '2,3' }),
      ...trialMarks(predictions, theme),
    ],
  };
  return drawPicture({
    kind: 'choices',
    width,
    height: HEIGHT + KEY,
    theme,
    description: `Predicted probability of A in ${count} trials, by choice`,
    panels: [
      { name: 'key', x: 0, y: 0, options: keyOptions(width) },
      { name: 'choices', x: 0, y: KEY, options },
    ],
  }).svg;
}

function trialMarks({ trials }: Predictions, theme: PageFigure['theme']): Plot.Markish[] {
  const points = trials.map(({ trial, mean, interval: [low, high], choseA }, index) => ({
    place: index + 1,
    trial,
    mean,
    low,
    high,
    choice: choseA ? ('A' as const) : ('B' as const),
  }));
  return (['A', 'B'] as const).flatMap((choice) => {
    const layer = points.filter((point) => point.choice === choice);
    return [
      Plot.ruleX(layer, {
        x: 'place',
        y1: 'low',
        y2: 'high',
        stroke: looks[choice].colour,
        // On dark ground blue is faint enough as it is.
        strokeOpacity: theme === 'dark' ? 1 : 0.45,
      }),
      Plot.dot(layer, {
        x: 'place',
        y: 'mean',
        r: 3,
        symbol: looks[choice].symbol,
        fill: looks[choice].colour,
        title: ({ trial }) => `trial ${trial}, chose ${choice}`,
        className: `choice-${choice}`,
      }),
    ];
  });
}

function keyOptions(width: number): Plot.PlotOptions {
  const items = (['A', 'B'] as const).map((choice, index) => ({
    ...looks[choice],
    x: 62 + index * 80,
    label: `chose ${choice}`,
  }));
  return {
    width,
    height: KEY,
    margin: 0,
    x: { type: 'identity', axis: null },
    y: { type: 'identity', axis: null },
    color: { type: 'identity' },
    symbol: { type: 'identity' },
    marks: [
      Plot.dot(items, { x: 'x', y: 12, r: 4, fill: 'colour', symbol: 'symbol' }),
      Plot.text(items, { x: 'x', y: 12, dx: 9, text: 'label', textAnchor: 'start' }),
    ],
  };
}
