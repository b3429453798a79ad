/**
 * A check after the preference training: do choices in the instilled contexts agree with the target
 * weights better than chance? If not, no report can be right about weights that do not govern the
 * choices, and whatever is spent on introspection is wasted.
 */
import { WeighbridgeError } from '../../errors.js';
import { normalizedDifferences, utilityDifference } from '../../study/context.js';
import type { Trial } from '../../study/stimuli.js';
import type { AnswerValue } from '../design.js';

interface ChoiceAgreement {
  /** Valid choices, and those of the option with the higher utility under the target weights. */
  readonly choices: number;
  readonly agreeing: number;
  readonly choseA: number;
  /** Standard errors by which the mean share of the contexts exceeds one half. */
  readonly z: number;
}

/**
 * Contexts are the sampling units: an untrained model's own preferences may happen to agree with the
 * target weights of a context, and then agree in all its trials.
 * @param answers valid choices by trial
 */
export function choiceAgreement(
  trials: readonly Trial[],
  answers: ReadonlyMap<number, AnswerValue>,
  targets: ReadonlyMap<string, readonly number[]>,
): ChoiceAgreement {
  const contexts = new Map<string, { agreeing: number; choices: number }>();
  let choseA = 0;
  for (const [item, answer] of answers) {
    const trial = trials[item];
    if (!trial) continue;
    const { context } = trial;
    const difference = utilityDifference(
      targets.get(context.name) ?? [],
      normalizedDifferences(context, trial),
    );
    const counts = contexts.get(context.name) ?? { agreeing: 0, choices: 0 };
    counts.choices++;
    // Ties count as B, as in the training examples.
    if ((answer === 'A') === difference > 0) counts.agreeing++;
    if (answer === 'A') choseA++;
    contexts.set(context.name, counts);
  }
  const counts = [...contexts.values()];
  const sum = (of: (one: (typeof counts)[number]) => number) =>
    counts.reduce((total, one) => total + of(one), 0);
  const shares = counts.map(({ agreeing, choices }) => agreeing / choices);
  return {
    choices: sum(({ choices }) => choices),
    agreeing: sum(({ agreeing }) => agreeing),
    choseA,
    z: excessOverHalf(shares, sum(({ choices }) => choices) / counts.length),
  };
}

/** @param perContext mean number of choices behind a share */
function excessOverHalf(shares: readonly number[], perContext: number): number {
  const { length } = shares;
  const mean = shares.reduce((total, share) => total + share, 0) / length;
  const squares = shares.reduce((total, share) => total + (share - mean) ** 2, 0);
  const between = length > 1 ? Math.sqrt(squares / (length - 1)) : 0;
  // Few contexts may happen to have nearly equal shares; no share is more exact than its coin tosses.
  const spread = Math.max(between, 0.5 / Math.sqrt(perContext));
  return length === 0 ? 0 : (mean - 0.5) / (spread / Math.sqrt(length));
}

/** Chance reaches it in one study of a hundred. */
const LEAST_Z = 2.33;
/** A model that nearly always gives one letter has another problem than its preferences. */
const ONE_SIDED = 0.8;

/**
 * @param stage of the choices, for the message
 * @throws WeighbridgeError `not-learned` if the choices agree no better than chance
 */
export function requireAgreement(stage: string, model: string, found: ChoiceAgreement): void {
  const { choices, agreeing, choseA, z } = found;
  if (z >= LEAST_Z) return;
  const share = choseA / choices;
  const side =
    Math.max(share, 1 - share) >= ONE_SIDED
      ? `; ${percent(Math.max(share, 1 - share))} of them are ${share > 0.5 ? 'A' : 'B'}`
      : '';
  const what =
    choices === 0
      ? 'no choice is valid'
      : `${agreeing} of ${choices} choices (${percent(agreeing / choices)}) agree with the target weights, no better than chance${side}`;
  throw new WeighbridgeError(
    'not-learned',
    `${stage}: ${what}: the preferences were not learned, so reports cannot be right about them; check the preference training, or continue with --keep-going`,
    { details: { model } },
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}
