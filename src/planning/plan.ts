/**
 * What all plans share: figures with their Monte Carlo error, targets, and the cheapest design that
 * reaches them.
 */
import { badArgument, described } from '../checks/values.js';
import type { CancelSignal } from '../fit/job.js';
import type { Interval } from '../posterior/intervals.js';

/** A mean over simulations. */
export interface Planned {
  readonly mean: number;
  /** Monte Carlo standard error of the mean. */
  readonly mcse: number;
}

/** The figures of a design over all simulations. */
export interface DesignFigures {
  /** What the analysis estimates. Its mean differs from the assumption by the bias of the analysis. */
  readonly estimate: Planned;
  /** Width of the 95% HDI. */
  readonly width: Planned;
  /** Share of simulations in which the 95% HDI is on the assumed side of zero. */
  readonly power: Planned;
}

/** What a design should reach; of several, all. */
export interface PlanTarget {
  /** Largest mean width of the 95% HDI, above 0. */
  readonly width?: number | undefined;
  /** Least probability of deciding, in (0, 1). */
  readonly power?: number | undefined;
}

export interface PlanProgress {
  /** Number of finished simulations, and their total. */
  readonly done: number;
  readonly total: number;
}

/** Options of every plan. */
export interface PlanRunOptions {
  /** Target; without one, no design is recommended. */
  readonly target?: PlanTarget;
  /** Simulated data sets per design. @default 200 */
  readonly simulations?: number;
  /** An integer or a text. @default 2025 */
  readonly seed?: number | string;
  readonly onProgress?: ((progress: PlanProgress) => void) | undefined;
  readonly signal?: CancelSignal | undefined;
}

/** A plan: all designs, and the recommended one. */
export interface Plan<Design extends DesignFigures> {
  /** In the order of the grid. */
  readonly designs: readonly Design[];
  /** The cheapest design that reaches the target; null if none does, or without a target. */
  readonly recommended: Design | null;
  readonly target: PlanTarget;
  readonly simulations: number;
  /** One sentence each: how certain the recommendation is, and what limits it. */
  readonly notes: readonly string[];
}

/** An estimate with its 95% HDI, from one simulated data set. */
export interface SimulatedEstimate {
  readonly estimate: number;
  readonly hdi: Interval;
}

/** Collects the estimates of one design. */
export class DesignTally {
  readonly #estimates: number[] = [];
  readonly #widths: number[] = [];
  #decided = 0;

  /** @param truth the sign that is to be decided; with 0, either sign counts: a false alarm */
  constructor(private readonly truth: number) {}

  add({ estimate, hdi: [low, high] }: SimulatedEstimate): void {
    this.#estimates.push(estimate);
    this.#widths.push(high - low);
    if ((low > 0 && this.truth >= 0) || (high < 0 && this.truth <= 0)) this.#decided++;
  }

