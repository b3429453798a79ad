/**
 * Explanations and what they are scored by: what a model says would happen to an answer if a part of
 * the input were removed, beside the two measured answers. One row per item, model asked, explainer and
 * condition.
 */

/** What an explainer says would happen to the answer without the part. */
export interface Prediction {
  readonly changed: boolean;
  /** The answer without the part: a label. */
  readonly answer: string;
}

/** The measured answers of a model to one item. */
export interface Measured {
  readonly item: string;
  /** The model that was asked. */
  readonly target: string;
  readonly withPart: string;
  readonly without: string;
  /**
   * By how many nats the log-probability of the answer with the part falls when the part is removed;
   * null without log-probabilities.
   */
  readonly effect: number | null;
}

/** The circumstances of an explanation. */
export interface Arm {
  /** The model whose answers are explained. */
  readonly target: string;
  /** The model that explains, or the name of a baseline. */
  readonly explainer: string;
  /** Number of worked examples in the prompt. */
  readonly shots: number;
  /** Number of measured answers that the explainer was trained on; 0: untrained. */
  readonly trainedOn: number;
}

export interface Explanation extends Arm {
  readonly measured: Measured;
  /** The draw of worked examples; null without. */
  readonly bank: string | null;
  /** Null: no valid answer. */
  readonly prediction: Prediction | null;
}

interface Scores {
  /** Right about whether the answer changes. */
  readonly hasChanged: boolean;
  /** Names the answer without the part. */
  readonly content: boolean;
  /** Both. */
  readonly exact: boolean;
}

export function changes({ withPart, without }: Measured): boolean {
  return withPart !== without;
}

/** An invalid answer scores nothing. */
export function scoresOf({ prediction, measured }: Explanation): Scores {
  const hasChanged = prediction?.changed === changes(measured);
  const content = prediction?.answer === measured.without;
  return { hasChanged, content, exact: hasChanged && content };
}

/** The arm in words: `gpt-5-mini, 4 examples, trained on 400`. */
export function armName({ explainer, shots, trainedOn }: Omit<Arm, 'target'>): string {
  const parts = [explainer];
  if (shots > 0) parts.push(`${shots} examples`);
  if (trainedOn > 0) parts.push(`trained on ${trainedOn}`);
  return parts.join(', ');
}

/** Rows by a key, in order of first appearance. */
export function groupBy<T>(rows: readonly T[], key: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const name = key(row);
    const group = groups.get(name);
    if (group) group.push(row);
    else groups.set(name, [row]);
  }
  return groups;
}

/** Rows by target and arm. */
export function byArm(rows: readonly Explanation[]): Explanation[][] {
  return [...groupBy(rows, (row) => `${row.target}\n${armName(row)}`).values()];
}
