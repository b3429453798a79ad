/** Builds the chat request of a trial, and the stored form of its answer. */
import type { AnswersSoFar, AnswerValue, CollectionStage, Stage } from '../packs/design.js';
import type { Answer, ChatRequest, FailedAttempt } from './client/chat.js';
import { zeroSpent } from './client/spending.js';
import { hasFailed, outcomeOf, readAnswer } from './read-answers.js';
import type { Asked, StoredAnswer, StudyRecord } from './record/record.js';

/** The trial with this batch id; null if there is none. */
export function itemWithId(stage: CollectionStage, id: string): number | null {
  const item = Number(id);
  return String(item) === id && stage.trials[item] ? item : null;
}

/** The chat request for one trial. */
export function requestFor(
  stage: CollectionStage,
  item: number,
  model: string,
  answers: AnswersSoFar,
): ChatRequest {
  return { ...stage.ask(item, answers), model };
}

/** The valid answers on record, by stage; each stage is read once. */
export function answersSoFar(
  stages: readonly Stage[],
  record: Pick<StudyRecord, 'answers'> | null,
): AnswersSoFar {
  const read = new Map<string, ReadonlyMap<number, AnswerValue>>();
  return (id) => {
    const known = read.get(id);
    if (known) return known;
    const values = new Map<number, AnswerValue>();
    const stage = stages.find((one) => one.id === id);
    if (record && stage && stage.kind !== 'training') {
      for (const answer of record.answers(id)) {
        const reading = readAnswer(stage, answer, 'lenient');
        if (reading.valid) values.set(answer.item, reading.value);
      }
    }
    read.set(id, values);
    return values;
  };
}

/** Trials of a stage that have no accepted answer. */
export function missingItems(stage: CollectionStage, answered: ReadonlySet<number>): number[] {
  return Array.from(stage.trials.keys()).filter((item) => !answered.has(item));
}

/** Trials whose accepted answer is void or was stopped by a content filter. */
export function unansweredItems(stage: CollectionStage, record: StudyRecord): Set<number> {
  const items = new Set<number>();
  for (const answer of record.answers(stage.id)) {
    if (outcomeOf(answer) !== 'said') items.add(answer.item);
  }
  return items;
}

/** Which answered trials are asked again. */
export interface AskAgain {
  /** Those whose prompt was refused, or whose answers could not be read. @default false */
  readonly retryFailed?: boolean | undefined;
  /** Those, and all others whose answer is void or filtered. @default false */
  readonly retryInvalid?: boolean | undefined;
}

/** Trials to ask: those without an answer, and those that are asked again. */
export function itemsToAsk(
  stage: CollectionStage,
  record: StudyRecord,
  { retryFailed = false, retryInvalid = false }: AskAgain,
): number[] {
  const answered = record.answered(stage.id);
  if (retryFailed || retryInvalid) {
    for (const answer of record.answers(stage.id)) {
      const isAgain = retryInvalid ? outcomeOf(answer) !== 'said' : hasFailed(answer);
      if (isAgain) answered.delete(answer.item);
    }
  }
  return missingItems(stage, answered);
}

/** The answer that a new one replaces, or the first. */
export function acceptance({ retryFailed, retryInvalid }: AskAgain): 'first' | 'replace' {
  return retryFailed || retryInvalid ? 'replace' : 'first';
}

export function stored(item: number, model: string, answer: Answer): StoredAnswer {
  const { text, logprobs, finishReason, usage } = answer;
  const completionTokens = usage?.completionTokens ?? null;
  const reasoningTokens = usage?.reasoningTokens ?? null;
  return { item, model, text, logprobs, finishReason, completionTokens, reasoningTokens };
}

/** @throws WeighbridgeError `disk-full` */
export function keepFailure(
  record: StudyRecord,
  asked: Asked,
  failed: FailedAttempt,
): Promise<void> {
  return record.failure(asked, failed, failed.spent ?? zeroSpent());
}

export function askedOf(stage: CollectionStage, item: number, request: ChatRequest): Asked {
  const prompt = request.messages.at(-1)?.content ?? '';
  return { stage: stage.id, item, model: request.model, prompt };
}
