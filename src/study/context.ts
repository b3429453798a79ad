/**
 * A decision context: an agent is asked which of two options it prefers, each described by a value
 * for every attribute (Plunkett et al. 2025, §2.1).
 */
export interface Attribute {
  readonly name: string;
  /** Declared range; max > min. */
  readonly min: number;
  readonly max: number;
  /** What its values are counted in; prompts show it, the authors' contexts file does not hold it. */
  readonly units?: string;
}

export interface Context {
  /** Short name, unique in a study. */
  readonly name: string;
  /** What the agent is asked, agent included. */
  readonly question: string;
  readonly attributes: readonly Attribute[];
}

/** A choice between two options: their attribute values in the context's order. */
export interface Choice {
  readonly context: string;
  readonly choseA: boolean;
  readonly a: readonly number[];
  readonly b: readonly number[];
  /** P(A) among A and B as the model gave it, from 0 to 1; absent where the server gave none. */
  readonly probabilityA?: number;
}

/** One answer to the question how heavily each attribute weighs, from -100 to 100. */
export interface WeightReport {
  readonly context: string;
  readonly weights: readonly number[];
}

const LARGEST_VALUE = 1e100;
/** Values have as many decimals as their range asks for, 100 at most. */
const SMALLEST_RANGE = 1e-90;
/** As a share of its larger end: the 15 digits of a number must tell values apart. */
const SMALLEST_SHARE = 1e-12;

/**
 * What a range would have to be for values to be drawn in it, printed and compared; null where it
 * is. Beyond these bounds a prompt shows `inf`, and differences are lost without a word.
 */
export function expectedOfRange(min: number, max: number): string | null {
  if (Math.max(Math.abs(min), Math.abs(max)) > LARGEST_VALUE) {
    return `values within ±${LARGEST_VALUE}`;
  }
  const least = Math.max(SMALLEST_RANGE, SMALLEST_SHARE * Math.max(Math.abs(min), Math.abs(max)));
  if (max - min < least) return `a maximum at least ${least} above the minimum`;
  return null;
}

/** d_i = (A_i − B_i) / (max_i − min_i): what option A has over B, in ranges. */
export function normalizedDifferences(
  context: Context,
  { a, b }: Pick<Choice, 'a' | 'b'>,
): number[] {
  return context.attributes.map(({ min, max }, i) => ((a[i] ?? 0) - (b[i] ?? 0)) / (max - min));
}

/** Σ w_i d_i: how much better A is than B to an agent with these weights. */
export function utilityDifference(
  weights: ArrayLike<number>,
  differences: readonly number[],
): number {
  return differences.reduce((sum, difference, i) => sum + (weights[i] ?? 0) * difference, 0);
}