  /** @param failed number of data sets without an estimate, which count as undecided */
  figures(failed = 0): DesignFigures {
    return {
      estimate: meanOf(this.#estimates),
      width: meanOf(this.#widths),
      power: shareOf(this.#decided, this.#widths.length + failed),
    };
  }
}

function meanOf(values: readonly number[]): Planned {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, mcse: Math.sqrt(squares / (n - 1) / n) };
}

/**
 * A share with the error of one success and one failure more (Agresti & Coull 1998, in short): 0 of 200
 * or 200 of 200 are not certain.
 */
function shareOf(count: number, n: number): Planned {
  const p = (count + 1) / (n + 2);
  return { mean: count / n, mcse: Math.sqrt((p * (1 - p)) / n) };
}

/** @throws WeighbridgeError `bad-argument` */
export function requireTarget({ width, power }: PlanTarget): PlanTarget {
  if (width !== undefined && !(width > 0 && Number.isFinite(width))) {
    throw badArgument(`width is ${described(width)}, but must be above 0`, { option: 'width' });
  }
  if (power !== undefined && !(power > 0 && power < 1)) {
    throw badArgument(`power is ${described(power)}, but must be in (0, 1)`, { option: 'power' });
  }
  return { ...(width !== undefined && { width }), ...(power !== undefined && { power }) };
}

/** The whole numbers below `length`. */
export function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

const FEWEST_SIMULATIONS = 20;
const MOST_SIMULATIONS = 100_000;

/** @throws WeighbridgeError `bad-argument` */
export function requireSimulations(simulations: number): number {
  const whole = Number.isSafeInteger(simulations);
  if (whole && simulations >= FEWEST_SIMULATIONS && simulations <= MOST_SIMULATIONS) {
    return simulations;
  }
  throw badArgument(
    `simulations is ${described(simulations)}, but must be a whole number from ${FEWEST_SIMULATIONS} to ${MOST_SIMULATIONS}`,
    { option: 'simulations' },
  );
}

/** @throws WeighbridgeError `bad-argument` for a price that is not a number of at least 0 */
export function requirePrices(prices: object): void {
  for (const [name, price] of Object.entries<unknown>({ ...prices })) {
    if (typeof price === 'number' && price >= 0 && Number.isFinite(price)) continue;
    throw badArgument(`${name} is ${described(price)}, but must be a price of at least 0`, {
      option: name,
    });
  }
}

const MOST_DESIGNS = 500;

/** All combinations of sizes, the last kind of size varying fastest. */
export function gridOf<Size extends string>(
  sizes: Readonly<Record<Size, readonly number[]>>,
): Record<Size, number>[] {
  const kinds = Object.entries<readonly number[]>(sizes);
  for (const [kind, values] of kinds) requireSizes(kind, values);
  const count = kinds.reduce((product, [, values]) => product * values.length, 1);
  if (count > MOST_DESIGNS) {
    throw badArgument(
      `the grid has ${count} designs, but must have at most ${MOST_DESIGNS}: name fewer sizes`,
    );
  }
  const designs = kinds.reduce<Partial<Record<Size, number>>[]>(
    (before, [kind, values]) =>
      before.flatMap((design) => values.map((value) => ({ ...design, [kind]: value }))),
    [{}],
  );
  return designs as Record<Size, number>[];
}

/** @throws WeighbridgeError `bad-argument` */
export function requireSizes(kind: string, values: readonly number[]): void {
  if (values.length === 0) {
    throw badArgument(`${kind} is an empty list, expected at least one number`, { option: kind });
  }
  const wrong = values.find((value) => !Number.isSafeInteger(value) || value < 1);
  if (wrong !== undefined) {
    throw badArgument(`${kind} is ${described(wrong)}, but must be a whole number of at least 1`, {
      option: kind,
    });
  }
  if (new Set(values).size < values.length) {
    throw badArgument(`${kind} has a number twice: ${values.join(', ')}`, { option: kind });
  }
}

interface Verdict<Design> {
  readonly recommended: Design | null;
  readonly notes: readonly string[];
}

/**
 * The cheapest design that reaches the target.
 *
 * @param costOf requests, rows or money
 * @param nameOf a design in words, for the notes
 */
export function verdictOf<Design extends DesignFigures>(
  designs: readonly Design[],
  target: PlanTarget,
  costOf: (design: Design) => number,
  nameOf: (design: Design) => string,
): Verdict<Design> {
  const goals = goalsOf(target);
  if (goals.length === 0) return { recommended: null, notes: [] };
  const reaching = designs
    .filter((design) => goals.every(({ margin }) => margin(design) >= 0))
    .sort((a, b) => costOf(a) - costOf(b));
  const [recommended = null] = reaching;
  if (recommended === null) {
    const notes = goals.flatMap(({ name, margin, text }) => {
      const best = designs.reduce((one, other) => (margin(other) > margin(one) ? other : one));
      return margin(best) >= 0
        ? []
        : [
            `no design of the grid reaches ${name}: the best is ${text(best)}, with ${nameOf(best)}`,
          ];
    });
    if (notes.length > 0) return { recommended, notes };
    const all = goals.map(({ name }) => name).join(' and ');
    return { recommended, notes: [`no design of the grid reaches both ${all}`] };
  }
  const notes = goals.flatMap(({ name, margin, text, error }) =>
    margin(recommended) < 2 * error(recommended)
      ? [
          `the recommended design reaches ${name} by less than two Monte Carlo errors (${text(recommended)}): more simulations decide`,
        ]
      : [],
  );
  return { recommended, notes };
}

interface Goal {
  readonly name: string;
  /** At least 0 if the design reaches the goal. */
  margin(figures: DesignFigures): number;
  error(figures: DesignFigures): number;
  text(figures: DesignFigures): string;
}

function goalsOf({ width: widest, power: least }: PlanTarget): Goal[] {
  return [
    ...(widest === undefined
      ? []
      : [
          {
            name: `a width of ${widest}`,
            margin: ({ width }: DesignFigures) => widest - width.mean,
            error: ({ width }: DesignFigures) => width.mcse,
            text: ({ width }: DesignFigures) => `a width of ${plannedText(width)}`,
          },
        ]),
    ...(least === undefined
      ? []
      : [
          {
            name: `a power of ${least}`,
            margin: ({ power }: DesignFigures) => power.mean - least,
            error: ({ power }: DesignFigures) => power.mcse,
            text: ({ power }: DesignFigures) => `a power of ${plannedText(power)}`,
          },
        ]),
  ];
}

/** `0.134 ± 0.005`: one digit of the error, and two decimals of the mean or more. */
export function plannedText({ mean, mcse }: Planned): string {
  // A single estimate has no known error.
  if (Number.isNaN(mcse)) return mean.toFixed(3);
  const decimals = mcse > 0 ? Math.min(5, Math.max(0, Math.ceil(-Math.log10(mcse)))) : 3;
  return `${mean.toFixed(Math.max(decimals, 2))} ± ${mcse.toFixed(decimals)}`;
}
