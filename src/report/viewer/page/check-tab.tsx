/** Posterior predictive check: would the fitted weights choose as the model did? */
import { useCallback, useMemo } from 'preact/hooks';
import type { Draws } from '../../../posterior/draws.js';
import type { ContextRecord, TrialsReply } from '../wire.js';
import { choicesFigure } from './choices-figure.js';
import { Figure } from './figure.js';
import { fixed, plural } from './format.js';
import { WhenLoaded } from './loaded.js';
import { groupedSharePlot, shareOfAPlot } from './plots.js';
import { predict } from './predictions.js';
import type { ContextData } from './use-context-data.js';

interface CheckTabProps {
  readonly context: ContextRecord;
  readonly data: ContextData;
  readonly theme: 'light' | 'dark';
}

export function CheckTab({ context, data, theme }: CheckTabProps) {
  return (
    <WhenLoaded loaded={data.trials} what="the choices">
      {({ trials }) => (
        <WhenLoaded loaded={data.draws} what="the draws">
          {(draws) => <Check context={context} trials={trials} draws={draws} theme={theme} />}
        </WhenLoaded>
      )}
    </WhenLoaded>
  );
}

interface CheckProps extends Omit<CheckTabProps, 'data'> {
  readonly trials: TrialsReply['trials'];
  readonly draws: Draws;
}

function Check({ context, trials, draws, theme }: CheckProps) {
  const found = useMemo(() => predict(context, trials, draws), [context, trials, draws]);
  const share = useCallback(
    (width: number) => (found ? shareOfAPlot(found, { width, theme }) : ''),
    [found, theme],
  );
  const grouped = useCallback(
    (width: number) => (found ? groupedSharePlot(found, { width, theme }) : ''),
    [found, theme],
  );
  const each = useCallback(
    (width: number) => (found ? choicesFigure(found, { width, theme }) : ''),
    [found, theme],
  );
  if (!found) return <p>No choice was made in this context.</p>;
  return (
    <>
      <section aria-labelledby="check-share">
        <h2 id="check-share">Share of A</h2>
        <p>
          The model chose A in {fixed(100 * found.observedShare, 0)}% of{' '}
          {plural(found.trials.length, 'trial')}; the fitted weights agree with{' '}
          {fixed(found.agreeingPercent, 0)}% of its choices.
        </p>
        <Figure
          draw={share}
          widest={760}
          caption="The share of A in choices replicated from the posterior, a set for each draw, and the share that was observed. Where it lies far out, the intercept is not what it should be."
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
        <h2 id="check-groups">Share of A where it was expected</h2>
        <Figure
          draw={grouped}
          widest={760}
          caption="Trials in groups of like predicted probability: the share of A that was observed, and the 95% HDI of the replicated shares."
        />
      </section>
    </>
  );
}
