/**
 * Stops a stage whose answers are paid for and of no use: all are invalid at first, or the model has
 * fallen silent.
 */
import { asList, parseObject } from '../checks/json.js';
import { WeighbridgeError } from '../errors.js';
import type { CollectionStage } from '../packs/design.js';
import { reasoningTokens } from './client/completion.js';
import { outcomeOf, readAnswer } from './read-answers.js';
import type { StoredAnswer } from './record/record.js';

/** Stops after this many invalid answers without a valid one. */
const INVALID_AT_FIRST = 20;
/**
 * Later, counts void answers among the last hundred. A model that is silent only occasionally goes
 * on.
 */
const WINDOW = 100;
const VOID_OF_WINDOW = 95;

/** Watches the answers of a stage as they arrive. */
export class AnswerGuard {
  private readonly tally: Tally;
  /** Whether each of the last answers was void. */
  private readonly window: boolean[] = [];
  /** Why the stage has stopped; null while it goes on. */
  stopped: WeighbridgeError | null = null;

  /** @param accepted the accepted answers of the stage, those of earlier runs included */
  constructor(
    private readonly stage: CollectionStage,
    private readonly accepted: () => Iterable<StoredAnswer>,
  ) {
    this.tally = new Tally(stage);
  }

  /** @returns the error that stops the stage, once, at the answer that exceeds the limit */
  note(answer: StoredAnswer, raw: string): WeighbridgeError | null {
    const { tally, window } = this;
    const outcome = tally.count(answer, raw);
    if (outcome !== 'filtered') window.push(outcome === 'void');
    if (window.length > WINDOW) window.shift();
    if (this.stopped || tally.valid > 0) return this.noteSilence();
    if (tally.useless >= INVALID_AT_FIRST) {
      return this.stop(`${tally.useless} answers hold no text, and none is valid`);
    }
    if (tally.invalid < INVALID_AT_FIRST || this.hasValid()) return this.noteSilence();
    return this.stop(`the first ${tally.invalid} answers are all invalid`);
  }

  /**
   * Checks a stage that is too short for the other rules, at its end. A few answers in words may all
   * be invalid by chance; void ones hold nothing.
   */
  atEnd(): WeighbridgeError | null {
    if (this.stopped || this.tally.useless === 0 || this.tally.valid > 0) return null;
    const answers = [...this.accepted()];
    if (answers.some((answer) => outcomeOf(answer) === 'said')) return null;
    return this.stop(`all ${answers.length} answers hold no text`);
  }

  private noteSilence(): WeighbridgeError | null {
    const voids = this.window.filter(Boolean).length;
    if (this.stopped || voids < VOID_OF_WINDOW) return null;
    return this.stop(`${voids} of the last ${this.window.length} answers hold no text`);
  }

  /** True if any accepted answer is valid; then the invalid ones of this run are a stretch of bad luck. */
  private hasValid(): boolean {
    for (const answer of this.accepted()) {
      if (!readAnswer(this.stage, answer, 'lenient').valid) continue;
      this.tally.valid++;
      return true;
    }
    return false;
  }

  private stop(what: string): WeighbridgeError {
    const message = `${this.stage.id}: ${what} ${this.tally.summary()}`;
    this.stopped = new WeighbridgeError('invalid-answers', message, {
      details: { model: this.stage.base.name },
    });
    return this.stopped;
  }
}

/** Counts answers, with the details for the message. */
class Tally {
  valid = 0;
  private void = 0;
  private filtered = 0;
  private said = 0;
  /** Invalid answers by reason, each with an example. */
  private readonly reasons = new Map<string, { count: number; readonly example: string }>();
  private readonly items: Set<string>;
  private readonly filteredItems = new Set<string>();
  private mostReasoningTokens = 0;

  constructor(private readonly stage: CollectionStage) {
    this.items = new Set(stage.trials.map((_, trial) => stage.itemOf(trial)));
  }

  /** Without text. A filter may reject all trials of one or two items without affecting the others. */
  get useless(): number {
    const isAll = this.filteredItems.size >= Math.min(3, this.items.size);
    return this.void + (isAll ? this.filtered : 0);
  }

  get invalid(): number {
    return this.said + this.useless;
  }

  count(answer: StoredAnswer, raw: string): ReturnType<typeof outcomeOf> {
    const outcome = outcomeOf(answer);
    const reading = readAnswer(this.stage, answer, 'lenient');
    if (reading.valid) {
      this.valid++;
      return outcome;
    }
    this[outcome]++;
    if (outcome === 'filtered') this.filteredItems.add(this.stage.itemOf(answer.item));
    const shown = outcome === 'said' ? JSON.stringify(plain(answer.text, 200)) : excerpt(raw);
    const example = `the one to trial ${answer.item} was ${shown} (${reading.detail})`;
    const known = this.reasons.get(reading.reason);
    if (known) known.count++;
    else this.reasons.set(reading.reason, { count: 1, example });
    this.mostReasoningTokens = Math.max(this.mostReasoningTokens, reasoningTokens(raw) ?? 0);
    return outcome;
  }

  /** The reasons, the commonest first and with an example, and what can be done. */
  summary(): string {
    const byCount = [...this.reasons].toSorted(([, a], [, b]) => b.count - a.count);
    const counts = byCount.map(([reason, { count }]) => `${reason} ${count}`).join(', ');
    const example = byCount[0]?.[1].example ?? '';
    const reasoning =
      this.mostReasoningTokens > 0
        ? `; the model spends up to ${this.mostReasoningTokens} tokens of an answer on reasoning: give it room with reasoning_tokens, or serve it without`
        : '';
    const mend =
      this.said < this.useless
        ? 'mend the cause and run again with --retry-invalid'
        : 'change what is asked, in a new study';
    return `(${counts}${reasoning}); ${example}. They are on record; ${mend}, or go on as it is with --keep-going`;
  }
}

/** The start of what the server sent in place of an answer. */
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
