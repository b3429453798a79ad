/**
 * What a server says of its rate limits in the headers of a response (`x-ratelimit-*`, as OpenAI,
 * Azure, Groq and vLLM's routers send them).
 */

/** Of requests or of tokens; null where it is not said. */
export interface StatedLimit {
  /** A minute. */
  readonly limit: number | null;
  readonly remaining: number | null;
  /** Until the limit is whole again. */
  readonly resetMs: number | null;
}

export interface StatedLimits {
  readonly requests: StatedLimit;
  readonly tokens: StatedLimit;
}

type HeaderReader = Pick<Headers, 'get'>;

/** Null where the server says nothing. */
export function readRateHeaders(headers: HeaderReader): StatedLimits | null {
  const requests = readLimit(headers, 'requests');
  const tokens = readLimit(headers, 'tokens');
  if (!requests && !tokens) return null;
  return { requests: requests ?? unsaid, tokens: tokens ?? unsaid };
}

const unsaid: StatedLimit = { limit: null, remaining: null, resetMs: null };

function readLimit(headers: HeaderReader, of: 'requests' | 'tokens'): StatedLimit | null {
  const limit = headers.get(`x-ratelimit-limit-${of}`);
  const remaining = headers.get(`x-ratelimit-remaining-${of}`);
  if (limit === null && remaining === null) return null;
  return {
    limit: count(limit),
    remaining: count(remaining),
    resetMs: parseReset(headers.get(`x-ratelimit-reset-${of}`)),
  };
}

function count(text: string | null): number | null {
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
 * A time span as Go prints it: '1s', '6m0s', '20ms', '2m59.56s', or a bare number of seconds. Null
 * for anything else.
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
