/**
 * POST /v1/chat/completions, and the lines of batches: checks a request, has a model answer it,
 * and returns the answer in OpenAI's shape.
 */
import { answer, drawOf, type Sampling, truthOf } from './answer.js';
import { type ChatQuestion, checkChat } from './chat-request.js';
import type { PromptFault, RequestFault } from './faults.js';
import { newId, nowInSeconds } from './files.js';
import { logprobsOf } from './logprobs.js';
import type { SimulatedModel } from './model.js';
import { digestOf, uniformOf } from './randomness.js';
import { errorBody, errorReply, jsonReply, type Reply, readJson } from './reply.js';
import type { Call, Route } from './route.js';
import { pause, type Simulator } from './simulator.js';
import { structuredText } from './structured.js';
import { countTokens } from './training.js';

/**
 * Tokens counted against the rate limit before the answer exists: as at OpenAI, the prompt plus
 * the maximum of the answer.
 */
function tokensAsked({ promptTokens, maxTokens }: ChatQuestion): number {
  return promptTokens + maxTokens;
}

/** Identifies a question to a model; the same question with another seed is another one. */
function questionDigest({ model, messages, sampling: { seed } }: ChatQuestion): string {
  const texts = messages.flatMap(({ role, content }) => [role, content]);
  return digestOf(model.name, texts, seed === null ? [] : ['seed', String(seed)]);
}

/** 52 bits of a digest. */
function hashOf(digest: string): number {
  return Math.floor(uniformOf(digest, 0) * 2 ** 52);
}

/** Reasons a model cannot answer. */
type Mishap = 'refusal' | 'filter' | null;

function chatCompletion(question: ChatQuestion, simulator: Simulator, mishap: Mishap) {
  const { shared } = simulator;
  const { model, promptTokens } = question;
  const { choice, completionTokens, reasoningTokens } = choiceOf(question, simulator);
  return {
    id: newId('chatcmpl-'),
    object: 'chat.completion',
    created: nowInSeconds(),
    model: model.name,
    choices: [{ index: 0, ...(mishap ? mishaps[mishap] : choice) }],
    usage: usageOf(promptTokens, completionTokens, reasoningTokens),
    service_tier: 'default',
    system_fingerprint: fingerprintOf(model, shared.seed),
  };
}

/** The answer within the limit of tokens, and what it takes of them. */
function choiceOf(question: ChatQuestion, { shared, asked }: Simulator) {
  const { model, messages, maxTokens, topLogprobs, schema } = question;
  const digest = questionDigest(question);
  const { temperature, seed } = question.sampling;
  const repeat = temperature > 0 && seed === null ? asked.next(hashOf(digest)) : 0;
  const sampling: Sampling = { temperature, seed, repeat };
  const luck = drawOf(digest, sampling);

  const reasoningTokens = Math.min(thoughtsOf(question.reasoningTokens, luck), maxTokens);
  const room = maxTokens - reasoningTokens;
  const said = answer(model, shared, messages, sampling, schema !== null);
  const whole = schema ? structuredText(said.text, schema, luck) : said.text;
  const labels = schema ? null : said.labels;
  const tokens = labels === null ? countTokens(whole) : 1;
  const cut = tokens > room;
  // A token counts as four characters.
  const text = cut ? whole.slice(0, 4 * room) : whole;
  return {
    choice: {
      message: { role: 'assistant', content: text, refusal: null, annotations: [] },
      logprobs: topLogprobs === null ? null : logprobsOf(text, labels, topLogprobs),
      finish_reason: cut ? 'length' : 'stop',
    },
    completionTokens: reasoningTokens + Math.min(tokens, room),
    reasoningTokens,
  };
}

/** OpenAI counts reasoning tokens in blocks. */
const BLOCK = 64;

/** Number of reasoning tokens: uniform from half the mean to one and a half times it. */
function thoughtsOf(mean: number, luck: string): number {
  return BLOCK * Math.round((mean * (0.5 + uniformOf(luck, 2))) / BLOCK);
}

