/** The views of a context. Each is a place of its own in the history, reached by a link. */
import { useShared } from './navigation.js';
import { contextRoute, type Place, routeHref, type Tab, tabs } from './route.js';

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

export function TabBar({ place, tab }: TabBarProps) {
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
