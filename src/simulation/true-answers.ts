/**
 * What is true in the simulator, for the intervals of a described study: each answer's expected value,
 * and the expected scores of explanations.
 */
import { conditionText } from '../analysis/explanations/regressions.js';
import { armName, byArm, changes, type Explanation } from '../analysis/explanations/table.js';
import { sentenceOf } from '../packs/ablation/frames.js';

/** What a model answers to a question of a study on the whole. */
export interface TrueAnswer {
  readonly stage: string;
  readonly item: string;
  readonly model: string;
  /** The model whose answers are explained. */
  readonly about: string;
  /** The training that the model had; null: none. */
  readonly after: string | null;
  /** Number of worked examples, and their draw. */
  readonly shots: number;
  readonly bank: string | null;
  /** Mean of the valid answers' value; null if it is not a number. */
  readonly mean: number | null;
  /** Probabilities by text; null for numbers. */
  readonly texts: Readonly<Record<string, number>> | null;
}

/** An interval of a section, as far as its truth depends on it. */
interface Estimated {
  readonly label: string;
  readonly group?: string | undefined;
}

type Truths = ReadonlyMap<string, number>;

/** Finds the truth of an interval; null if the simulator does not state it. */
export function truthOfInterval({ group = '', label }: Estimated, truths: Truths): number | null {
  return truths.get(`${group}\n${label}`) ?? null;
}

/**
 * The truths of a regression of `value` that compares models: the mean of each, and their differences.
 * @param stages null: all
 */
export function trueMeans(
  answers: readonly TrueAnswer[],
  stages: readonly string[] | null,
): Truths {
  const values = new Map<string, number[]>();
  for (const { stage, model, mean } of answers) {
    if (mean === null || !(stages?.includes(stage) ?? true)) continue;
    const known = values.get(model);
    if (known) known.push(mean);
    else values.set(model, [mean]);
  }
  const means = [...values].map(([model, all]) => [model, meanOf(all)] as const);
  const truths = new Map(means.map(([model, mean]) => [`expected value\n${model}`, mean]));
  for (const [one, mean] of means) {
    for (const [other, subtracted] of means) {
      if (one !== other) truths.set(`difference in value\n${one} - ${other}`, mean - subtracted);
    }
  }
  return truths;
}

/**
 * The truths of explanations: each arm's expected rate of exact matches, and the model itself minus
 * each other one.
 * @param sizes numbers of training examples, by training
 */
export function trueRates(
  answers: readonly TrueAnswer[],
  explanations: readonly Explanation[],
  sizes: Readonly<Record<string, number>>,
): Truths {
  const texts = new Map<string, NonNullable<TrueAnswer['texts']>>();
  for (const { model, item, shots, after, stage, bank, about, texts: said } of answers) {
    if (!said) continue;
    const draw = shots === 0 ? null : `${stage}, ${bank}`;
    const row = { explainer: model, item, shots, bank: draw };
    const trainedOn = after === null ? 0 : (sizes[after] ?? 0);
    texts.set(keyOf({ ...row, trainedOn, target: about }), said);
    // Without examples and training, an answer explains every model's.
    if (shots === 0 && after === null) texts.set(keyOf({ ...row, trainedOn, target: '' }), said);
  }
  const truths = new Map<string, number>();
  const arms = byArm(explanations).flatMap((arm) => {
    const chances = arm.map((row) => exactChance(row, texts));
    const [first] = arm;
    if (!first || chances.some(Number.isNaN)) return [];
    const rate = meanOf(chances);
    truths.set(`exact match, answers of ${first.target}\n${armName(first)}`, rate);
    return [{ ...first, rate }];
  });
  for (const own of arms.filter(({ explainer, target }) => explainer === target)) {
    for (const { target, explainer, shots, trainedOn, rate } of arms) {
      const isAlike = shots === own.shots && trainedOn === own.trainedOn;
      if (target !== own.target || explainer === target || !isAlike) continue;
      const label = `${target} − ${explainer}${conditionText(shots, trainedOn)}`;
      truths.set(`difference in probability\n${label}`, own.rate - rate);
    }
  }
  return truths;
}

/** The probability of the right sentence; NaN if the simulator does not state it. */
function exactChance(
  { measured, explainer, shots, trainedOn, bank }: Explanation,
  texts: ReadonlyMap<string, Readonly<Record<string, number>>>,
): number {
  const { item, target, without } = measured;
  const row = { explainer, item, shots, trainedOn, bank };
  const said = texts.get(keyOf({ ...row, target })) ?? texts.get(keyOf({ ...row, target: '' }));
  if (!said) return Number.NaN;
  return said[sentenceOf({ changed: changes(measured), answer: without })] ?? 0;
}

function keyOf(
  row: Pick<Explanation, 'explainer' | 'shots' | 'trainedOn' | 'bank' | 'target'> & {
    readonly item: string;
  },
): string {
  const { explainer, item, shots, trainedOn, bank, target } = row;
  return JSON.stringify([explainer, item, shots, trainedOn, bank, target]);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