const mishaps = {
  refusal: {
    message: {
      role: 'assistant',
      content: null,
      refusal: "I'm sorry, but I can't assist with that request.",
      annotations: [],
    },
    logprobs: null,
    finish_reason: 'stop',
  },
  filter: {
    message: { role: 'assistant', content: '', refusal: null, annotations: [] },
    logprobs: null,
    finish_reason: 'content_filter',
  },
} as const;

function usageOf(promptTokens: number, completionTokens: number, reasoningTokens: number) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

const fingerprints = new WeakMap<SimulatedModel, string>();

function fingerprintOf(model: SimulatedModel, seed: number): string {
  const known = fingerprints.get(model);
  if (known) return known;
  const fingerprint = `fp_simulated_${digestOf('fingerprint', seed, model.name).slice(0, 10)}`;
  fingerprints.set(model, fingerprint);
  return fingerprint;
}

/** A chat completion, or the error returned instead. */
interface ChatOutcome {
  readonly status: number;
  readonly body: object;
  /** Hash of the answered question; null if it was not answered. */
  readonly question: number | null;
}

/** Checks and answers a request in one step, for a line of a batch. */
export function completeChat(body: unknown, simulator: Simulator): ChatOutcome {
  const check = checkChat(body, simulator);
  if (!check.ok) return { status: check.status, body: errorBody(check.error), question: null };
  const { question } = check;
  const fault = promptFaultOf(question, simulator);
  if (fault === 'prompt-filter') return { status: 400, body: filtered, question: null };
  if (fault === 'prompt-malformed') return { status: 200, body: {}, question: null };
  return {
    status: 200,
    body: chatCompletion(question, simulator, null),
    question: hashOf(questionDigest(question)),
  };
}

function promptFaultOf({ messages }: ChatQuestion, { faults }: Simulator): PromptFault | null {
  return faults.prompt(messages.map(({ content }) => content).join('\n'));
}

/** As Azure reports a filtered prompt. */
const filtered = {
  error: {
    message:
      "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry.",
    type: null,
    param: 'prompt',
    code: 'content_filter',
    status: 400,
    innererror: {
      code: 'ResponsibleAIPolicyViolation',
      content_filter_result: {
        hate: { filtered: false, severity: 'safe' },
        self_harm: { filtered: false, severity: 'safe' },
        sexual: { filtered: false, severity: 'safe' },
        violence: { filtered: true, severity: 'medium' },
      },
    },
  },
} as const;

/** What the model answers to a request on the whole, for tests and demonstrations. */
export async function tellTruth(call: Call, simulator: Simulator): Promise<Reply> {
  const json = await readJson(call.env.incoming);
  if (!json.ok) return json.error;
  const check = checkChat(json.value, simulator);
  if (!check.ok) return errorReply(check.status, check.error);
  const { model, messages, sampling } = check.question;
  return jsonReply(truthOf(model, simulator.shared, messages, sampling.temperature));
}

export const chatRoutes: readonly Route[] = [
  { method: 'POST', path: '/v1/chat/completions', kind: 'chat', handle: handleChat },
];

async function handleChat(
  call: Call,
  simulator: Simulator,
  fault: RequestFault | null,
): Promise<Reply> {
  const json = await readJson(call.env.incoming);
  if (!json.ok) return json.error;
  const check = checkChat(json.value, simulator);
  if (!check.ok) return errorReply(check.status, check.error);
  const { question } = check;
  const { headers, refusal } = simulator.limiter.admit(question.model.name, tokensAsked(question));
  if (refusal) return refusal;
  if (simulator.latencyMs > 0) await pause(simulator, simulator.latencyMs);
  const ofPrompt = promptFaultOf(question, simulator);
  if (ofPrompt === 'prompt-filter') return { ...jsonReply(filtered, 400), headers };
  const reply = jsonReply(chatCompletion(question, simulator, mishapOf(fault)));
  if (ofPrompt === 'prompt-malformed') {
    return { ...reply, body: reply.body.slice(0, 0.6 * reply.body.length), headers };
  }
  const hash = hashOf(questionDigest(question));
  return {
    ...reply,
    headers,
    onDelivered: () => simulator.stats.paid(hash),
  };
}

function mishapOf(fault: RequestFault | null): Mishap {
  return fault === 'refusal' || fault === 'filter' ? fault : null;
}
