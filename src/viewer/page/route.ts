/**
 * What the page shows, as its address states it: `?model=…&setting=…&context=…&tab=…&trial=…`, or
 * `…&file=…&report=…`. Reloading, links and the back button restore it. Names are not checked here.
 */
import type { Setting } from '../wire.js';

export const settings: readonly Setting[] = ['instilled', 'native'];

/** The views of a context, in the order of their tabs. */
export const tabs = ['weights', 'chains', 'pairs', 'check', 'choices'] as const;
export type Tab = (typeof tabs)[number];

/** A context of a model in one setting. */
export interface Place {
  readonly model: string;
  readonly setting: Setting;
  readonly context: string;
}

export interface ContextRoute extends Place {
  readonly page: 'context';
  readonly tab: Tab;
  /** Number of the trial that is open, from 1. */
  readonly trial?: number;
  /** The report that is open, if no trial is. */
  readonly report?: ReportPlace;
}

/** A report of a context: its file in the layout, and its number there, from 1. */
export interface ReportPlace {
  readonly file: string;
  readonly number: number;
}

export type Route =
  | { readonly page: 'overview' }
  | ContextRoute
  /** A fit without a context: a correlation, an effect. */
  | { readonly page: 'fit'; readonly name: string };

export const overview: Route = { page: 'overview' };

export function contextRoute(place: Place, tab: Tab = 'weights'): ContextRoute {
  const { model, setting, context } = place;
  return { page: 'context', model, setting, context, tab };
}

/** Trials and reports are shown over the table of choices. */
export function trialRoute(place: Place, trial: number): ContextRoute {
  return { ...contextRoute(place, 'choices'), trial };
}

export function reportRoute(place: Place, { file, number }: ReportPlace): ContextRoute {
  return { ...contextRoute(place, 'choices'), report: { file, number } };
}

/** The route of a query, with its question mark. @default the overview */
export function parseRoute(search: string): Route {
  const query = new URLSearchParams(search);
  const name = query.get('fit');
  if (name) return { page: 'fit', name };
  const model = query.get('model');
  const setting = settings.find((known) => known === query.get('setting'));
  const context = query.get('context');
  if (!model || !setting || !context) return overview;
  const tab = tabs.find((known) => known === query.get('tab')) ?? 'weights';
  const trial = numberFrom(query.get('trial'));
  const file = query.get('file');
  const number = numberFrom(query.get('report'));
  return {
    page: 'context',
    model,
    setting,
    context,
    tab,
    ...(trial !== undefined
      ? { trial }
      : file && number !== undefined && { report: { file, number } }),
  };
}

function numberFrom(text: string | null): number | undefined {
  if (text === null || !/^[1-9]\d{0,8}$/.test(text)) return undefined;
  return Number(text);
}

/** The address of a route, relative to the page: the inverse of `parseRoute`. */
export function routeHref(route: Route): string {
  if (route.page === 'overview') return './';
  const query = new URLSearchParams();
  if (route.page === 'fit') {
    query.set('fit', route.name);
    return `?${query}`;
  }
  query.set('model', route.model);
  query.set('setting', route.setting);
  query.set('context', route.context);
  if (route.tab !== 'weights') query.set('tab', route.tab);
  if (route.trial !== undefined) query.set('trial', String(route.trial));
  else if (route.report) {
    query.set('file', route.report.file);
    query.set('report', String(route.report.number));
  }
  return `?${query}`;
}

/** The same tab of another context. */
export function otherContext(route: Route, place: Place): Route {
  return contextRoute(place, route.page === 'context' ? route.tab : 'weights');
}
