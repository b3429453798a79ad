/**
 * From a trial of a stage to the request that asks about it, and from the answer to what is kept.
 */
import { decisionPrompt, introspectionPrompt, systemPrompt } from '../study/prompts.js';
import type { Answer, ChatRequest, FailedAttempt } from './client/chat.js';
import { mostPromptTokens } from './client/estimate.js';
import { costOf, nothing, type Prices, type Spent } from './client/spending.js';
import type { CollectionStage } from './plan.js';
import { outcomeOf } from './read-answers.js';
import type { Asked, StoredAnswer, StudyRecord } from './record/record.js';

/** Room for an object of weights as long as names can make it; a choice is one letter. */
const CHOICE_TOKENS = 5;
const MOST_TOKENS_PER_WEIGHT = 40;

/** The trial that an id of a batch names; null for an id that none of our requests has. */
export function itemWithId(stage: CollectionStage, id: string): number | null {
  const item = Number(id);
  return String(item) === id && stage.trials[item] ? item : null;
}

/** The chat request for one trial. */
export function requestFor(
  stage: CollectionStage,
  item: number,
  model: string,
  logprobs: boolean,
): ChatRequest {
  const trial = stage.trials[item];
  if (!trial) throw new RangeError(`${stage.id} has no trial ${item}`);
  const choice = stage.kind === 'choices';
  const ask = choice ? decisionPrompt : introspectionPrompt;
  return {
    model,
    messages: [
      { role: 'system', content: systemPrompt },
      { role: 'user', content: ask(trial.context, trial) },
    ],
    maxTokens: choice ? CHOICE_TOKENS : MOST_TOKENS_PER_WEIGHT * trial.context.attributes.length,
    logprobs: choice && logprobs,
  };
}

/** Trials of a stage that have no accepted answer. */
export function missingItems(stage: CollectionStage, answered: ReadonlySet<number>): number[] {
  return stage.trials.flatMap((_, item) => (answered.has(item) ? [] : [item]));
}

/** Trials whose accepted answer is void or was kept back by a content filter. */
export function unansweredItems(stage: CollectionStage, record: StudyRecord): Set<number> {
  const items = new Set<number>();
  for (const answer of record.answers(stage.id)) {
    if (outcomeOf(answer) !== 'said') items.add(answer.item);
  }
  return items;
}

/** Trials to be asked: those without an answer, and, where they are to be asked again, void ones. */
export function itemsToAsk(
  stage: CollectionStage,
  record: StudyRecord,
  retryInvalid: boolean | undefined,
): number[] {
  const answered = record.answered(stage.id);
  if (retryInvalid) for (const item of unansweredItems(stage, record)) answered.delete(item);
  return missingItems(stage, answered);
}

export function stored(item: number, model: string, answer: Answer): StoredAnswer {
  const { text, logprobs, finishReason } = answer;
  const [logprobA, logprobB] = [logprobs?.a ?? null, logprobs?.b ?? null];
  return { item, model, text, logprobA, logprobB, finishReason };
}

/** What the budget counts for an answer: the most it can have cost, where the server does not count. */
export function spentOn(
  { spent, usage }: Answer,
  { messages, maxTokens }: ChatRequest,
  prices: Prices | null,
): Spent {
  if (spent) return spent;
  const counted = usage ?? {
    promptTokens: mostPromptTokens(messages),
    completionTokens: maxTokens,
  };
  const tokens = counted.promptTokens + counted.completionTokens;
  return { requests: 1, tokens, usd: costOf(prices, counted) };
}

/** @throws WeighbridgeError `disk-full` */
export function keepFailure(
  record: StudyRecord,
  asked: Asked,
  failed: FailedAttempt,
): Promise<void> {
  return record.failure(asked, failed, failed.spent ?? nothing());
}

export function askedOf(stage: CollectionStage, item: number, request: ChatRequest): Asked {
  const prompt = request.messages.at(-1)?.content ?? '';
  return { stage: stage.id, item, model: request.model, prompt };
}
