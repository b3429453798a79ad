/** Estimates the number of tokens of a prompt without a tokenizer, for plans and for pacing. */
import { systemPrompt } from '../study/prompts.js';
import type { ChatMessage } from '../study/stimuli.js';

/**
 * Characters per token, measured with OpenAI's o200k_base on the paper's prompts. Decision prompts
 * are half numbers; introspection prompts begin with a long sentence, which takes fewer tokens.
 */
const DECISION_CHARACTERS_PER_TOKEN = 3.4;
const INTROSPECTION_CHARACTERS_PER_TOKEN = 3.85;
const INTROSPECTION_HEAD = '[INTROSPECTION TASK]';
const SYSTEM_PROMPT_TOKENS = 15;
/** Added by the chat format to each message, and before the reply. */
const TOKENS_PER_MESSAGE = 4;
const TOKENS_OF_REPLY = 3;

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
