/** The result as the page holds it from the start: its contexts and how every fit went. */
import type {
  ContextRecord,
  ContextsReply,
  FitEntry,
  FitsReply,
  ResultReply,
  Setting,
} from '../wire.js';
import { titleOf } from './format.js';
import { searchText } from './list.js';
import { contextRoute, overview, type Place, type Route, settings, tabs } from './route.js';

/** A context in the list of a model and setting. */
export interface ListedContext {
  readonly context: ContextRecord;
  readonly title: string;
  readonly fit: FitEntry;
  readonly searchText: string;
}

export interface Study extends ResultReply {
  readonly fits: readonly FitEntry[];
  readonly contexts: ReadonlyMap<string, ContextRecord>;
  /** In the order of the fits. */
  listed(model: string, setting: Setting): readonly ListedContext[];
}

export function studyOf(
  result: ResultReply,
  { fits }: FitsReply,
  { contexts: records }: ContextsReply,
): Study {
  const contexts = new Map(records.map((context) => [context.name, context]));
  const lists = new Map<string, ListedContext[]>();
  for (const fit of fits) {
    const context = contexts.get(fit.context ?? '');
    if (fit.kind !== 'weights' || !context) continue;
    const key = listKey(fit.model, fit.setting);
    const list = lists.get(key) ?? [];
    list.push(listedContext(context, fit));
    lists.set(key, list);
  }
  return {
    ...result,
    fits,
    contexts,
    listed: (model, setting) => lists.get(listKey(model, setting)) ?? [],
  };
}

function listKey(model: string | undefined, setting: string | undefined): string {
  return JSON.stringify([model, setting]);
}

function listedContext(context: ContextRecord, fit: FitEntry): ListedContext {
  const { name, agent, question, attributes } = context;
  return {
    context,
    title: titleOf(name),
    fit,
    searchText: searchText(name, agent, question, ...attributes.map((one) => one.name)),
  };
}

/** Settings in which a model made choices. */
export function settingsOf(study: Study, model: string): readonly Setting[] {
  return settings.filter((setting) => study.listed(model, setting).length > 0);
}

/** The first context, before one is picked. */
export function firstPlace(study: Study): Place | null {
  for (const model of study.result.models) {
    for (const setting of settingsOf(study, model)) {
      const [first] = study.listed(model, setting);
      if (first) return { model, setting, context: first.context.name };
    }
  }
  return null;
}

export function placeOfFit({ kind, model, setting, context }: FitEntry): Place | null {
  if (kind !== 'weights' || !model || !setting || !context) return null;
  return { model, setting, context };
}

/** The route that a key leads to; null for other keys. */
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

type Figure = ResultReply['result']['figures'][number];

/** Names of fits without the model; effects concern all models. */
const fitNames: Readonly<Record<string, string>> = {
  'learned vs target weights': 'learned_vs_target',
  'reports, instilled': 'instilled/reports',
  'off-the-shelf reports, instilled': 'instilled/off_the_shelf_reports',
  'trained reports, instilled': 'instilled/trained_reports',
  'reports, native': 'native/reports',
  'trained reports, native': 'native/trained_reports',
  'effect of introspection training, instilled': 'effect/instilled',
  'effect of introspection training, native': 'effect/native',
  'reports vs target weights, before training': 'before',
  'reports vs target weights': 'before',
  'reports vs target weights, after training': 'after',
};

/** The fit behind a figure; null for figures without a regression, such as percentages. */
export function fitOfFigure(
  { figure, model }: Pick<Figure, 'figure' | 'model'>,
  fits: readonly FitEntry[],
): FitEntry | null {
  const name = fitNames[figure];
  if (name === undefined) return null;
  const fullName = model === null ? name : `${model}/${name}`;
  return fits.find((fit) => fit.kind !== 'weights' && fit.name === fullName) ?? null;
}
