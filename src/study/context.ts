/**
 * A decision context: an agent is asked which of two options it prefers, each described by a
 * value for every attribute (Plunkett et al. 2025, §2.1).
 */
export interface Attribute {
  readonly name: string;
  /** Declared range; max > min. */
  readonly min: number;
  readonly max: number;
  /** Units of the values. Prompts show them; the authors' contexts file does not contain them. */
  readonly units?: string;
}

export interface Context {
  /** Short name, unique in a study. */
  readonly name: string;
  /** The question put to the agent, including the agent. */
  readonly question: string;
  readonly attributes: readonly Attribute[];
}

/** A choice between two options: their attribute values in the context's order. */
export interface Choice {
  readonly context: string;
  readonly choseA: boolean;
  readonly a: readonly number[];
  readonly b: readonly number[];
  /** P(A) among A and B as reported by the server, from 0 to 1; absent if not reported. */
  readonly probabilityA?: number;
}

/** One answer to how heavily each attribute weighs, from -100 to 100. */
export interface WeightReport {
  readonly context: string;
  readonly weights: readonly number[];
}

const LARGEST_VALUE = 1e100;
/** The number of decimals depends on the range and is at most 100. */
const SMALLEST_RANGE = 1e-90;
/**
 * Smallest range as a share of its larger end: values must differ within the 15 digits of a
 * number.
 */
const SMALLEST_SHARE = 1e-12;

/**
 * Describes the range required so that values can be drawn, printed and compared; null if the
 * range is valid. Beyond these bounds a prompt shows `inf`, and differences are silently lost.
 */
export function expectedOfRange(min: number, max: number): string | null {
  if (Math.max(Math.abs(min), Math.abs(max)) > LARGEST_VALUE) {
    return `values within ±${LARGEST_VALUE}`;
  }
  const least = Math.max(SMALLEST_RANGE, SMALLEST_SHARE * Math.max(Math.abs(min), Math.abs(max)));
  if (max - min < least) return `a maximum at least ${least} above the minimum`;
  return null;
}

/** (A_i − B_i) / scale_i: the advantage of option A over B, in units of the scales. */
export function differencesIn(
  { a, b }: Pick<Choice, 'a' | 'b'>,
  scales: readonly number[],
): number[] {
  return scales.map((scale, i) => ((a[i] ?? 0) - (b[i] ?? 0)) / scale);
}

/** d_i = (A_i − B_i) / (max_i − min_i): the advantage of option A over B, in ranges. */
export function normalizedDifferences(
  { attributes }: Context,
  options: Pick<Choice, 'a' | 'b'>,
): number[] {
  return differencesIn(
    options,
    attributes.map(({ min, max }) => max - min),
  );
}

/** Σ w_i d_i: the utility of A minus that of B, for an agent with these weights. */
export function utilityDifference(
  weights: ArrayLike<number>,
  differences: readonly number[],
): number {
  return differences.reduce((sum, difference, i) => sum + (weights[i] ?? 0) * difference, 0);
}

/** One list of records per context, in the order of `all`. */
export function grouped<From extends { readonly context: string }, To>(
  all: Iterable<From>,
  recordOf: (one: From) => To,
): Record<string, To[]> {
  const groups = new Map<string, To[]>();
  for (const one of all) {
    const group = groups.get(one.context);
    if (group) group.push(recordOf(one));
    else groups.set(one.context, [recordOf(one)]);
  }
  return Object.fromEntries(groups);
}
