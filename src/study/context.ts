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
