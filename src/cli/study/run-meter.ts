/** How a run comes on: answers a second, money, and the time that is left. */
import type { StageEstimate } from '../../harness/estimate-study.js';
import type { StageProgress } from '../../harness/run-study.js';
import { type Cost, costInUsd, estimatedCost, money } from './money.js';
import { whole } from './tables.js';

interface MeterOptions {
  /** Answers of the whole study, those on record included. */
  readonly total: number;
  readonly estimate: readonly StageEstimate[];
  /** What the study has cost by now. */
  readonly spent: () => Cost;
  /** Answers of a batch arrive together, so that their rate says nothing. */
  readonly isBatch: boolean;
  /** In milliseconds. @default performance.now */
  readonly now?: () => number;
}

/** The rate is that of the last half minute. */
const WINDOW_MS = 30_000;
/** Two answers may arrive together: a rate needs some time. */
const SHORTEST_MS = 1000;

/** The estimate is corrected by what this many answers of a run have cost. */
const ENOUGH_ANSWERS = 20;

export class RunMeter {
  private readonly now: () => number;
  private readonly doneAtStart: number;
  private readonly before: Cost;
  /** Collected in this run, by stage. */
  private readonly collected = new Map<string, number>();
  /** Trainings of which no model has answered yet. */
  private readonly trainings: Set<string>;
  /** Answers of this run, about once a second; the oldest first. */
  private samples: { readonly at: number; readonly answers: number }[];

  constructor(private readonly options: MeterOptions) {
    const { estimate, total, spent, now = () => performance.now() } = options;
    this.now = now;
    this.doneAtStart = total - sum(estimate, ({ requests }) => requests);
    this.trainings = new Set(
      estimate.flatMap(({ kind, stage, inputTokens }) =>
        kind === 'training' && inputTokens > 0 ? [stage] : [],
      ),
    );
    this.before = spent();
    this.samples = [{ at: now(), answers: 0 }];
  }

  note({ stage, done, total, training }: StageProgress): void {
    if (training) return;
    for (const needed of stage.needs) this.trainings.delete(needed);
    const planned = this.options.estimate.find((one) => one.stage === stage.id)?.requests ?? 0;
    this.collected.set(stage.id, planned - (total - done));
    const at = this.now();
    const last = this.samples.at(-1);
    if (!last || at - last.at >= SHORTEST_MS) this.samples.push({ at, answers: this.answers });
  }

  /** One line: `1,200 of 40,000 answers, 35 a second, 1.20 of about 43.20 USD, 18 min left`. */
  text(): string {
    const { total } = this.options;
    const done = this.doneAtStart + this.answers;
    const rate = this.rate();
    const parts = [`${whole(done)} of ${whole(total)} answers`];
    if (rate !== null) parts.push(rateText(rate));
    parts.push(this.money());
    if (rate && done < total) {
      const trainings = this.trainings.size > 0 ? ' and trainings' : '';
      parts.push(`${timeText((total - done) / rate)}${trainings} left`);
    }
    return parts.join(', ');
  }

  private get answers(): number {
    return sum([...this.collected.values()], (one) => one);
  }

  /** Answers a second; null if not known yet. */
  private rate(): number | null {
    const at = this.now();
    this.samples = this.samples.filter(
      (sample, i, all) => i === all.length - 1 || at - sample.at <= WINDOW_MS,
    );
    const [first] = this.samples;
    if (this.options.isBatch || !first || this.answers === 0) return null;
    const elapsed = at - first.at;
    return elapsed < SHORTEST_MS ? null : (1000 * (this.answers - first.answers)) / elapsed;
  }

  /** Spent by the study, and its likely sum at the end. */
  private money(): string {
    const { estimate, spent } = this.options;
    const now = spent();
    if (!now.isWhole || !estimatedCost(estimate).isWhole) {
      return costInUsd({ ...now, isWhole: false });
    }
    const toCome = this.toCome(now.usd - this.before.usd);
    const of = toCome > 0 ? ` of about ${money(now.usd + toCome)}` : '';
    return `${money(now.usd)}${of} USD`;
  }

  /** @param actual what this run has cost */
  private toCome(actual: number): number {
    const { estimate } = this.options;
    const collected = (stage: StageEstimate) => this.collected.get(stage.stage) ?? 0;
    const each = ({ usd, requests }: StageEstimate) => (requests > 0 ? (usd ?? 0) / requests : 0);
    const expected = sum(estimate, (stage) => collected(stage) * each(stage));
    const left = sum(estimate, (stage) => (stage.requests - collected(stage)) * each(stage));
    const training = estimate.filter(({ stage }) => this.trainings.has(stage));
    // With a training in the run, what it cost cannot be told from what answers cost.
    const isComparable = estimate.every(({ kind, usd }) => kind !== 'training' || usd === 0);
    const factor = isComparable && expected > 0 && this.answers >= ENOUGH_ANSWERS;
    return (factor ? actual / expected : 1) * left + sum(training, ({ usd }) => usd ?? 0);
  }
}

function sum<T>(list: readonly T[], of: (one: T) => number): number {
  return list.reduce((total, one) => total + of(one), 0);
}

function rateText(perSecond: number): string {
  if (perSecond > 0 && perSecond < 1) return `${(60 * perSecond).toPrecision(2)} a minute`;
  return `${perSecond < 10 ? perSecond.toFixed(1) : whole(perSecond)} a second`;
}

function timeText(seconds: number): string {
  if (seconds < 120) return `${Math.ceil(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} hours`;
}
