/**
 * Parameters of a chat that a server refuses for a model. They are learned from its refusals: the
 * request is sent again without the parameter, or with its other name, and so are all later ones.
 */
import { asList, asObject, asText } from '../../checks/json.js';
import type { ServerError } from './sanitize.js';

const parameters = [
  'temperature',
  /** Refused, it is sent as `max_completion_tokens`. */
  'max_tokens',
  'logprobs',
  /** Refused, fewer are asked for. */
  'top_logprobs',
  'seed',
  'reasoning_effort',
  'response_format',
] as const;

export type Parameter = (typeof parameters)[number];

export function isParameter(word: unknown): word is Parameter {
  return parameters.some((one) => one === word);
}

/** What is known of the models of a server. */
export interface RefusedParameters {
  of(model: string): ReadonlySet<Parameter>;
  /** @returns what was new */
  add(model: string, refused: Iterable<Parameter>): readonly Parameter[];
}

/** @param onLearned called with all that is known when something new is learned */
export function refusedParameters(
  known: ReadonlyMap<string, readonly Parameter[]> = new Map(),
  onLearned: (all: ReadonlyMap<string, ReadonlySet<Parameter>>) => void = () => {},
): RefusedParameters {
  const all = new Map([...known].map(([model, refused]) => [model, new Set(refused)]));
  const of = (model: string) => all.get(model) ?? new Set<Parameter>();
  return {
    of,
    add: (model, refused) => {
      const before = of(model);
      const added = [...new Set(refused)].filter((one) => !before.has(one));
      if (added.length === 0) return added;
      all.set(model, new Set([...before, ...added]));
      onLearned(all);
      return added;
    },
  };
}

/**
 * What a refusal teaches of a request; empty if the request, sent again, would be the same.
 * @param known what was known when the request was sent
 */
export function lessonOf(
  refused: readonly Parameter[],
  known: ReadonlySet<Parameter>,
): readonly Parameter[] {
  const lesson = refused.map((one) =>
    // Even few alternatives are too many.
    one === 'top_logprobs' && known.has(one) ? 'logprobs' : one,
  );
  return lesson.filter((one) => !known.has(one));
}

/** Codes of OpenAI and Azure, which name the parameter in `param`. */
const refusalCodes: ReadonlySet<string> = new Set([
  'unsupported_parameter',
  'unsupported_value',
  'unknown_parameter',
]);

/**
 * Servers that refuse a parameter in words only, with the words. The first group holds the names,
 * if `means` is absent. Where there are codes, these decide.
 */
const quirks: readonly Quirk[] = [
  {
    server: 'OpenAI',
    status: 403,
    words: /not allowed to request (logprobs) from this model/,
  },
  { server: 'OpenAI, json_schema', words: /'(response_format)' of type '\w+' is not supported/ },
  { server: 'OpenAI, older models', words: /Unrecognized request arguments? supplied: ([\w, ]+)/ },
  { server: 'gateways to OpenAI', words: /Unsupported (?:parameter|value): '(\w+)'/ },
  { server: 'servers of open models', words: /(max_tokens).*\bmax_completion_tokens/s },
  { server: 'LiteLLM', words: /does not support parameters: \[([^\]]*)\]/ },
  { server: 'Groq', words: /[`'](\w+)[`'] is (?:not supported|unsupported)/ },
  { server: 'Gemini', words: /Unknown name \\?"(\w+)\\?": Cannot find field/ },
  { server: 'Gemini, Vertex', words: /\b(logprobs) is not (?:supported|enabled)/i },
  { server: 'xAI', words: /does not support parameter (\w+)/ },
  {
    server: 'DeepSeek, vLLM',
    words: /(?:does not|doesn't) support (?:this parameter )?(logprobs|top_logprobs)/,
  },
  { server: 'Anthropic', words: /\b(\w+)`? is deprecated for this model/ },
  {
    server: 'Ollama',
    words: /does not support thinking|think value "\w+" is not supported/,
    means: 'reasoning_effort',
  },
  {
    server: 'vLLM',
    words: /Requested sample logprobs of \d+, which is greater than max allowed/,
    means: 'top_logprobs',
  },
  {
    server: 'vLLM, older',
    words: /Cannot request more than \d+ (?:top_)?logprobs/,
    means: 'top_logprobs',
  },
];

interface Quirk {
  readonly server: string;
  /** @default 400 or 422 */
  readonly status?: number;
  readonly words: RegExp;
  /** The parameter, where the words do not name it. */
  readonly means?: Parameter;
}

/** The parameters that a server refuses by an error. */
export function refusedBy(status: number, error: ServerError | null): readonly Parameter[] {
  if (!error) return [];
  const isInvalid = status === 400 || status === 422;
  const named = isInvalid ? [...namedByCode(error), ...namedByLocation(error)] : [];
  const ofStatus = quirks.filter((one) => (one.status ? one.status === status : isInvalid));
  const names = named.length > 0 ? named : namedInWords(error.message, ofStatus);
  return [...new Set(names)].filter(isParameter);
}

/** By `code` and `param`, also in the provider's error that OpenRouter passes on. */
function namedByCode(error: ServerError): string[] {
  return [error, asObject(error.error)].flatMap((one) => {
    const param = asText(one?.param);
    const isRefusal = refusalCodes.has(asText(one?.code) ?? '');
    return isRefusal && param !== null ? [param.split('.', 1)[0] ?? ''] : [];
  });
}

/** By the location of a field that pydantic forbids or finds too large: Mistral, FastAPI. */
function namedByLocation(error: ServerError): string[] {
  return asList(error.detail).flatMap((entry) => {
    const { type, loc } = asObject(entry) ?? {};
    const [place, name, ...deeper] = asList(loc);
    if (place !== 'body' || typeof name !== 'string' || deeper.length > 0) return [];
    const isRefused = type === 'extra_forbidden' || name === 'top_logprobs';
    return isRefused ? [name] : [];
  });
}

function namedInWords(message: string, from: readonly Quirk[]): string[] {
  return from.flatMap(({ words, means }) => {
    const found = words.exec(message);
    if (!found) return [];
    return means ? [means] : (found[1]?.match(/\w+/g) ?? []).map(snakeCase);
  });
}

/** xAI: 'reasoningEffort'. */
function snakeCase(name: string): string {
  return name.replace(/[a-z][A-Z]/g, ([a = '', b = '']) => `${a}_${b}`).toLowerCase();
}
