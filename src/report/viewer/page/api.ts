/**
 * What the page asks the server. Addresses are relative, so that a forwarded port or a prefix does
 * no harm; a failure becomes one line that can be shown as it is.
 */
import type { Draws } from '../../../posterior/draws.js';
import type {
  ContextsReply,
  ErrorReply,
  FitReply,
  FitsReply,
  PromptReply,
  ReportsReply,
  ResultReply,
  TrialsReply,
} from '../wire.js';
import type { Place, ReportPlace } from './route.js';

export class Failure extends Error {}

async function get(address: string, signal: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, { signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new Failure('The server does not answer: is `weighbridge view` still running?', {
      cause,
    });
  }
  if (response.ok) return response;
  throw new Failure(await reasonOf(response));
}

async function reasonOf(response: Response): Promise<string> {
  try {
    const { error } = (await response.json()) as ErrorReply;
    return error.message;
  } catch {
    return `The server answered ${response.status} ${response.statusText}.`;
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

export function getTrials(place: Place, signal: AbortSignal): Promise<TrialsReply> {
  return json(`api/trials?${placeQuery(place)}`, signal);
}

export function getReports(place: Place, signal: AbortSignal): Promise<ReportsReply> {
  return json(`api/reports?${placeQuery(place)}`, signal);
}

/** Of a trial by its number, or of a report. */
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

/** The draws of one fit, as they lie in the file: float64, little-endian as every browser is. */
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
