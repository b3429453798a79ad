/** One context of one model: what was asked, and the views of what was found. */
import type { ContextRecord, FitEntry } from '../wire.js';
import { ChainsTab } from './chains-tab.js';
import { CheckTab } from './check-tab.js';
import { ChoicesTab } from './choices-tab.js';
import { wordsOf } from './format.js';
import { ErrorBox, WhenLoaded } from './loaded.js';
import { Link } from './navigation.js';
import { PairsTab } from './pairs-tab.js';
import { ReportDialog } from './report-dialog.js';
import { type ContextRoute, contextRoute, overview } from './route.js';
import { placeOfFit, type Study } from './study.js';
import { TabBar } from './tab-bar.js';
import { TrialDialog } from './trial-dialog.js';
import { useContextData } from './use-context-data.js';
import { WeightsTab } from './weights-tab.js';

interface ContextPageProps {
  readonly study: Study;
  readonly route: ContextRoute;
  readonly theme: 'light' | 'dark';
}

export function ContextPage({ study, route, theme }: ContextPageProps) {
  const { model, setting, context: name, tab } = route;
  const item = study.listed(model, setting).find(({ context }) => context.name === name);
  const data = useContextData(item ? route : null, item?.fit.name ?? null, tab);
  if (!item) return <NoSuchContext study={study} route={route} />;
  const { context, title, fit } = item;
  return (
    <article class="context">
      <header class="context-head">
        <p class="crumbs">
          {model} · {setting} preferences
        </p>
        <h1>
          {title} <Verdict fit={fit} />
        </h1>
        <p class="question">{context.question}</p>
        <ContextFacts context={context} />
      </header>
      <TabBar place={route} tab={tab} />
      <div id="tab-panel" class="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        {tab === 'weights' && <WeightsTab context={context} data={data} theme={theme} />}
        {tab === 'chains' && (
          <WhenLoaded loaded={data.fit} what="the fit">
            {({ fit: record }) => (
              <ChainsTab fit={record} draws={data.draws} context={context} theme={theme} />
            )}
          </WhenLoaded>
        )}
        {tab === 'pairs' && <PairsTab context={context} draws={data.draws} theme={theme} />}
        {tab === 'check' && <CheckTab context={context} data={data} theme={theme} />}
        {tab === 'choices' && <ChoicesTab context={context} route={route} data={data} />}
      </div>
      {route.trial !== undefined && (
        <TrialDialog context={context} route={route} trial={route.trial} trials={data.trials} />
      )}
      {route.report !== undefined && (
        <ReportDialog context={context} route={route} at={route.report} reports={data.reports} />
      )}
    </article>
  );
}

function ContextFacts({ context }: { readonly context: ContextRecord }) {
  return (
    <dl class="facts">
      {context.agent && (
        <div>
          <dt>Agent</dt>
          <dd>{context.agent}</dd>
        </div>
      )}
      {context.items && (
        <div>
          <dt>Options</dt>
          <dd>{context.items}</dd>
        </div>
      )}
      <div>
        <dt>Attributes</dt>
        <dd>{context.attributes.map((attribute) => wordsOf(attribute.name)).join(', ')}</dd>
      </div>
    </dl>
  );
}

export function Verdict({ fit }: { readonly fit: FitEntry }) {
  return fit.warnings.length === 0 ? (
    <span class="verdict good">converged</span>
  ) : (
    <span class="verdict warn">falls short</span>
  );
}

/** A link that leads nowhere in this result, perhaps made for another one. */
function NoSuchContext({ study, route }: { readonly study: Study; readonly route: ContextRoute }) {
  const places = study.fits
    .filter(({ context }) => context === route.context)
    .flatMap((fit) => placeOfFit(fit) ?? []);
  return (
    <>
      <h1>Not in this result</h1>
      <ErrorBox
        message={`${route.model} made no ${route.setting} choices in a context named ${route.context}.`}
      />
      <ul>
        {places.map((place) => (
          <li key={`${place.model}/${place.setting}`}>
            <Link to={contextRoute(place)}>
              {place.context} of {place.model}, {place.setting}
            </Link>
          </li>
        ))}
        <li>
          <Link to={overview}>Overview</Link>
        </li>
      </ul>
    </>
  );
}
