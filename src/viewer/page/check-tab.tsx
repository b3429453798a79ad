/** Posterior predictive check: would the fitted weights choose as the model did? */
import * as Plot from '@observablehq/plot';
import { useCallback } from 'preact/hooks';
import { drawPicture } from '../../plots/compose.js';
import { plotPpc } from '../../plots/ppc.js';
import { okabeIto } from '../../plots/theme.js';
import type { CheckRecord } from '../wire.js';
import type { ContextData } from './api.js';
import { Figure, type PageFigure } from './figure.js';
import { fixed, plural } from './format.js';
import { WhenLoaded } from './loaded.js';

interface CheckTabProps {
  readonly data: ContextData;
  readonly theme: 'light' | 'dark';
}

export function CheckTab({ data, theme }: CheckTabProps) {
  return (
    <WhenLoaded loaded={data.check} what="the predictions">
      {({ check }) =>
        check ? <Check check={check} theme={theme} /> : <p>No choice was made in this context.</p>
      }
    </WhenLoaded>
  );
}

interface CheckProps {
  readonly check: CheckRecord;
  readonly theme: 'light' | 'dark';
}

function useDrawn(
  draw: (check: CheckRecord, figure: PageFigure) => string,
  { check, theme }: CheckProps,
) {
  return useCallback((width: number) => draw(check, { width, theme }), [check, theme]);
}

function Check(props: CheckProps) {
  const share = useDrawn(shareOfAPlot, props);
  const grouped = useDrawn(groupedSharePlot, props);
  const each = useDrawn(choicesFigure, props);
  const { observedShare, agreeingPercent, trials } = props.check;
  return (
    <>
      <section aria-labelledby="check-share">
        <h2 id="check-share">Share of A</h2>
        <p>
          The model chose A in {fixed(100 * observedShare, 0)}% of {plural(trials.length, 'trial')}.
          The fitted weights agree with {fixed(agreeingPercent, 0)}% of its choices.
        </p>
        <Figure
          draw={share}
          widest={760}
          caption="The share of A in choices replicated from the posterior, one set a draw, and the observed share (line). If the line is far outside, the intercept does not fit."
        />
      </section>
      <section aria-labelledby="check-each">
        <h2 id="check-each">Predicted probability against choice</h2>
        <Figure
          draw={each}
          caption="Every trial by its predicted probability of A (95% HDI). A good fit has few choices of B on the right and few of A on the left."
        />
      </section>
      <section aria-labelledby="check-groups">
        <h2 id="check-groups">Share of A by predicted probability</h2>
        <Figure
          draw={grouped}
          widest={760}
          caption="Trials in groups of similar predicted probability: the observed share of A, and the 95% HDI of the replicated shares."
        />
      </section>
    </>
  );
}

const HEIGHT = 260;
const KEY = 22;

/** Shapes differ too, for readers who cannot distinguish the colours. */
const looks = {
  A: { colour: okabeIto.blue, symbol: 'circle' },
  B: { colour: okabeIto.orange, symbol: 'square' },
} as const;

/**
 * Each trial by its predicted probability of A, in ascending order, coloured by the choice (the
 * separation plot of Greenhill, Ward & Sacks 2011, with intervals).
 */
function choicesFigure(check: CheckRecord, { width, theme }: PageFigure): string {
  const count = check.trials.length;
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
      ...trialMarks(check, theme),
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

function trialMarks({ trials }: CheckRecord, theme: PageFigure['theme']): Plot.Markish[] {
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
        // Blue on a dark background is already faint.
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

function shareOfAPlot(
  { replicated, trials }: CheckRecord,
  figure: PageFigure,
  groups?: readonly string[],
): string {
  const draws = {
    parameterNames: trials.map(({ trial }) => `trial ${trial}`),
    chains: 1,
    drawsPerChain: replicated.length,
    values: Float64Array.from(replicated.join(''), Number),
  };
  return plotPpc(draws, {
    ...figure,
    observed: trials.map(({ choseA }) => Number(choseA)),
    label: 'share of A among the choices',
    ...(groups && { groups }),
  }).svg;
}

/** The shares of trials with similar predicted probabilities. */
function groupedSharePlot(check: CheckRecord, figure: PageFigure): string {
  return shareOfAPlot(
    check,
    figure,
    check.trials.map(({ group }) => group),
  );
}
