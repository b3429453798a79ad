/** Every parameter against every other. */
import { useCallback } from 'preact/hooks';
import type { Draws } from '../../../posterior/draws.js';
import type { ContextRecord } from '../wire.js';
import { Figure } from './figure.js';
import { WhenLoaded } from './loaded.js';
import { withNames } from './parameter-names.js';
import { pairsPlot } from './plots.js';
import type { Loaded } from './use-loaded.js';

interface PairsTabProps {
  readonly context: ContextRecord | null;
  readonly draws: Loaded<Draws>;
  readonly theme: 'light' | 'dark';
}

export function PairsTab({ context, draws, theme }: PairsTabProps) {
  return (
    <WhenLoaded loaded={draws} what="the draws">
      {(value) => <Pairs context={context} draws={value} theme={theme} />}
    </WhenLoaded>
  );
}

interface PairsProps extends Omit<PairsTabProps, 'draws'> {
  readonly draws: Draws;
}

function Pairs({ context, draws, theme }: PairsProps) {
  const draw = useCallback(
    (width: number) => pairsPlot(context ? withNames(draws, context) : draws, { width, theme }),
    [context, draws, theme],
  );
  return (
    <section class="whole" aria-labelledby="pairs">
      <h2 id="pairs">Pairs of parameters</h2>
      <Figure
        draw={draw}
        caption="Draws of every two parameters: a slope tells that the data cannot tell the two apart."
      />
    </section>
  );
}
