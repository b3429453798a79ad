/**
 * How many tokens a prompt has, without a tokenizer: a likely number for plans and for pacing, and
 * a number that is never passed for the budget.
 */
import { systemPrompt } from '../../study/prompts.js';
import type { ChatMessage } from './chat.js';

/**
 * Characters a token, measured with OpenAI's o200k_base on the paper's prompts. Decision prompts
 * are half numbers; introspection prompts begin with a long sentence, which packs better.
 */
const DECISION_CHARACTERS_PER_TOKEN = 3.4;
const INTROSPECTION_CHARACTERS_PER_TOKEN = 3.85;
const INTROSPECTION_HEAD = '[INTROSPECTION TASK]';
const SYSTEM_PROMPT_TOKENS = 15;
/** What the chat format puts around each message, and before the reply. */
const TOKENS_PER_MESSAGE = 4;
const TOKENS_OF_REPLY = 3;

/** What the prompt will probably be counted as. */
export function estimatePromptTokens(messages: readonly ChatMessage[]): number {
  let tokens = TOKENS_OF_REPLY;
  for (const { content } of messages) tokens += TOKENS_PER_MESSAGE + contentTokens(content);
  return Math.ceil(tokens);
}

function contentTokens(content: string): number {
  if (content === systemPrompt) return SYSTEM_PROMPT_TOKENS;
  const perToken = content.startsWith(INTROSPECTION_HEAD)
    ? INTROSPECTION_CHARACTERS_PER_TOKEN
    : DECISION_CHARACTERS_PER_TOKEN;
  return content.length / perToken;
}

/** Marks of role, begin and end; templates of open models say more than OpenAI's three. */
const MOST_TOKENS_PER_MESSAGE = 8;
/** What a template may add by itself: Llama 3's states two dates in some 25 tokens. */
const MOST_TOKENS_OF_TEMPLATE = 64;

/**
 * What the prompt can be counted as at most: a token of a byte-level vocabulary, or of one that
 * falls back on bytes, is never less than a byte.
 */
export function mostPromptTokens(messages: readonly ChatMessage[]): number {
  let tokens = MOST_TOKENS_OF_TEMPLATE;
  for (const { content } of messages) {
    tokens += MOST_TOKENS_PER_MESSAGE + Buffer.byteLength(content);
  }
  return tokens;
}
