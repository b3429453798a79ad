/**
 * Requests to the server. Addresses are relative, so that a forwarded port or a path prefix works; a
 * failure is one line that can be shown.
 */
import type { Draws } from '../../posterior/draws.js';
import type {
  CheckReply,
  ContextsReply,
  ErrorReply,
  FitReply,
  FitsReply,
  PromptReply,
  ReportsReply,
  ResultReply,
  TrialsReply,
} from '../wire.js';
import { type Loaded, useLoaded } from './loaded.js';
import type { Place, ReportPlace, Tab } from './route.js';

class Failure extends Error {}

async function get(address: string, signal: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, { signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new Failure(
      'The server does not respond: check that `weighbridge view` is still running.',
      {
        cause,
      },
    );
  }
  if (response.ok) return response;
  throw new Failure(await reasonOf(response));
}

async function reasonOf(response: Response): Promise<string> {
  try {
    const { error } = (await response.json()) as ErrorReply;
    return error.message;
  } catch {
    return `The server responded with ${response.status} ${response.statusText}.`;
  }
}

async function json<T>(address: string, signal: AbortSignal): Promise<T> {
  return (await (await get(address, signal)).json()) as T;
}

export const getResult = (signal: AbortSignal) => json<ResultReply>('api/result', signal);
export const getFits = (signal: AbortSignal) => json<FitsReply>('api/fits', signal);
export const getContexts = (signal: AbortSignal) => json<ContextsReply>('api/contexts', signal);

export function getFit(name: string, signal: AbortSignal): Promise<FitReply> {
  return json(`api/fits/${encodeURIComponent(name)}`, signal);
}

function getTrials(place: Place, signal: AbortSignal): Promise<TrialsReply> {
  return json(`api/trials?${placeQuery(place)}`, signal);
}

function getReports(place: Place, signal: AbortSignal): Promise<ReportsReply> {
  return json(`api/reports?${placeQuery(place)}`, signal);
}

function getCheck(place: Place, signal: AbortSignal): Promise<CheckReply> {
  return json(`api/check?${placeQuery(place)}`, signal);
}

/** The prompts of a trial, by its number, or of a report. */
export function getPrompt(
  place: Place,
  of: number | ReportPlace,
  signal: AbortSignal,
): Promise<PromptReply> {
  const which =
    typeof of === 'number' ? { trial: String(of) } : { file: of.file, report: String(of.number) };
  return json(`api/prompt?${placeQuery(place)}&${new URLSearchParams(which)}`, signal);
}

function placeQuery({ model, setting, context }: Place): string {
  return new URLSearchParams({ model, setting, context }).toString();
}

/** The draws of one fit: float64, little-endian, as every browser is. */
export async function getDraws(
  { name, parameters, chains, draws_per_chain: drawsPerChain }: FitReply['fit'],
  signal: AbortSignal,
): Promise<Draws> {
  const response = await get(`api/fits/${encodeURIComponent(name)}/draws`, signal);
  const bytes = await response.arrayBuffer();
  const expected = chains * drawsPerChain * parameters.length * Float64Array.BYTES_PER_ELEMENT;
  if (bytes.byteLength !== expected) {
    throw new Failure(`The draws of ${name} have ${bytes.byteLength} bytes, expected ${expected}.`);
  }
  return { parameterNames: parameters, chains, drawsPerChain, values: new Float64Array(bytes) };
}

export interface ContextData {
  readonly fit: Loaded<FitReply>;
  readonly draws: Loaded<Draws>;
  readonly trials: Loaded<TrialsReply>;
  readonly reports: Loaded<ReportsReply>;
  readonly check: Loaded<CheckReply>;
}

/** Fetches what the tab of a context needs. `place` and `fitName` are null for an unknown context. */
export function useContextData(place: Place | null, fitName: string | null, tab: Tab): ContextData {
  const key = place && fitName;
  const fit = useLoaded(key && `fit ${key}`, (signal) => getFit(fitName ?? '', signal));
  const record = fit.state === 'ready' ? fit.value.fit : null;
  const drawn = tab !== 'choices' && tab !== 'check';
  const draws = useLoaded(drawn && record ? `draws ${record.name}` : null, (signal) =>
    record ? getDraws(record, signal) : Promise.reject(new Error('no fit')),
  );
  const trials = useLoaded(place && placeKey(place), (signal) =>
    place ? getTrials(place, signal) : Promise.reject(new Error('no context')),
  );
  const reports = useLoaded(place && placeKey(place), (signal) =>
    place ? getReports(place, signal) : Promise.reject(new Error('no context')),
  );
  const check = useLoaded(tab === 'check' && place ? placeKey(place) : null, (signal) =>
    place ? getCheck(place, signal) : Promise.reject(new Error('no context')),
  );
  // Without a fit there are no draws: one message is enough.
  return { fit, draws: fit.state === 'failed' ? fit : draws, trials, reports, check };
}

function placeKey({ model, setting, context }: Place): string {
  return JSON.stringify([model, setting, context]);
}
