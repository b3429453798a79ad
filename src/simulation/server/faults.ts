/**
 * Trouble on request. Which attempt is hit is decided by a seeded stream over a count of requests:
 * the same server gives the same trouble again, and the same question asked again has new luck.
 */
import { WeighbridgeError } from '../../errors.js';
import { digestOf, uniformOf } from './luck.js';

/** What can go wrong with a request, by its name on the command line. */
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

/** What can go wrong with work in the background. */
export const workFaults = {
  job: 'the fine-tuning job fails',
  'batch-line': 'a line of a batch fails',
} as const;

export type RequestFault = keyof typeof requestFaults;
export type FaultName = RequestFault | keyof typeof workFaults;

/** The probability of each fault, in each attempt. */
export type Faults = Readonly<Partial<Record<FaultName, number>>>;

export const faultNames = Object.keys({ ...requestFaults, ...workFaults }) as FaultName[];

/** The faults that a client should mend by trying again, `share` of all requests in all. */
export function mixedFaults(share: number): Faults {
  const mixed = ['429', '429-bare', '500', 'cut', 'cut-body', 'malformed'] as const;
  return Object.fromEntries(mixed.map((name) => [name, share / mixed.length]));
}

const onlyInChat: readonly FaultName[] = ['refusal', 'filter'];

export interface FaultSource {
  /** The trouble that the next request has, if any. */
  request(kind: 'chat' | 'other'): RequestFault | null;
  /** Whether the next piece of work in the background fails. */
  work(name: keyof typeof workFaults): boolean;
  /** How often each fault was given so far. */
  counts(): Partial<Record<FaultName, number>>;
}

/** @throws WeighbridgeError `bad-argument` where probabilities are none */
export function faultSource(faults: Faults, seed: number): FaultSource {
  requireProbabilities(faults);
  const counts: Partial<Record<FaultName, number>> = {};
  let attempts = 0;
  const count = <T extends FaultName>(name: T): T => {
    counts[name] = (counts[name] ?? 0) + 1;
    return name;
  };
  const roll = () => uniformOf(digestOf(seed, 'fault', attempts++), 0);
  const names = Object.keys(requestFaults) as RequestFault[];
  const possible = names.filter((name) => (faults[name] ?? 0) > 0);
  return {
    request(kind) {
      if (possible.length === 0) return null;
      let left = roll();
      for (const name of possible) {
        left -= faults[name] ?? 0;
        if (left < 0) return kind === 'other' && onlyInChat.includes(name) ? null : count(name);
      }
      return null;
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

function requireProbabilities(faults: Faults): void {
  let total = 0;
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
    if (name in requestFaults) total += share;
  }
  if (total > 1 + 1e-9) {
    throw new WeighbridgeError(
      'bad-argument',
      `the faults of a request add up to ${total}: expected at most 1`,
    );
  }
}
