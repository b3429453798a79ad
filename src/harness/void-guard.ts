/**
 * Stops a stage whose model answers nothing: every answer is paid for, and none can be used.
 */
import { WeighbridgeError } from '../errors.js';
import { reasoningTokens } from './client/completion.js';
import { asList, parseObject } from './client/json.js';
import type { CollectionStage } from './plan.js';
import { outcomeOf, readChoice, readReport, trialOf } from './read-answers.js';
import type { StoredAnswer } from './record/record.js';

/** So many void answers with no valid one beside them are enough. */
const VOID_AT_FIRST = 20;
/** Later on: so many of the last hundred. A model that is silent now and then goes on. */
const WINDOW = 100;
const VOID_OF_WINDOW = 95;

export interface VoidGuard {
  /** @returns why the stage stops, once, with the answer that is one too many */
  note(answer: StoredAnswer, raw: string): WeighbridgeError | null;
  /** Why the stage has stopped; null while it goes on. */
  readonly stopped: WeighbridgeError | null;
  /**
   * At the end of a stage that is too short for the other rules.
   * @param all the accepted answers of the stage
   */
  atEnd(all: () => Iterable<StoredAnswer>): WeighbridgeError | null;
}

export function openVoidGuard(stage: CollectionStage): VoidGuard {
  const seen = openTally(stage);
  const window: boolean[] = [];
  let stopped: WeighbridgeError | null = null;
  const stop = (what: string) => {
    stopped = new WeighbridgeError('void-answers', `${stage.id}: ${what} ${seen.story()}`);
    return stopped;
  };
  return {
    get stopped() {
      return stopped;
    },
    note(answer, raw) {
      const outcome = seen.count(answer, raw);
      if (outcome !== 'filtered') window.push(outcome === 'void');
      if (window.length > WINDOW) window.shift();
      if (stopped) return null;
      if (seen.valid === 0 && seen.useless() >= VOID_AT_FIRST) {
        return stop(`${seen.useless()} answers hold no text, and none is valid`);
      }
      const silent = window.filter(Boolean).length;
      if (silent < VOID_OF_WINDOW) return null;
      return stop(`${silent} of the last ${window.length} answers hold no text`);
    },
    atEnd(all) {
      if (stopped || seen.useless() === 0 || seen.valid > 0) return null;
      const answers = [...all()];
      if (answers.some((answer) => outcomeOf(answer) === 'said')) return null;
      return stop(`all ${answers.length} answers hold no text`);
    },
  };
}

/** The response, and what could be read from it. */
function openTally(stage: CollectionStage) {
  const read = stage.kind === 'choices' ? readChoice : readReport;
  const finishes = new Map<string, number>();
  const contexts = new Set(stage.trials.map(({ context }) => context.name));
  const filteredContexts = new Set<string>();
  let filtered = 0;
  let mostThoughts = 0;
  let example = '';
  return {
    void: 0,
    valid: 0,
    count(answer: StoredAnswer, raw: string) {
      const outcome = outcomeOf(answer);
      if (outcome === 'said') {
        if (read(stage, answer, 'lenient').valid) this.valid++;
        return outcome;
      }
      if (outcome === 'void') this.void++;
      else {
        filtered++;
        filteredContexts.add(trialOf(stage, answer).context.name);
      }
      const finish = plain(answer.finishReason ?? 'unknown', 40);
      finishes.set(finish, (finishes.get(finish) ?? 0) + 1);
      mostThoughts = Math.max(mostThoughts, reasoningTokens(raw) ?? 0);
      example = `the one to trial ${answer.item} was ${excerpt(raw)}`;
      return outcome;
    },
    /** A filter may refuse all trials of a context or two: it says nothing of the others. */
    useless(): number {
      const isAll = filteredContexts.size >= Math.min(3, contexts.size);
      return this.void + (isAll ? filtered : 0);
    },
    story(): string {
      const reasons = [...finishes].map(([reason, count]) => `${reason} ${count}`).join(', ');
      const thoughts =
        mostThoughts > 0
          ? `; the model spends up to ${mostThoughts} tokens of an answer on reasoning: serve it without`
          : '';
      return `(finish reasons: ${reasons}${thoughts}); ${example}. They are on record; mend the cause and run again with --retry-invalid, or with --keep-void to go on as it is`;
    },
  };
}

/** What the server sent in place of an answer, in a few words. */
function excerpt(raw: string): string {
  const body = parseObject(raw);
  const part = asList(body?.choices)[0] ?? body?.error ?? body;
  try {
    return plain(JSON.stringify(part), 200);
  } catch {
    // Nested too deep to be written.
    return plain(raw, 200);
  }
}

function plain(text: string, longest: number): string {
  const line = text.slice(0, longest).replace(/[\s\p{C}]+/gu, ' ');
  return text.length > longest ? `${line}…` : line;
}
