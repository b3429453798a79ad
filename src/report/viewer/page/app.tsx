/** The whole page: opens the result, then shows what the address says, with the list beside it. */
import { useEffect, useState } from 'preact/hooks';
import { getContexts, getFits, getResult } from './api.js';
import { ContextPage } from './context-page.js';
import { FitPage } from './fit-page.js';
import { titleOf } from './format.js';
import { HelpDialog } from './help-dialog.js';
import { ErrorBox, Guarded, Waiting } from './loaded.js';
import { NavigationProvider, useNavigation, useShared } from './navigation.js';
import { Overview } from './overview.js';
import { Picker } from './picker.js';
import { type Route, routeHref } from './route.js';
import { useShortcuts } from './shortcuts.js';
import { type Study, studyOf } from './study.js';
import { useTheme } from './theme.js';
import { TopBar } from './top-bar.js';
import { useLoaded } from './use-loaded.js';

async function openStudy(signal: AbortSignal): Promise<Study> {
  const [result, fits, contexts] = await Promise.all([
    getResult(signal),
    getFits(signal),
    getContexts(signal),
  ]);
  return studyOf(result, fits, contexts);
}

export function App() {
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
