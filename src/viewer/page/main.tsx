/** The viewer's page: loads the result, then shows the page of the address, with the list of contexts. */

import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { getContexts, getFits, getResult } from './api.js';
import { ContextPage, FitPage } from './context-page.js';
import { titleOf } from './format.js';
import { ErrorBox, Guarded, useLoaded, Waiting } from './loaded.js';
import { Link, NavigationProvider, useNavigation, useShared } from './navigation.js';
import { Overview } from './overview.js';
import { Picker } from './picker.js';
import { contextRoute, overview, type Route, routeHref } from './route.js';
import { HelpDialog, useShortcuts } from './shortcuts.js';
import { firstPlace, type Study, studyOf } from './study.js';
import { applyTheme, rememberedTheme, useTheme } from './theme.js';

async function openStudy(signal: AbortSignal): Promise<Study> {
  const [result, fits, contexts] = await Promise.all([
    getResult(signal),
    getFits(signal),
    getContexts(signal),
  ]);
  return studyOf(result, fits, contexts);
}

function App() {
  const navigation = useNavigation();
  const study = useLoaded('study', openStudy);
  return (
    <NavigationProvider value={navigation}>
      {study.state === 'ready' ? (
        <Frame study={study.value} />
      ) : (
        <main class="opening">
          <h1>weighbridge</h1>
          {study.state === 'loading' ? (
            <Waiting what="the result" />
          ) : (
            <ErrorBox message={study.message} retry={study.retry} />
          )}
        </main>
      )}
    </NavigationProvider>
  );
}

function Frame({ study }: { readonly study: Study }) {
  const { route } = useShared();
  const { theme, toggle } = useTheme();
  const [pickerOpen, setPickerOpen] = useState(false);
  const [helpOpen, setHelpOpen] = useState(false);
  useEffect(() => {
    document.title = pageTitle(route);
    setPickerOpen(false);
  }, [route]);
  useShortcuts(study, {
    toggleTheme: toggle,
    openHelp: () => setHelpOpen(true),
    openPicker: () => setPickerOpen(true),
  });
  return (
    <>
      <a class="skip-link" href="#main">
        Skip to the content
      </a>
      <p class="unseen" role="status">
        {pageTitle(route)}
      </p>
      <TopBar
        study={study}
        theme={theme}
        toggleTheme={toggle}
        pickerOpen={pickerOpen}
        togglePicker={() => setPickerOpen(!pickerOpen)}
        openHelp={() => setHelpOpen(true)}
      />
      <div class={pickerOpen ? 'columns picker-open' : 'columns'}>
        <Picker study={study} />
        <main id="main" tabIndex={-1}>
          <Guarded subject={routeHref(route)}>
            <Page study={study} theme={theme} />
          </Guarded>
        </main>
      </div>
      {helpOpen && <HelpDialog close={() => setHelpOpen(false)} />}
    </>
  );
}

interface PageProps {
  readonly study: Study;
  readonly theme: 'light' | 'dark';
}

function Page({ study, theme }: PageProps) {
  const { route } = useShared();
  switch (route.page) {
    case 'overview':
      return <Overview study={study} />;
    case 'fit':
      return <FitPage study={study} name={route.name} theme={theme} />;
    case 'context':
      return <ContextPage study={study} route={route} theme={theme} />;
  }
}

function pageTitle(route: Route): string {
  switch (route.page) {
    case 'overview':
      return 'Overview · weighbridge';
    case 'fit':
      return `${route.name} · weighbridge`;
    case 'context':
      return `${titleOf(route.context)} · ${route.model}, ${route.setting} · weighbridge`;
  }
}

interface TopBarProps {
  readonly study: Study;
  readonly theme: 'light' | 'dark';
  readonly toggleTheme: () => void;
  readonly pickerOpen: boolean;
  readonly togglePicker: () => void;
  readonly openHelp: () => void;
}

function TopBar(props: TopBarProps) {
  const { study, theme, toggleTheme, pickerOpen, togglePicker, openHelp } = props;
  const { route } = useShared();
  const first = firstPlace(study);
  const { simulated, description } = study.result.data;
  return (
    <header class="top">
      <div class="top-bar">
        <span class="brand">weighbridge</span>
        <nav aria-label="Pages">
          <Link to={overview} current={route.page === 'overview'}>
            Overview
          </Link>
          {first && (
            <Link
              to={route.page === 'context' ? contextRoute(route, route.tab) : contextRoute(first)}
              current={route.page === 'context'}
            >
              Contexts
            </Link>
          )}
        </nav>
        <div class="tools">
          <button
            type="button"
            class="picker-button"
            aria-expanded={pickerOpen}
            aria-controls="picker"
            onClick={togglePicker}
          >
            Find
          </button>
          <button type="button" onClick={toggleTheme}>
            {theme === 'dark' ? 'Light' : 'Dark'}
          </button>
          <button type="button" onClick={openHelp} aria-label="Keys and help">
            ?
          </button>
        </div>
      </div>
      {simulated && (
        <p class="simulated">
          <strong>Simulated data.</strong> {description ? sentence(description) : ''}
        </p>
      )}
    </header>
  );
}

function sentence(text: string): string {
  const end = /[.!?]$/.test(text) ? '' : '.';
  return text.charAt(0).toUpperCase() + text.slice(1) + end;
}

const root = document.getElementById('app');
if (root) {
  applyTheme(rememberedTheme());
  root.replaceChildren();
  render(<App />, root);
}
