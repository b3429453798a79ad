/** Reads rate limits and pauses from response headers. */

/** Reads a header by its name in lower case. */
export type HeaderReader = Pick<Headers, 'get'>;

/** Longest pause that a server may ask for; a longer one ends the run. */
export const LONGEST_PAUSE_MS = 15 * 60_000;

/** A limit of requests or of tokens; null for what is not stated. */
export interface StatedLimit {
  /** Per minute. */
  readonly limit: number | null;
  readonly remaining: number | null;
  /** Time until the limit is fully available again. */
  readonly resetMs: number | null;
}

export interface StatedLimits {
  readonly requests: StatedLimit;
  readonly tokens: StatedLimit;
}

/**
 * Rate limits in the headers `x-ratelimit-*`, as OpenAI, Azure, Groq and vLLM's routers send them.
 * Null if there are none.
 */
export function readRateHeaders(headers: HeaderReader): StatedLimits | null {
  const requests = readLimit(headers, 'requests');
  const tokens = readLimit(headers, 'tokens');
  if (!requests && !tokens) return null;
  return { requests: requests ?? notStated, tokens: tokens ?? notStated };
}

const notStated: StatedLimit = { limit: null, remaining: null, resetMs: null };

function readLimit(headers: HeaderReader, of: 'requests' | 'tokens'): StatedLimit | null {
  const limit = headers.get(`x-ratelimit-limit-${of}`);
  const remaining = headers.get(`x-ratelimit-remaining-${of}`);
  if (limit === null && remaining === null) return null;
  return {
    limit: wholeNumber(limit),
    remaining: wholeNumber(remaining),
    resetMs: parseReset(headers.get(`x-ratelimit-reset-${of}`)),
  };
}

function wholeNumber(text: string | null): number | null {
  return text !== null && /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : null;
}

const unitMs = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

function isUnit(text: string): text is keyof typeof unitMs {
  return Object.hasOwn(unitMs, text);
}

/**
 * Milliseconds of a duration as Go prints it ('1s', '6m0s', '20ms', '2m59.56s') or of a bare number
 * of seconds; null for anything else.
 */
export function parseReset(text: string | null): number | null {
  const spans = text?.trim() ?? '';
  if (/^\d{1,7}(\.\d+)?$/.test(spans)) return 1000 * Number(spans);
  if (!/^(\d{1,12}(\.\d+)?(d|h|ms|m|s|us|µs|ns))+$/.test(spans)) return null;
  let sum = 0;
  for (const [, value, unit = ''] of spans.matchAll(/(\d+(?:\.\d+)?)([a-zµ]+)/g)) {
    if (isUnit(unit)) sum += Number(value) * unitMs[unit];
  }
  return sum;
}
