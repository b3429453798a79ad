/**
 * Fault injection. Which attempt is hit is decided by a seeded stream over a count of requests:
 * the same server produces the same faults again, and a retry of a question gets a new draw. Faults
 * of a prompt are decided by its text: every attempt meets them.
 */
import { WeighbridgeError } from '../../errors.js';
import { digestOf, uniformOf } from './randomness.js';

/** Faults of a request, by their names on the command line. */
export const requestFaults = {
  '429': 'too many requests, with Retry-After',
  '429-bare': 'too many requests, without a word on when to come back',
  '500': 'an internal error',
  cut: 'the connection is cut before any byte of the answer',
  'cut-body': 'the connection is cut in the middle of the answer',
  drip: 'the answer comes in small pieces, slowly',
  malformed: 'the answer ends in the middle of its JSON, with status 200',
  slow: 'the answer takes its time',
  refusal: 'the model refuses in words (chat completions)',
  filter: 'a content filter stops the answer (chat completions)',
} as const;

/** Faults of background work. */
export const workFaults = {
  job: 'the fine-tuning job fails',
  'batch-line': 'a line of a batch fails',
} as const;

/** Faults of a prompt in chat completions, on every attempt. */
export const promptFaults = {
  'prompt-filter': 'a content filter refuses the prompt, each time it is sent',
  'prompt-malformed': 'the answer ends in the middle of its JSON, each time the prompt is sent',
} as const;

export type RequestFault = keyof typeof requestFaults;
export type PromptFault = keyof typeof promptFaults;
export type FaultName = RequestFault | PromptFault | keyof typeof workFaults;

/** The probability of each fault per attempt, or per prompt. */
export type Faults = Readonly<Partial<Record<FaultName, number>>>;

export const faultNames = Object.keys({
  ...requestFaults,
  ...promptFaults,
  ...workFaults,
}) as FaultName[];

/** A mixture of the faults that a client should retry; `share` of all requests in total. */
export function mixedFaults(share: number): Faults {
  const mixed = ['429', '429-bare', '500', 'cut', 'cut-body', 'malformed'] as const;
  return Object.fromEntries(mixed.map((name) => [name, share / mixed.length]));
}

const onlyInChat: readonly FaultName[] = ['refusal', 'filter'];

export interface FaultSource {
  /** Draws the fault of the next request, if any. */
  request(kind: 'chat' | 'other'): RequestFault | null;
  /** The fault of a prompt, if any. */
  prompt(text: string): PromptFault | null;
  /** Draws the outcome of the next background work: true if it fails. */
  work(name: keyof typeof workFaults): boolean;
  /** How often each fault has occurred so far. */
  counts(): Partial<Record<FaultName, number>>;
}

/**
 * @param filterWords prompts that contain one of these words, in any case, meet `prompt-filter`
 * @throws WeighbridgeError `bad-argument` if probabilities are invalid
 */
export function faultSource(
  faults: Faults,
  seed: number,
  filterWords: readonly string[] = [],
): FaultSource {
  requireProbabilities(faults);
  const counts: Partial<Record<FaultName, number>> = {};
  let attempts = 0;
  const count = <T extends FaultName>(name: T): T => {
    counts[name] = (counts[name] ?? 0) + 1;
    return name;
  };
  const roll = () => uniformOf(digestOf(seed, 'fault', attempts++), 0);
  const filtered = filterWords.map((word) => word.toLowerCase());
  return {
    prompt(text) {
      const lower = filtered.length > 0 ? text.toLowerCase() : '';
      if (filtered.some((word) => lower.includes(word))) return count('prompt-filter');
      const hit = fallingOn(promptNames, faults, () =>
        uniformOf(digestOf(seed, 'prompt fault', text), 0),
      );
      return hit && count(hit);
    },
    request(kind) {
      const hit = fallingOn(requestNames, faults, roll);
      return !hit || (kind === 'other' && onlyInChat.includes(hit)) ? null : count(hit);
    },
    work(name) {
      const share = faults[name] ?? 0;
      if (share === 0 || roll() >= share) return false;
      count(name);
      return true;
    },
    counts: () => ({ ...counts }),
  };
}

const requestNames = Object.keys(requestFaults) as RequestFault[];
const promptNames = Object.keys(promptFaults) as PromptFault[];

/** The fault on whose share a uniform number falls; it is drawn only if there are any. */
function fallingOn<T extends FaultName>(
  names: readonly T[],
  faults: Faults,
  draw: () => number,
): T | null {
  const possible = names.filter((name) => (faults[name] ?? 0) > 0);
  if (possible.length === 0) return null;
  let left = draw();
  for (const name of possible) {
    left -= faults[name] ?? 0;
    if (left < 0) return name;
  }
  return null;
}

function requireProbabilities(faults: Faults): void {
  for (const [name, share] of Object.entries(faults)) {
    if (!faultNames.some((known) => known === name)) {
      throw new WeighbridgeError(
        'bad-argument',
        `there is no fault named ${name}: expected one of ${faultNames.join(', ')}`,
      );
    }
    if (!(share >= 0 && share <= 1)) {
      throw new WeighbridgeError('bad-argument', `fault ${name}=${share}: expected 0 to 1`);
    }
  }
  requireAtMostOne('a request', requestNames, faults);
  requireAtMostOne('a prompt', promptNames, faults);
}

function requireAtMostOne(what: string, names: readonly FaultName[], faults: Faults): void {
  const total = names.reduce((sum, name) => sum + (faults[name] ?? 0), 0);
  if (total > 1 + 1e-9) {
    throw new WeighbridgeError(
      'bad-argument',
      `the faults of ${what} add up to ${total}: expected at most 1`,
    );
  }
}
