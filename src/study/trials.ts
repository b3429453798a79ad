/**
 * Trials and target weights drawn as in the paper: uniform within the declared ranges and within
 * ±100, rounded. Works with any uniform generator.
 */
import type { Attribute, Context } from './context.js';
import { roundHalfEven } from './python-format.js';

/** Uniform numbers on [0, 1). */
export interface UniformSource {
  uniform(): number;
}

/**
 * Number of decimals of a value: none for a range of 5 or more, one from 1 to 5, and below 1
 * |floor(log10(range))| + 1.
 */
export function decimalsFor({ min, max }: Attribute): number {
  const range = max - min;
  if (range >= 5) return 0;
  if (range >= 1) return 1;
  return Math.abs(Math.floor(Math.log10(range))) + 1;
}

/** Rounds to the nearest decimal; a tie goes away from zero, and zero has no sign. */
function roundPlainly(value: number, digits: number): number {
  return Number(value.toFixed(digits)) + 0;
}

/**
 * One value per attribute, uniform in its range. Python rounds differently, which shows in ties
 * and in negative zeros; to reproduce the paper's trials, pass its rounding rule.
 */
export function drawOption(
  context: Context,
  random: UniformSource,
  round: (value: number, digits: number) => number = roundPlainly,
): number[] {
  return context.attributes.map((attribute) => {
    const { min, max } = attribute;
    return round(min + (max - min) * random.uniform(), decimalsFor(attribute));
  });
}

/** Target weights: uniform on (−100, 100), scaled to a largest absolute value of 100, rounded. */
export function drawTargetWeights(count: number, random: UniformSource): number[] {
  const weights = Array.from({ length: count }, () => 200 * random.uniform() - 100);
  const largest = Math.max(...weights.map(Math.abs));
  // + 0 turns a negative zero into zero.
  return weights.map((weight) => roundHalfEven((weight / largest) * 100) + 0);
}
