/** A fit that is of no context, such as a correlation: its chains, and its parameters in pairs. */

import { getDraws, getFit } from './api.js';
import { ChainsTab } from './chains-tab.js';
import { Verdict } from './context-page.js';
import { ErrorBox, WhenLoaded } from './loaded.js';
import { PairsTab } from './pairs-tab.js';
import type { Study } from './study.js';
import { useLoaded } from './use-loaded.js';

interface FitPageProps {
  readonly study: Study;
  readonly name: string;
  readonly theme: 'light' | 'dark';
}

export function FitPage({ study, name, theme }: FitPageProps) {
  const entry = study.fits.find((fit) => fit.name === name);
  const fit = useLoaded(entry ? name : null, (signal) => getFit(name, signal));
  const record = fit.state === 'ready' ? fit.value.fit : null;
  const draws = useLoaded(record?.name ?? null, (signal) =>
    record ? getDraws(record, signal) : Promise.reject(new Error('no fit')),
  );
  if (!entry) {
    return (
      <>
        <h1>Not in this result</h1>
        <ErrorBox message={`There is no fit named ${name}.`} />
      </>
    );
  }
  return (
    <article class="context">
      <header class="context-head">
        <p class="crumbs">{entry.kind}</p>
        <h1>
          <code>{name}</code> <Verdict fit={entry} />
        </h1>
      </header>
      <WhenLoaded loaded={fit} what="the fit">
        {({ fit: whole }) => (
          <>
            <ChainsTab fit={whole} draws={draws} context={null} theme={theme} />
            {whole.parameters.length > 1 && <PairsTab context={null} draws={draws} theme={theme} />}
          </>
        )}
      </WhenLoaded>
    </article>
  );
}
