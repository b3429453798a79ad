/**
 * What the page knows from the start: the result, its contexts, and how every fit went. Sorted
 * here as the page needs it; of draws, trials and reports it knows nothing yet.
 */
import type { ContextRecord, ContextsReply, FitEntry, FitsReply, ResultReply } from '../wire.js';
import { titleOf } from './format.js';
import { type Place, type Setting, settings } from './route.js';
import { searchText } from './search.js';

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

function listKey(model: string | null, setting: string | null): string {
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

/** The first context of all, for someone who has picked none yet. */
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
