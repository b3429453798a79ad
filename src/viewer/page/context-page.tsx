/** The page of a context, with its tabs, and the page of a fit that belongs to no context. */
import type { ContextRecord, FitEntry } from '../wire.js';
import { ReportDialog, TrialDialog } from './answer-dialogs.js';
import { getDraws, getFit, useContextData } from './api.js';
import { ChainsTab, PairsTab } from './chains-tab.js';
import { CheckTab } from './check-tab.js';
import { ChoicesTab } from './choices-tab.js';
import { wordsOf } from './format.js';
import { ErrorBox, useLoaded, WhenLoaded } from './loaded.js';
import { Link, useShared } from './navigation.js';
import {
  type ContextRoute,
  contextRoute,
  overview,
  type Place,
  routeHref,
  type Tab,
  tabs,
} from './route.js';
import { placeOfFit, type Study } from './study.js';
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
        {tab === 'check' && <CheckTab data={data} theme={theme} />}
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

function Verdict({ fit }: { readonly fit: FitEntry }) {
  return fit.warnings.length === 0 ? (
    <span class="verdict good">converged</span>
  ) : (
    <span class="verdict warn">falls short</span>
  );
}

/** For links to a context that this result does not have. */
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

const tabNames: Readonly<Record<Tab, string>> = {
  weights: 'Weights',
  chains: 'Chains',
  pairs: 'Pairs',
  check: 'Check',
  choices: 'Choices',
};

interface TabBarProps {
  readonly place: Place;
  readonly tab: Tab;
}

function TabBar({ place, tab }: TabBarProps) {
  const { go } = useShared();
  const onKey = (event: KeyboardEvent) => {
    const at = tabs.indexOf(tab);
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      Home: 0,
      End: tabs.length - 1,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = tabs[(step + tabs.length) % tabs.length] ?? tab;
    go(contextRoute(place, next), 'replace');
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="Views of this context" onKeyDown={onKey}>
      {tabs.map((name, index) => (
        <a
          key={name}
          id={`tab-${name}`}
          role="tab"
          href={routeHref(contextRoute(place, name))}
          aria-selected={name === tab}
          aria-controls="tab-panel"
          aria-keyshortcuts={String(index + 1)}
          tabIndex={name === tab ? 0 : -1}
          onClick={(event: MouseEvent) => {
            if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
            event.preventDefault();
            go(contextRoute(place, name));
          }}
        >
          {tabNames[name]}
        </a>
      ))}
    </div>
  );
}

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
        {({ fit: record }) => (
          <>
            <ChainsTab fit={record} draws={draws} context={null} theme={theme} />
            {record.parameters.length > 1 && (
              <PairsTab context={null} draws={draws} theme={theme} />
            )}
          </>
        )}
      </WhenLoaded>
    </article>
  );
}
