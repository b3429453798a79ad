/**
 * Request statistics, for tests that check what a client really asked. Questions are stored as
 * 52-bit hashes, never as text.
 */
import type { FaultName } from './faults.js';

export interface ServerStats {
  /** Requests by route and by status; `cut` if the connection was cut or abandoned. */
  readonly requests: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Billable answers: complete chat completions, and the answers of finished batches. */
  readonly paidAnswers: number;
  /** Billable answers to a question that the same model had already answered in full. */
  readonly repeatedAnswers: number;
  readonly faults: Readonly<Partial<Record<FaultName, number>>>;
  readonly inFlight: number;
  readonly mostInFlight: number;
}

export interface StatsKeeper {
  started(): void;
  ended(route: string, outcome: number | 'cut'): void;
  /** @param question hash of model and prompt */
  paid(question: number): void;
  stats(): ServerStats;
  repeats(): readonly Repeat[];
}

/** A question answered in full more than once. */
interface Repeat {
  readonly question: string;
  readonly times: number;
}

export function statsKeeper(faults: () => ServerStats['faults']): StatsKeeper {
  const requests: Record<string, Record<string, number>> = {};
  const answered = new Set<number>();
  const repeated = new Map<number, number>();
  let paidAnswers = 0;
  let inFlight = 0;
  let mostInFlight = 0;
  return {
    started() {
      inFlight++;
      mostInFlight = Math.max(mostInFlight, inFlight);
    },
    ended(route, outcome) {
      inFlight--;
      requests[route] ??= {};
      const ofRoute = requests[route];
      ofRoute[outcome] = (ofRoute[outcome] ?? 0) + 1;
    },
    paid(question) {
      paidAnswers++;
      if (answered.has(question)) repeated.set(question, (repeated.get(question) ?? 1) + 1);
      else answered.add(question);
    },
    stats: () => ({
      requests: structuredClone(requests),
      paidAnswers,
      repeatedAnswers: paidAnswers - answered.size,
      faults: faults(),
      inFlight,
      mostInFlight,
    }),
    repeats: () =>
      [...repeated].map(([question, times]) => ({
        question: question.toString(16).padStart(13, '0'),
        times,
      })),
  };
}
