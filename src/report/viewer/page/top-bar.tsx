/** The line on top: where one is, the ways elsewhere, and a word that nobody may miss. */
import { Link, useShared } from './navigation.js';
import { contextRoute, overview } from './route.js';
import { firstPlace, type Study } from './study.js';

interface TopBarProps {
  readonly study: Study;
  readonly theme: 'light' | 'dark';
  readonly toggleTheme: () => void;
  readonly pickerOpen: boolean;
  readonly togglePicker: () => void;
  readonly openHelp: () => void;
}

export function TopBar(props: TopBarProps) {
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
