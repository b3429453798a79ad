/**
 * What one context needs, each part fetched when its tab first asks for it: the fit, its draws,
 * the trials, the reports. Of another context nothing is kept.
 */
import type { Draws } from '../../../posterior/draws.js';
import type { FitReply, ReportsReply, TrialsReply } from '../wire.js';
import { getDraws, getFit, getReports, getTrials } from './api.js';
import type { Place, Tab } from './route.js';
import { type Loaded, useLoaded } from './use-loaded.js';

export interface ContextData {
  readonly fit: Loaded<FitReply>;
  readonly draws: Loaded<Draws>;
  readonly trials: Loaded<TrialsReply>;
  readonly reports: Loaded<ReportsReply>;
}

/** `place` and `fit` are null where there is no such context. */
export function useContextData(place: Place | null, fitName: string | null, tab: Tab): ContextData {
  const key = place && fitName;
  const fit = useLoaded(key && `fit ${key}`, (signal) => getFit(fitName ?? '', signal));
  const record = fit.state === 'ready' ? fit.value.fit : null;
  const drawn = tab !== 'choices';
  const draws = useLoaded(drawn && record ? `draws ${record.name}` : null, (signal) =>
    record ? getDraws(record, signal) : Promise.reject(new Error('no fit')),
  );
  const trials = useLoaded(place && placeKey(place), (signal) =>
    place ? getTrials(place, signal) : Promise.reject(new Error('no context')),
  );
  const reports = useLoaded(place && placeKey(place), (signal) =>
    place ? getReports(place, signal) : Promise.reject(new Error('no context')),
  );
  // Without a fit there are no draws either, and one message is enough.
  return { fit, draws: fit.state === 'failed' ? fit : draws, trials, reports };
}

function placeKey({ model, setting, context }: Place): string {
  return JSON.stringify([model, setting, context]);
}
