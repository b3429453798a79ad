/** The route of the page, kept in the address bar, and links that change it without a reload. */
import { type ComponentChildren, createContext } from 'preact';
import { useCallback, useContext, useEffect, useState } from 'preact/hooks';
import { parseRoute, type Route, routeHref } from './route.js';

interface Navigation {
  readonly route: Route;
  /** Adds an entry to the history; `replace` replaces the current one. */
  readonly go: (route: Route, how?: 'push' | 'replace') => void;
}

interface EntryState {
  /** Reached from the entry before, within this page. */
  readonly within: boolean;
}

export function useNavigation(): Navigation {
  const [route, setRoute] = useState(() => parseRoute(location.search));
  useEffect(() => {
    const update = () => setRoute(parseRoute(location.search));
    addEventListener('popstate', update);
    return () => removeEventListener('popstate', update);
  }, []);
  const go = useCallback((next: Route, how: 'push' | 'replace' = 'push') => {
    if (how === 'push')
      history.pushState({ within: true } satisfies EntryState, '', routeHref(next));
    else history.replaceState(history.state, '', routeHref(next));
    setRoute(next);
  }, []);
  return { route, go };
}

/** Leaves a dialog: back to where it was opened, or to `route` if it was opened by a link. */
export function leaveDialog({ go }: Navigation, route: Route): void {
  const state = history.state as EntryState | null;
  if (state?.within) history.back();
  else go(route, 'replace');
}

const Shared = createContext<Navigation>({ route: { page: 'overview' }, go: () => {} });
export const NavigationProvider = Shared.Provider;
export const useShared = () => useContext(Shared);

interface LinkProps {
  readonly to: Route;
  readonly class?: string;
  readonly title?: string;
  readonly current?: boolean;
  readonly children: ComponentChildren;
}

export function Link({ to, children, current, ...rest }: LinkProps) {
  const { go } = useShared();
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) {
      return;
    }
    event.preventDefault();
    go(to);
    // A new page begins at its top, on the screen and for a screen reader.
    requestAnimationFrame(() => document.getElementById('main')?.focus());
  };
  return (
    <a href={routeHref(to)} onClick={follow} aria-current={current ? 'page' : undefined} {...rest}>
      {children}
    </a>
  );
}
