/** Which keys lead where. */
import { contextRoute, overview, type Route, tabs } from './route.js';
import type { Study } from './study.js';

/** Where a key leads from here; null for nowhere. */
export function routeOfKey(key: string, route: Route, study: Pick<Study, 'listed'>): Route | null {
  if (key === 'o') return overview;
  if (route.page !== 'context') return null;
  const tab = /^[1-9]$/.test(key) ? tabs[Number(key) - 1] : undefined;
  if (tab) return contextRoute(route, tab);
  if (key !== 'j' && key !== 'k') return null;
  const list = study.listed(route.model, route.setting);
  const at = list.findIndex(({ context }) => context.name === route.context);
  const next = list[at + (key === 'j' ? 1 : -1)];
  return next ? contextRoute({ ...route, context: next.context.name }, route.tab) : null;
}
